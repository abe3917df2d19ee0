// The triage desk by keyboard: j and k move, x chooses, a, i, d, w and c decide and the next line has the focus, u takes the last
// decision back, o opens, m shows the map. It tells of new reports by their number. Without this file the page's buttons do the same.
const form = document.getElementById("desk");
const list = document.getElementById("desk-lines");
const said = document.getElementById("desk-said");
const count = document.getElementById("desk-count");
const ACTS = { a: "assign", i: "information", d: "duplicate", w: "offer", c: "close" };
const SAID = { assign: "Assigned", information: "Needs information", duplicate: "Folded in", close: "Closed", offer: "Offered", undo: "Taken back" };
const HERE = form.dataset.reload;  // also where this page answered a form
const EVERY_MS = 10000;
const UNTOUCHED_MS = 10 * 60 * 1000;
let last = [];
let here = null;
let touched = Date.now();
let busy = Promise.resolve();
let pending = 0;  // decisions that the server has not answered yet: the page is not left before

const lines = () => [...list.querySelectorAll("[data-id]:not([hidden])")];

function go(line) {
  if (here) here.classList.remove("lantern-desk__line--here");
  here = line ?? null;
  if (!here) return;
  here.classList.add("lantern-desk__line--here");
  here.querySelector("input").focus({ preventScroll: true });
  here.scrollIntoView({ block: "nearest" });
}

function step(by) {
  const all = lines();
  const at = here ? all.indexOf(here) : by > 0 ? -1 : all.length;
  go(all[Math.min(Math.max(at + by, 0), all.length - 1)]);
}

function chosen() {
  const marked = lines().filter((line) => line.querySelector("input").checked);
  return marked.length ? marked : here ? [here] : [];
}

// What is chosen beside the lines just now: a decision that waits for another's answer is sent as it was made.
const fields = () => ({ assignee: form.assignee.value, outcome: form.outcome.value, district: form.district.value });

async function post(act, ids, twin, chosenBeside) {
  const body = new URLSearchParams({ act, twin, ...chosenBeside });
  body.append("_csrf_token", form.elements._csrf_token.value);
  for (const id of ids) body.append("chosen", id);
  const answer = await fetch(form.action, { method: "POST", body, headers: { accept: "application/json" }, signal: AbortSignal.timeout(20000) });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

function decide(act) {
  const picked = chosen();
  if (!picked.length) { said.textContent = "Choose a referral first."; return; }
  if (act === "close" && !form.outcome.value) { said.textContent = "Choose an outcome first."; form.outcome.focus(); return; }
  if (act === "offer" && !form.district.value) { said.textContent = "Choose a district first."; form.district.focus(); return; }
  const all = lines();
  const next = all.slice(all.indexOf(picked.at(-1)) + 1).find((line) => !picked.includes(line)) ?? all.find((line) => !picked.includes(line));
  for (const line of picked) line.hidden = true;
  go(next);
  pending += 1;
  const beside = fields();
  busy = busy.then(async () => {
    try {
      const twin = picked.length === 1 ? picked[0].dataset.twin : "";
      const done = await post(act, picked.map((line) => line.dataset.id), act === "duplicate" ? twin : "", beside);
      for (const line of picked) if (!done.ids.includes(line.dataset.id)) line.hidden = false;
      last = done.ids;
      count.textContent = String(Math.max(0, Number(count.textContent) - done.ids.length));
      said.textContent = done.refused.length ? done.refused.join(" ") : `${SAID[act]}. ${last.length === 1 ? "" : `${last.length} of them. `}Press u to undo.`;
    } catch {
      for (const line of picked) line.hidden = false;
      said.textContent = "The server did not answer. Try again: nothing is done twice.";
    }
    pending -= 1;
    if (!pending && !lines().length && Number(count.textContent)) window.location.assign(HERE);
  });
}

function takeBack() {
  pending += 1;
  busy = busy.then(async () => {
    const ids = last;  // of the last decision, also where its answer has come only now
    last = [];
    try {
      if (!ids.length) { said.textContent = "There is nothing to take back."; return; }
      const done = await post("undo", ids, "", fields());
      for (const id of done.ids) {
        const line = list.querySelector(`[data-id="${CSS.escape(id)}"]`);
        if (line) { line.hidden = false; line.querySelector("input").checked = false; go(line); }
      }
      count.textContent = String(Number(count.textContent) + done.ids.length);
      said.textContent = done.refused.length ? done.refused.join(" ") : "Taken back.";
    } catch {
      said.textContent = "The server did not answer. Open the referral to take it back.";
    } finally {
      pending -= 1;
    }
  });
}

document.addEventListener("keydown", (event) => {
  touched = Date.now();
  if (!form || event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input:not([type=checkbox]), select, textarea")) return;
  const key = event.key.toLowerCase();
  if (key === "j") step(1);
  else if (key === "k") step(-1);
  else if (key === "x" && here) here.querySelector("input").click();
  else if (key === "o" && here) { const { href } = here.querySelector("a"); busy.then(() => window.location.assign(href)); }
  else if (key === "m" && here) busy.then(() => window.location.assign(`/referrals/${encodeURIComponent(here.dataset.id)}/place`));
  else if (key === "u") takeBack();
  else if (ACTS[key]) decide(ACTS[key]);
  else return;
  event.preventDefault();
});
for (const kind of ["pointermove", "scroll"]) document.addEventListener(kind, () => { touched = Date.now(); }, { passive: true });

async function ask() {
  if (Date.now() - touched < UNTOUCHED_MS) {
    try {
      const answer = await fetch(`/referrals/desk/news${new URL(HERE, window.location.origin).search}`, { headers: { accept: "application/json" }, signal: AbortSignal.timeout(8000) });
      if (answer.ok) show((await answer.json()).waiting);
    } catch { /* the next time will tell */ }
  }
  window.setTimeout(ask, EVERY_MS);
}

function show(waiting) {
  const more = waiting - Number(count.textContent);
  if (more <= 0) return;
  const link = document.createElement("a");
  link.className = "govuk-link";
  link.href = HERE;
  link.textContent = more === 1 ? "1 report is new. Show it" : `${more} reports are new. Show them`;
  said.replaceChildren(link);
}

window.addEventListener("beforeunload", (event) => { if (pending) event.preventDefault(); });
if (lines().length) go(lines()[0]);
window.setTimeout(ask, EVERY_MS);
