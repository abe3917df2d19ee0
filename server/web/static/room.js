// The meeting room: shows one case at a time of those that are all here, saves each field a moment after each pause, keeps what
// the server has not got on this page alone, and sends it once when the network is back. Nothing is kept in this browser.
const room = document.getElementById("room");
const state = document.getElementById("room-state");
const news = document.getElementById("room-news");
const PAUSE_MS = 700;
const RETRY_MS = 4000;
const LOOK_MS = 4000;
const WAIT_MS = 10000;
const REFUSED_MS = 60000; // what was refused is tried again by itself so seldom
const UNTOUCHED_MS = 30 * 60 * 1000; // after this nobody is there to be told
const worker = room.dataset.worker;
let token = room.dataset.token;
let timer = 0;
let sending = false;
let touched = Date.now();
let shown = null;

const say = (text) => { if (state.textContent !== text) state.textContent = text; };

class Refused extends Error {
  constructor(status, words) { super(words); this.status = status; this.words = words; }
}

async function ask(path, options) {
  return fetch(path, { ...options, headers: { accept: "application/json" }, signal: AbortSignal.timeout(WAIT_MS) });
}

// A session that ended and was begun anew in another tab has other form tokens: they are taken from this page's own address.
async function renew() {
  const answer = await fetch(location.pathname, { signal: AbortSignal.timeout(WAIT_MS) });
  if (!answer.ok) return false;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("room");
  if (!fresh || fresh.dataset.worker !== worker) return false;
  const changed = fresh.dataset.token !== token;
  token = fresh.dataset.token;
  return changed;
}

// What the server leaves out says nothing: no words, no version yet.
const NOTHING = { version: 0, notes: "", outcome: "", outcome_code: "", outcome_version: 0, merged: false, stale: false };
const whole = (saved) => ({ ...NOTHING, ...saved });

async function send(path, fields, again = true) {
  const body = new URLSearchParams({ ...fields, _csrf_token: token });
  const answer = await ask(path, { method: "POST", body });
  if (answer.ok) return answer.json();
  if (answer.status === 403 && again && await renew()) return send(path, fields, false);
  const problem = await answer.json().catch(() => ({}));
  throw new Refused(answer.status, (problem.errors ?? []).join(" ") || problem.detail || "");
}

function choice(text, act) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "govuk-button govuk-button--secondary lantern-button-small";
  button.textContent = text;
  button.addEventListener("click", act);
  return button;
}

// What is newer stands beside what was typed here, until somebody chooses.
function offer(said, says, mine, theirs) {
  const words = document.createElement("span");
  words.textContent = says ? `Meanwhile somebody else wrote “${says}”. ` : "Meanwhile somebody else emptied it. ";
  said.replaceChildren(words, choice("Keep mine", mine), " ", choice("Take theirs", theirs));
}

// ------------------------------------------------------------------------------------------------ parts of a case
class Notes {
  constructor(screen) {
    this.screen = screen;
    this.box = screen.part("[data-notes]");
    this.said = screen.part(`#notes-${CSS.escape(screen.id)}-said`);
    this.base = this.box.value;
    this.stored = this.box.value;
    this.version = Number(screen.section.dataset.version);
    this.box.addEventListener("input", () => { this.said.textContent = "Typing"; later(PAUSE_MS); });
  }

  get isDirty() { return this.box.value !== this.stored; }

  async flush() {
    const sent = this.box.value;
    const saved = whole(await send(`${this.screen.path}/note`, { base: this.base, notes: sent, typed_by: worker }));
    this.accept(saved, sent);
    this.said.textContent = saved.merged ? "Saved. Somebody else typed here too: both are kept." : "Saved";
  }

  accept(saved, sent) {
    this.stored = saved.notes;
    this.version = saved.version;
    this.base = sent ?? saved.notes;
    if (sent === undefined || this.box.value === sent) { this.show(saved.notes); this.base = saved.notes; }
  }

  // Puts a text into the box without moving the caret away from what is being typed.
  show(text) {
    if (this.box.value === text) return;
    const from = this.box.selectionStart;
    const before = this.box.value.slice(0, from);
    const moved = text.startsWith(before) ? from : Math.max(0, from + text.length - this.box.value.length);
    this.box.value = text;
    if (document.activeElement === this.box) this.box.setSelectionRange(moved, moved);
  }

  hear(saved) {
    if (saved.version <= this.version || this.isDirty) return;
    const changed = saved.notes !== this.stored;
    this.accept(saved);
    if (changed) this.said.textContent = "Somebody else typed here.";
  }
}

