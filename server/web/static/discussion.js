// The page of the meeting: saves what is typed a moment after each pause, to the item that this screen shows and to no other;
// brings in what others type; goes to the next case by one key. Nothing typed is kept in this browser. Without this file the
// forms work with their buttons.
const noteForm = document.getElementById("note-form");
const outcomeForm = document.getElementById("outcome-form");
const notes = noteForm.elements.namedItem("notes");
const outcome = outcomeForm.elements.namedItem("outcome");
const state = document.getElementById("note-state");
const news = document.getElementById("agenda-news");
const newer = document.getElementById("outcome-newer");
const PAUSE_MS = 700;
const RETRY_MS = 4000;
const LOOK_MS = 4000;
const UNTOUCHED_MS = 30 * 60 * 1000; // after this nobody is there to be told
const KEEPALIVE_BYTES = 60000; // browsers refuse a larger body that may outlive its page
const agenda = noteForm.dataset.agenda;
let base = noteForm.elements.namedItem("base").value;
let stored = { notes: base, outcome: outcome.value, version: Number(noteForm.dataset.version) };
let outcomeBasis = Number(outcomeForm.elements.namedItem("based_on").value);
let outcomeAsked = false; // a newer outcome stands beside this one: the worker chooses
let timer = 0;
let sending = null;
let touched = Date.now();

const areNotesDirty = () => notes.value !== stored.notes;
const isOutcomeDirty = () => outcome.value !== stored.outcome;
const isDirty = () => areNotesDirty() || isOutcomeDirty();
const say = (text) => { if (state.textContent !== text) state.textContent = text; };

function later(wait) {
  window.clearTimeout(timer);
  timer = window.setTimeout(save, wait);
}

// Puts a text into the box without moving the caret away from what is being typed.
function show(text) {
  if (notes.value === text) return;
  const from = notes.selectionStart;
  const before = notes.value.slice(0, from);
  const moved = text.startsWith(before) ? from : Math.max(0, from + text.length - notes.value.length);
  notes.value = text;
  if (document.activeElement === notes) notes.setSelectionRange(moved, moved);
}

function accept(saved, sent) {
  base = sent === undefined ? saved.notes : sent;
  stored.notes = saved.notes;
  stored.version = saved.version;
  if (sent === undefined || notes.value === sent) { show(saved.notes); base = saved.notes; }
  tell(saved);
}

function acceptOutcome(saved, sent) {
  if (saved.stale) { offer(saved); return; }
  outcomeAsked = false;
  newer.replaceChildren();
  outcomeBasis = saved.outcome_version;
  stored.outcome = sent ?? saved.outcome;
  if (sent === undefined) outcome.value = saved.outcome;
}

// The newer outcome is shown beside the one typed here: neither is put over the other until somebody says so.
function offer(saved) {
  outcomeAsked = true;
  const box = document.createElement("div");
  box.className = "govuk-inset-text";
  const words = document.createElement("p");
  words.textContent = saved.outcome ? `Meanwhile somebody else wrote: “${saved.outcome}”.` : "Meanwhile somebody else emptied it.";
  box.append(words, choice("Keep mine", () => { outcomeBasis = saved.outcome_version; stored.outcome = saved.outcome; outcomeAsked = false; newer.replaceChildren(); later(0); }),
    choice("Take theirs", () => acceptOutcome({ ...saved, stale: false })));
  newer.replaceChildren(box);
}

function choice(text, act) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "govuk-button govuk-button--secondary lantern-button-small";
  button.textContent = text;
  button.addEventListener("click", act);
  return button;
}

// Says when the agenda is not what it was when this page was opened.
function tell(saved) {
  let text = "";
  if (saved.off) text = `This case is no longer on the agenda. ${saved.off} What is typed here stays with this person.`;
  else if (saved.agenda !== agenda) text = "The agenda has changed since you opened this page. What is typed here stays with this person.";
  if (!text || news.textContent.trim() === text) return;
  const box = document.createElement("div");
  box.className = "govuk-inset-text";
  box.textContent = text;
  news.replaceChildren(box);
}

async function send(form, fields) {
  const body = new URLSearchParams(new FormData(form));
  for (const [name, value] of Object.entries(fields)) body.set(name, value);
  const answer = await fetch(form.action, {
    method: "POST", body, headers: { accept: "application/json" }, signal: AbortSignal.timeout(10000),
    keepalive: body.toString().length < KEEPALIVE_BYTES,
  });
  if (answer.ok) return answer.json();
  const problem = await answer.json().catch(() => ({}));
  const failure = new Error(String(answer.status));
  failure.status = answer.status;
  failure.words = (problem.errors ?? []).join(" ") || problem.detail || "";
  throw failure;
}

async function saveNotes() {
  const sent = notes.value;
  const saved = await send(noteForm, { base, notes: sent });
  accept(saved, sent);
  say(saved.merged ? "Saved. Somebody else typed here too: both are kept." : "Saved");
}

