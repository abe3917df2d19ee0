// The page of the meeting: saves what is typed a moment after each pause, keeps it in this browser until the server has it,
// brings in what others type, and goes to the next case by one key. Without this file the forms work with their buttons.
const form = document.getElementById("note-form");
const notes = form.elements.namedItem("notes");
const outcome = form.elements.namedItem("outcome");
const state = document.getElementById("note-state");
const PAUSE_MS = 700;
const RETRY_MS = 4000;
const LOOK_MS = 4000;
const UNTOUCHED_MS = 30 * 60 * 1000; // after this nobody is there to be told
const kept = `lantern-note-${form.dataset.item}`;
let base = form.elements.namedItem("base").value;
let stored = { notes: base, outcome: outcome.value, version: Number(form.dataset.version) };
let timer = 0;
let sending = false;
let touched = Date.now();

const isDirty = () => notes.value !== stored.notes || outcome.value !== stored.outcome;
const say = (text) => { if (state.textContent !== text) state.textContent = text; };

function keep() {
  if (!isDirty()) { localStorage.removeItem(kept); return; }
  localStorage.setItem(kept, JSON.stringify({ base, notes: notes.value, outcome: outcome.value }));
}

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
  stored = { notes: saved.notes, outcome: saved.outcome, version: saved.version };
  if (sent === undefined || notes.value === sent) { show(saved.notes); base = saved.notes; }
}

async function save() {
  if (sending || !isDirty()) return;
  sending = true;
  const sent = notes.value;
  const body = new URLSearchParams(new FormData(form));
  body.set("base", base);
  try {
    const answer = await fetch(form.action, {
      method: "POST", body, headers: { accept: "application/json" }, signal: AbortSignal.timeout(10000), keepalive: true,
    });
    if (answer.status === 401) { say("You have been signed out. What you typed is kept here: sign in again in another tab."); return; }
    if (!answer.ok) throw new Error(String(answer.status));
    const saved = await answer.json();
    accept(saved, sent);
    say(saved.merged ? "Saved. Somebody else typed here too: both are kept." : "Saved");
    keep();
    if (isDirty()) later(PAUSE_MS);
  } catch {
    say("Not saved yet. Kept on this computer; trying again.");
    later(RETRY_MS);
  } finally {
    sending = false;
  }
}

async function look() {
  if (!sending && !isDirty() && Date.now() - touched < UNTOUCHED_MS && document.visibilityState === "visible") {
    try {
      const answer = await fetch(form.action, { headers: { accept: "application/json" }, signal: AbortSignal.timeout(8000) });
      if (answer.ok) {
        const there = await answer.json();
        if (there.version > stored.version && !isDirty()) {
          accept(there);
          if (document.activeElement !== outcome) outcome.value = there.outcome;
          say("Somebody else typed here.");
        }
      }
    } catch { /* the next look will tell */ }
  }
  window.setTimeout(look, LOOK_MS);
}

function restore() {
  const found = localStorage.getItem(kept);
  if (!found) return;
  const draft = JSON.parse(found);
  base = draft.base;
  notes.value = draft.notes;
  outcome.value = draft.outcome;
  say("What you had typed is back.");
  later(0);
}

for (const field of [notes, outcome]) {
  field.addEventListener("input", () => { keep(); say("Typing"); later(PAUSE_MS); });
}
form.addEventListener("submit", (event) => { event.preventDefault(); window.clearTimeout(timer); save(); });
for (const kind of ["pointermove", "keydown", "scroll"]) {
  document.addEventListener(kind, () => { touched = Date.now(); }, { passive: true });
}
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
  const link = document.getElementById({ PageDown: "next-case", PageUp: "previous-case" }[event.key] ?? "");
  if (!link) return;
  event.preventDefault();
  save();
  link.click();
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

restore();
tick();
window.setTimeout(look, LOOK_MS);