class Outcome {
  constructor(screen) {
    this.screen = screen;
    this.code = screen.part("[data-outcome-code]");
    this.words = screen.part("[data-outcome-words]");
    this.said = screen.part(`#outcome-${CSS.escape(screen.id)}-said`);
    this.basis = Number(screen.section.dataset.outcomeVersion);
    this.asked = false;
    this.keep(this.code.value, this.words.value);
    this.code.addEventListener("change", () => later(0));
    this.words.addEventListener("input", () => { this.said.textContent = "Typing"; later(PAUSE_MS); });
  }

  get isDirty() { return !this.asked && (this.code.value !== this.stored.code || this.words.value !== this.stored.words); }

  keep(code, words) { this.stored = { code, words }; }

  async flush() {
    const sent = { code: this.code.value, words: this.words.value };
    const saved = whole(await send(`${this.screen.path}/outcome`, { based_on: this.basis, outcome: sent.words, code: sent.code, typed_by: worker }));
    if (saved.stale) { this.stand(saved); return; }
    this.basis = saved.outcome_version;
    this.keep(sent.code, sent.words);
    this.said.textContent = "Saved";
  }

  stand(saved) {
    this.asked = true;
    const name = [...this.code.options].find((each) => each.value === saved.outcome_code && each.value)?.text ?? "";
    const done = () => { this.asked = false; this.basis = saved.outcome_version; this.said.replaceChildren(); };
    offer(this.said, [name, saved.outcome].filter(Boolean).join(": "), () => { done(); this.keep(saved.outcome_code, saved.outcome); later(0); }, () => { done(); this.take(saved); });
  }

  take(saved) {
    this.basis = saved.outcome_version;
    this.code.value = saved.outcome_code;
    this.words.value = saved.outcome;
    this.keep(saved.outcome_code, saved.outcome);
  }

  hear(saved) {
    if (saved.outcome_version <= this.basis || this.asked) return;
    if (!this.isDirty) this.take(saved);
    else if (saved.outcome !== this.words.value || saved.outcome_code !== this.code.value) this.stand(saved);
  }
}

// A fact of the person or the case: sent when it is left, or chosen; what the screen showed goes along.
class Fact {
  constructor(screen, element) {
    this.screen = screen;
    this.element = element;
    this.parts = element.matches("fieldset") ? [...element.querySelectorAll("[data-part]")] : [element];
    this.said = document.getElementById(`${element.dataset.id ?? element.id}-said`);
    this.was = element.dataset.was;
    this.stored = this.value;
    this.isWrong = false;
    this.asked = false;
    element.addEventListener("change", () => { this.isWrong = false; this.asked = false; later(0); });
  }

  get value() {
    const [first, second] = this.parts;
    if (first.type === "checkbox") return first.checked ? "yes" : "";
    return second ? (first.value ? `${first.value} ${second.value}` : "") : first.value;
  }

  set value(value) {
    const [first, second] = this.parts;
    if (first.type === "checkbox") first.checked = value === "yes";
    else if (second) [first.value, second.value] = value ? value.split(" ") : ["", second.value];
    else first.value = value;
  }

  get isDirty() { return !this.isWrong && !this.asked && this.value !== this.stored; }

  async flush() {
    const sent = this.value;
    try {
      const told = { field: this.element.dataset.field, value: sent, was: this.was, typed_by: worker };
      const saved = { ...NOTHING, version: "", ...await send(`${this.screen.path}/field`, told) };
      if (saved.stale) { this.stand(saved); return; }
      this.was = saved.version;
      if (this.value === sent) this.value = saved.says;
      this.stored = this.value === saved.says ? saved.says : sent;
      this.element.classList.toggle("lantern-room__missing", this.element.dataset.field === "date_of_birth" && !saved.says);
      this.said.textContent = "Saved";
    } catch (failure) {
      if (!(failure instanceof Refused) || failure.status < 400 || failure.status > 499 || [401, 403, 404, 408, 429].includes(failure.status)) throw failure;
      this.isWrong = true;
      this.said.textContent = `Not saved. ${failure.words}`;
    }
  }

  stand(saved) {
    this.asked = true;
    const done = () => { this.asked = false; this.was = saved.version; this.said.replaceChildren(); };
    const option = [...(this.parts[0].options ?? [])].find((each) => saved.says.split(" ")[0] === each.value)?.text;
    offer(this.said, option ?? saved.says, () => { done(); this.stored = saved.says; later(0); }, () => { done(); this.value = saved.says; this.stored = this.value; });
  }

  hear() { /* a fact that somebody else changed is told when it is changed here */ }
}