// Notes that are refused, too many of them, do not keep the outcome from being stored.
async function saveBoth() {
  let refused = null;
  if (areNotesDirty()) {
    try { await saveNotes(); } catch (failure) {
      if (failure.status !== 400) throw failure;
      refused = failure;
    }
  }
  if (isOutcomeDirty() && !outcomeAsked) {
    const sent = outcome.value;
    const saved = await send(outcomeForm, { based_on: outcomeBasis, outcome: sent });
    acceptOutcome(saved, saved.stale ? undefined : sent);
    if (!saved.stale) say("Saved");
  }
  if (refused) throw refused;
}

// One save at a time. Whoever waits for it hears whether everything is stored.
async function save() {
  window.clearTimeout(timer);
  if (sending) { await sending; }
  if (!isDirty()) return true;
  sending = saveBoth().then(() => true, (failure) => {
    if (failure.status === 401) say("You have been signed out. What you typed is still on this page: sign in again in another tab, and it will be saved.");
    else if (failure.status === 404) say("This case can no longer be opened. What you typed is still on this page: copy it.");
    else if (failure.status >= 400 && failure.status < 500 && failure.words) { say(`Not saved. ${failure.words}`); return false; }
    else say("Not saved yet. Still on this page; trying again.");
    later(RETRY_MS);
    return false;
  });
  const done = await sending;
  sending = null;
  if (done && isDirty() && !outcomeAsked) later(PAUSE_MS);
  return done && !isDirty();
}

async function look() {
  if (!sending && Date.now() - touched < UNTOUCHED_MS && document.visibilityState === "visible") {
    try {
      const answer = await fetch(noteForm.action, { headers: { accept: "application/json" }, signal: AbortSignal.timeout(8000) });
      if (answer.ok) {
        const there = await answer.json();
        tell(there);
        if (there.version > stored.version && !areNotesDirty()) {
          const changed = there.notes !== stored.notes;
          accept(there);
          if (changed) say("Somebody else typed here.");
        }
        if (there.outcome_version > outcomeBasis && !outcomeAsked) {
          if (!isOutcomeDirty()) acceptOutcome(there);
          else if (there.outcome !== outcome.value) offer(there);
        }
      }
    } catch { /* the next look will tell */ }
  }
  window.setTimeout(look, LOOK_MS);
}

for (const field of [notes, outcome]) {
  field.addEventListener("input", () => { say("Typing"); later(PAUSE_MS); });
}
for (const form of [noteForm, outcomeForm]) {
  form.addEventListener("submit", (event) => { event.preventDefault(); save(); });
}
for (const kind of ["pointermove", "keydown", "scroll"]) {
  document.addEventListener(kind, () => { touched = Date.now(); }, { passive: true });
}

// A line of an action that was begun is asked about too, like words that the server has not got.
const line = document.getElementById("line");
const echo = document.getElementById("line-echo");
let leaving = false;
let echoTimer = 0;

// Says how the line will be read before Enter: whose it is, what, and by which day, with how far that is.
async function readLine() {
  if (!line.value.trim()) { echo.textContent = ""; return; }
  const asked = line.value;
  try {
    const body = new URLSearchParams(new FormData(line.form));
    const answer = await fetch(line.form.action.replace(/action$/, "line"), { method: "POST", body, headers: { accept: "application/json" }, signal: AbortSignal.timeout(5000) });
    if (!answer.ok || line.value !== asked) return;
    const read = await answer.json();
    echo.textContent = [read.said, ...(read.missing ?? []), read.warning ? `${read.warning} Tell it yourself.` : ""].filter(Boolean).join(". ").replaceAll("..", ".");
  } catch { /* the form itself will say it */ }
}
line?.form.addEventListener("input", () => { window.clearTimeout(echoTimer); echoTimer = window.setTimeout(readLine, 300); });
line?.form.addEventListener("submit", () => { leaving = true; });
window.addEventListener("beforeunload", (event) => {
  if (isDirty() || (line && !leaving && line.value !== line.defaultValue)) event.preventDefault();
});

async function leaveBy(link) {
  if (line?.value && line.value !== line.defaultValue) { say("An action is typed but not added: add it, or empty its line."); line.focus(); return; }
  if (await save()) { link.click(); return; }
  if (outcomeAsked) say("Choose the outcome first: yours, or what somebody else wrote.");
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
  const link = document.getElementById({ PageDown: "next-case", PageUp: "previous-case" }[event.key] ?? "");
  if (!link) return;
  event.preventDefault();
  leaveBy(link);
});

const clock = document.getElementById("timer");
const opened = Date.now();
function tick() {
  const minutes = (from) => Math.max(0, Math.floor((Date.now() - from) / 60000));
  const begun = Date.parse(clock.dataset.startedAt);
  const whole = Date.now() >= begun && minutes(begun) < 600 ? `${minutes(begun)} of 120 minutes · ` : "";
  clock.textContent = `${whole}this case ${minutes(opened)} min`;
  window.setTimeout(tick, 10000);
}

tick();
window.setTimeout(look, LOOK_MS);
