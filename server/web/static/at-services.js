// An @ in an action line offers services of the directory: what is chosen stands in the line by its name. Without this file the
// name is typed.
const PAUSE_MS = 200;
const WAIT_MS = 5000;
const AT = /(^|\s)@([^\s@]{2,60})$/;

class AtServices {
  constructor(box) {
    this.box = box;
    this.listed = [];
    this.chosen = -1;
    this.asked = 0;
    this.list = document.createElement("ul");
    this.list.id = `${box.id}-services`;
    this.list.className = "govuk-list lantern-at";
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", "Services");
    this.list.hidden = true;
    box.after(this.list);
    for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.list.id })) box.setAttribute(name, value);
    box.addEventListener("input", () => this.later());
    box.addEventListener("keydown", (event) => this.press(event));
    box.addEventListener("blur", () => this.close());
    this.list.addEventListener("mousedown", (event) => {
      event.preventDefault(); // the box keeps the focus
      const option = event.target.closest("[role=option]");
      if (option) this.take([...this.list.children].indexOf(option));
    });
  }

  get word() { return this.box.value.slice(0, this.box.selectionStart).match(AT); }

  later() {
    window.clearTimeout(this.timer);
    if (!this.word) { this.close(); return; }
    this.timer = window.setTimeout(() => this.ask(), PAUSE_MS);
  }

  async ask() {
    const found = this.word;
    if (!found) return;
    const mine = ++this.asked;
    const body = new URLSearchParams({ words: found[2], _csrf_token: this.box.form.elements.namedItem("_csrf_token").value });
    try {
      const answer = await fetch("/services/named", { method: "POST", body, headers: { accept: "application/json" }, signal: AbortSignal.timeout(WAIT_MS) });
      if (answer.ok && mine === this.asked && this.word) this.show(await answer.json());
    } catch { /* the name is typed */ }
  }

  show(listed) {
    this.listed = listed;
    this.chosen = -1;
    this.list.replaceChildren(...listed.map((each, at) => {
      const option = document.createElement("li");
      option.id = `${this.list.id}-${at}`;
      option.setAttribute("role", "option");
      option.textContent = each.provider && each.provider !== each.name ? `${each.name}, ${each.provider}` : each.name;
      return option;
    }));
    this.list.hidden = !listed.length;
    this.box.setAttribute("aria-expanded", String(Boolean(listed.length)));
    this.mark();
  }

  mark() {
    [...this.list.children].forEach((each, at) => each.setAttribute("aria-selected", String(at === this.chosen)));
    if (this.chosen < 0) this.box.removeAttribute("aria-activedescendant");
    else this.box.setAttribute("aria-activedescendant", this.list.children[this.chosen].id);
  }

  press(event) {
    if (this.list.hidden) return;
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in steps) {
      this.chosen = (this.chosen + steps[event.key] + this.listed.length) % this.listed.length;
      this.mark();
    } else if (event.key === "Enter" && this.chosen >= 0) this.take(this.chosen);
    else if (event.key === "Escape") this.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  take(at) {
    const found = this.word;
    if (found) {
      const end = this.box.selectionStart;
      const begin = end - found[2].length - 1;
      this.box.setRangeText(`${this.listed[at].name} `, begin, end, "end");
      this.box.dispatchEvent(new Event("input", { bubbles: true }));
    }
    this.close();
  }

  close() {
    window.clearTimeout(this.timer);
    this.asked += 1;
    this.list.hidden = true;
    this.chosen = -1;
    this.box.setAttribute("aria-expanded", "false");
    this.box.removeAttribute("aria-activedescendant");
  }
}

for (const box of document.querySelectorAll('input[name="line"]')) new AtServices(box);