// An action carries an id of this screen's: sent twice, it is one.
class Actions {
  constructor(screen) {
    this.screen = screen;
    this.form = screen.part("[data-action-form]");
    this.line = screen.part("[data-line]");
    this.said = screen.part(`#line-${CSS.escape(screen.id)}-said`);
    this.list = screen.part("[data-actions]");
    this.waiting = [];
    this.echo = 0;
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.add(); });
    this.line.addEventListener("input", () => { window.clearTimeout(this.echo); this.echo = window.setTimeout(() => this.read(), 300); });
  }

  get isDirty() { return this.waiting.length > 0; }

  get isBegun() { return this.line.value.trim() !== ""; }

  add() {
    window.clearTimeout(this.echo); // an echo still to come would wipe out what becomes of the line
    if (!this.isBegun) { this.said.textContent = "Say who does what by when."; return; }
    this.waiting.push({ line: this.line.value, key: crypto.randomUUID() });
    this.line.value = "";
    this.said.textContent = "Adding";
    later(0);
  }

  async flush() {
    while (this.waiting.length) {
      const [next] = this.waiting;
      try {
        const added = await send(`${this.screen.path}/action`, next);
        this.waiting.shift();
        const item = document.createElement("li");
        item.textContent = added.said + (added.warning ? ` ${added.warning} Tell it yourself.` : "");
        this.list.append(item);
        this.said.textContent = "Added";
      } catch (failure) {
        if (!(failure instanceof Refused) || failure.status !== 400) throw failure;
        this.waiting.shift();
        this.refuse(next.line, failure.words);
      }
    }
  }

  // A line that was refused stands in its box again; where another is begun there, beside what was agreed.
  refuse(line, why) {
    if (this.isBegun) {
      const item = document.createElement("li");
      item.textContent = `Not added: “${line}”. ${why}`;
      this.list.append(item);
      this.said.textContent = "The line before was not added: it stands above.";
      return;
    }
    this.line.value = line;
    this.said.textContent = why;
    if (shown === this.screen) this.line.focus();
  }

  // Says how the line will be read before Enter: whose it is, what, and by which day, with how far that is.
  async read() {
    const asked = this.line.value;
    if (!asked.trim()) { this.said.textContent = ""; return; }
    try {
      const read = await send(`${this.screen.path}/line`, { line: asked });
      if (this.line.value !== asked) return;
      this.said.textContent = [read.said, ...(read.missing ?? []), read.warning ? `${read.warning} Tell it yourself.` : ""].filter(Boolean).join(". ").replaceAll("..", ".");
    } catch { /* it is said when the line is added */ }
  }

  hear() { /* actions of others come with the next load */ }
}

class CaseScreen {
  constructor(section) {
    this.section = section;
    this.id = section.dataset.item;
    this.path = section.dataset.path;
    this.name = this.part(`#name-${CSS.escape(this.id)}`);
    this.mark = document.querySelector(`[data-state-of="${CSS.escape(this.id)}"]`);
    this.jump = document.querySelector(`[data-jump="${CSS.escape(this.id)}"]`);
    this.notes = new Notes(this);
    this.outcome = new Outcome(this);
    this.actions = new Actions(this);
    this.parts = [this.notes, this.outcome, ...[...section.querySelectorAll("[data-field]")].map((each) => new Fact(this, each)), this.actions];
    this.jump.addEventListener("click", (event) => { event.preventDefault(); show(this, true); });
    for (const button of section.querySelectorAll("[data-turn]")) {
      button.hidden = false;
      button.addEventListener("click", () => turn(Number(button.dataset.turn)));
    }
  }

  part(selector) { return this.section.querySelector(selector); }

  get isDirty() { return this.parts.some((each) => each.isDirty); }

  tellState() {
    let text = "";
    if (this.isDirty || this.actions.isBegun) text = "not saved yet";
    else if (this.outcome.code.value || this.outcome.words.value) text = "outcome";
    else if (this.notes.box.value) text = "notes";
    if (this.mark.textContent !== text) this.mark.textContent = text;
  }

  async look(versions) {
    const [notes, outcome] = versions ?? [0, 0];
    if (notes <= this.notes.version && outcome <= this.outcome.basis) return;
    const answer = await ask(`${this.path}/note`, {});
    if (!answer.ok) return;
    const saved = whole(await answer.json());
    this.notes.hear(saved);
    this.outcome.hear(saved);
  }
}

// ------------------------------------------------------------------------------------------------ the room
const screens = [...room.querySelectorAll(".lantern-room__jump")].map((link) => new CaseScreen(document.getElementById(`case-${link.dataset.jump}`)));

function show(screen, focuses) {
  for (const each of screens) {
    each.section.hidden = each !== screen;
    if (each === screen) each.jump.setAttribute("aria-current", "true");
    else each.jump.removeAttribute("aria-current");
  }
  shown = screen;
  opened = Date.now();
  tick();
  if (focuses) { screen.name.focus(); screen.section.scrollIntoView({ block: "start" }); }
}

function turn(by) {
  const next = screens[screens.indexOf(shown) + by];
  if (next) show(next, true);
  else say(by > 0 ? "That was the last case. Finish stands below the list." : "This is the first case.");
}

function later(wait) {
  for (const each of screens) each.tellState();
  window.clearTimeout(timer);
  timer = window.setTimeout(flush, wait);
}

// What the server refuses of one part (the case is hidden now, the words are too many) is that part's own: no other waits for it.
const isOfOnePart = (failure) => failure instanceof Refused && [400, 404, 409, 413].includes(failure.status);

// One thing at a time, in the order of the cases; whatever the network loses is sent again, and no word leaves this page before.
async function flush() {
  if (sending) { later(PAUSE_MS); return; }
  sending = true;
  let wait = 0;
  let refused = "";
  try {
    for (const screen of screens) {
      for (const part of screen.parts) {
        if (!part.isDirty) continue;
        try { await part.flush(); } catch (failure) {
          if (!isOfOnePart(failure)) throw failure;
          refused ||= `${screen.name.textContent}: ${tellRefusal(failure)}`;
        }
      }
    }
    if (refused) { wait = REFUSED_MS; say(refused); } else say(screens.some((each) => each.isDirty) ? state.textContent : "");
  } catch (failure) {
    wait = RETRY_MS;
    if (failure.status === 401) say("You have been signed out. What you typed is still on this page: sign in again in another tab, and it will be saved.");
    else if (failure.status === 403) { say(tellRefusal(failure)); wait = REFUSED_MS; }
    else if (failure instanceof Refused) say("Not saved yet: the server could not take it. What you type stays on this page, and is sent again.");
    else say("No network. What you type stays on this page, and is sent when it is back.");
  }
  sending = false;
  for (const each of screens) each.tellState();
  if (wait || screens.some((each) => each.isDirty)) { window.clearTimeout(timer); timer = window.setTimeout(flush, wait || PAUSE_MS); }
}

const tellRefusal = ({ status, words }) => (status === 403 || status === 404 ? "This can no longer be saved here. What you typed is still on this page: copy it." : `Not saved. ${words}`);

function tellPresent(present) {
  const list = document.getElementById("present");
  const lines = present.map((each) => {
    const where = screens.find((screen) => screen.id === each.item_id && each.worker_id !== worker);
    return where ? `${each.name}: ${where.name.textContent}` : each.name;
  });
  if ([...list.children].map((each) => each.textContent).join() === lines.join()) return;
  list.replaceChildren(...lines.map((text) => { const item = document.createElement("li"); item.textContent = text; return item; }));
}

function tellAgenda(there) {
  let text = "";
  if (there.finished) text = "This conference has ended. What is typed now is not taken.";
  else if (there.agenda !== room.dataset.agenda) text = "The agenda has changed since you opened this page. What is typed here stays with its person; load the page again to see who is on it.";
  if (!text || news.textContent.trim() === text) return;
  const box = document.createElement("div");
  box.className = "govuk-inset-text";
  box.textContent = text;
  news.replaceChildren(box);
}

async function look() {
  if (!sending && Date.now() - touched < UNTOUCHED_MS && document.visibilityState === "visible") {
    try {
      const answer = await ask(`${room.dataset.path}/room/news?item=${encodeURIComponent(shown?.id ?? "")}`, {});
      if (answer.ok) {
        const there = await answer.json();
        tellPresent(there.present ?? []);
        tellAgenda(there);
        for (const screen of screens) await screen.look(there.versions?.[screen.id]);
        for (const each of screens) each.tellState();
      }
    } catch { /* the next look will tell */ }
  }
  window.setTimeout(look, LOOK_MS);
}

const clock = document.getElementById("timer");
let opened = Date.now();
function tick() {
  const minutes = (from) => Math.max(0, Math.floor((Date.now() - from) / 60000));
  const begun = Date.parse(clock.dataset.startedAt);
  const whole = Date.now() >= begun && minutes(begun) < 600 ? `${minutes(begun)} of 120 minutes · ` : "";
  clock.textContent = `${whole}this case ${minutes(opened)} min`;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
  const by = { PageDown: 1, PageUp: -1 }[event.key];
  if (!by || !shown) return;
  event.preventDefault();
  turn(by);
});
for (const kind of ["pointermove", "keydown", "scroll"]) document.addEventListener(kind, () => { touched = Date.now(); }, { passive: true });
window.addEventListener("online", () => later(0));
window.addEventListener("beforeunload", (event) => {
  if (screens.some((each) => each.isDirty || each.actions.isBegun)) event.preventDefault();
});
if (screens.length) show(screens.find((each) => `#case-${each.id}` === location.hash) ?? screens[0], false);
window.setInterval(tick, 10000);
window.setTimeout(look, LOOK_MS);
