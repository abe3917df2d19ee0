// The page of the installable form: shows one screen at a time, reads what is typed, and says how things stand.
import * as door from "./door.js";
import { makeMap } from "./map.js";
import { keepRecord } from "./record.js";
import { refusalOfNobody, refusalOfNowhere, refusalOfPin, seemsPrivate } from "./rules.js";
import { canSeal } from "./sealing.js";
import { latestMoment, sayClock } from "./time.js";

const page = document.getElementById("pocket");
const { app, zone, toConfirm } = page.dataset;
const commonest = new Set(page.dataset.commonest.split(" "));
const find = (id) => document.getElementById(id);
const form = find("record");
const DRAFT_MS = 300;
const SEND_MS = 60000;
const TICK_MS = 5000;
const AWAY_MS = 2 * 60000;
const IDLE_MS = 5 * 60000; // as a phone (rule B3): a list that was read lies open on a desk no longer
const FIX_MS = 20000;
const FIX_OLD_MS = 2 * 60000; // somebody walks 150 m in that time (decision 48)
const LEASE_WARN_MS = 24 * 3600000;

let screen = "";
let position = null; // {pin, atMs}
let sureOf = null; // the note that was asked about, and stays as it is
let isSending = false;
let isWanted = false;
let touchedMs = performance.now();

// ------------------------------------------------------------------------------------------------------------ the screens

function show(name) {
  if (screen === name) return;
  screen = name;
  for (const each of document.querySelectorAll("[data-screen]")) each.hidden = each.dataset.screen !== name;
  find("lock").hidden = name !== "record";
  complain("");
  document.querySelector(`[data-screen="${name}"] h1`).focus({ preventScroll: false });
}

function complain(words) {
  find("problem").hidden = !words;
  find("problem-words").textContent = words;
  if (words) find("problem").focus();
}

async function settle() {
  const { state, standing } = await door.look();
  if (state === "new" || state === "withdrawn" || state === "erased") {
    const why = { new: "", withdrawn: "This form was withdrawn. What was not sent stays sealed, and will be sent.", erased: "What could be read here is erased. Join again to go on." };
    find("join-why").textContent = why[state];
    leaveFor("join");
  } else if (state === "locked") leaveFor("locked");
  else if (screen !== "record" && screen !== "digits") await showRecord();
  find("locked-why").textContent = standing === "agreement" ? "Your agency’s agreement has lapsed, or you walk with another team now: what you record is kept, and set aside." : "";
  await say();
}

async function say() {
  const { state, card, standing, unsent } = await door.look();
  const parts = [];
  if (unsent) parts.push(`${unsent === 1 ? "One change" : `${unsent} changes`} not yet sent, sealed in this browser.`);
  else if (card) parts.push("Nothing is waiting. Everything is with your team.");
  if (card && standing === "unconfirmed") parts.push("Your lead has not compared the digits yet.");
  const ahead = await door.aheadMs();
  if (Math.abs(ahead) > 2 * 60000) parts.push(`This device’s clock is ${Math.round(Math.abs(ahead) / 60000)} minutes ${ahead > 0 ? "slow" : "fast"}; times are put right.`);
  if (state === "open") {
    const leftMs = await door.leaseLeft();
    if (leftMs < LEASE_WARN_MS) parts.push(`Find a network within ${Math.max(1, Math.ceil(leftMs / 3600000))} hours, or this form closes until there is one.`);
  }
  find("state").textContent = parts.join(" ");
}

/** What is being typed on the screen that is open stays: a PIN, a code. */
function leaveFor(name) {
  if (screen === name) return;
  forgetScreen();
  show(name);
}

/** Nothing that was typed or read stands on a locked screen. */
function forgetScreen() {
  form.reset();
  sureOf = null;
  find("people").replaceChildren();
  find("tonight").replaceChildren();
  find("recorded").replaceChildren();
  setPosition(null);
  find("done").textContent = "";
  for (const id of ["pin", "new-pin", "new-pin-again", "old-pin", "other-pin"]) find(id).value = "";
}

async function lock() {
  await flushDraft();
  door.lock();
  await settle();
}

// ------------------------------------------------------------------------------------------------------ what is typed

function addPerson(alias = "", description = "") {
  const place = find("people");
  const number = place.children.length + 1;
  const part = find("person").content.cloneNode(true);
  part.querySelector("legend").textContent = number === 1 ? "A person" : `Person ${number}`;
  for (const [field, value] of Object.entries({ alias, description })) {
    const input = part.querySelector(`[data-field="${field}"]`);
    input.id = `${field}-${number}`;
    input.previousElementSibling.htmlFor = input.id;
    input.value = value;
  }
  place.append(part);
  return place.lastElementChild;
}

const clean = (words) => words.replaceAll("\0", "").trim();

function typed() {
  const people = [...find("people").children].map((each) => ({
    alias: clean(each.querySelector('[data-field="alias"]').value), description: clean(each.querySelector('[data-field="description"]').value),
  }));
  return {
    state: form.elements.met.value, people, unidentified: clean(form.elements.unidentified.value), place: clean(form.elements.place.value),
    clock: clean(form.elements.clock.value), note: clean(form.elements.note.value), position,
  };
}

const isEmpty = ({ people, position: where, ...words }) =>
  !where && !Object.values(words).some(Boolean) && people.every(({ alias, description }) => !alias && !description);

let draftTimer = 0;
let drafts = Promise.resolve(); // one after another: an older one never overtakes
function flushDraft() {
  window.clearTimeout(draftTimer);
  if (!door.isOpen() || screen !== "record") return drafts;
  const now = typed();
  drafts = drafts.then(() => door.keepDraft(isEmpty(now) ? null : now)).catch(() => undefined);
  return drafts;
}

function fill(draft) {
  form.reset();
  find("people").replaceChildren();
  for (const { alias, description } of draft?.people?.length ? draft.people : [{}]) addPerson(alias, description);
  for (const name of ["unidentified", "place", "clock", "note"]) form.elements[name].value = draft?.[name] ?? "";
  form.elements.met.value = draft?.state ?? "";
  setPosition(draft?.position ?? null);
}

async function showRecord() {
  fill(await door.readDraft());
  await listRecorded();
  show("record");
}

async function listRecorded() {
  const { recorded = [] } = (await door.readSecret()) ?? {};
  const lines = recorded.map(({ at, words }) => {
    const line = document.createElement("li");
    const time = document.createElement("strong");
    time.textContent = sayClock(at, zone);
    line.append(time, ` ${words}`);
    return line;
  });
  const none = document.createElement("li");
  none.textContent = "Nothing yet.";
  find("recorded").replaceChildren(...(lines.length ? lines : [none]));
}

// ------------------------------------------------------------------------------------------------------------- the place

const map = makeMap(find("map"), (latitude, longitude) => {
  setPosition({ pin: { latitude, longitude, source: "map_tap" }, atMs: null });
  draftSoon();
});

function setPosition(found) {
  position = found;
  find("nowhere").hidden = !found;
  const fine = found?.pin.accuracy_m;
  find("where").textContent = !found ? "No position yet." : fine === undefined ? "As put on the map." : `Where you were at ${sayClock(found.atMs, zone)}, to within ${Math.round(fine)} metres.`;
  map.put(found?.pin ?? null);
}

function findFix() {
  return new Promise((resolve) => {
    if (!navigator.geolocation) return resolve(null);
    const how = { enableHighAccuracy: true, maximumAge: 0, timeout: FIX_MS };
    navigator.geolocation.getCurrentPosition(({ coords, timestamp }) => {
      const { latitude, longitude, accuracy } = coords;
      resolve({ pin: { latitude, longitude, source: "gps", accuracy_m: accuracy, fix_age_s: 0 }, atMs: Math.min(timestamp, Date.now()) });
    }, () => resolve(null), how);
  });
}

async function openMap() {
  find("map").hidden = !find("map").hidden;
  find("map-open").setAttribute("aria-expanded", String(!find("map").hidden));
  map.draw();
  if (!find("map").hidden) map.lay(await door.readGround());
}

async function useHere() {
  find("where").textContent = "Looking for your position…";
  const found = await findFix();
  if (!found) {
    setPosition(position);
    return complain("This device does not say where it is. Allow it in the browser’s settings, put a pin on the map, or say the place in words.");
  }
  setPosition(found);
  draftSoon();
}

// --------------------------------------------------------------------------------------------------------- recording

/** What is wrong, as a sentence; nothing where all is right. */
function refusalOf(said) {
  if (!said.state) return "Choose what you met.";
  if (said.unidentified && !/^[0-9]{1,3}$/.test(said.unidentified)) return "Give a number of people, such as 2, or leave it empty.";
  if (Number(said.unidentified) > 500) return "Give a number of people, such as 2, or leave it empty.";
  if (refusalOfNobody(said)) return refusalOfNobody(said);
  if (refusalOfNowhere(said)) return refusalOfNowhere(said);
  if (said.place.length > 200) return "Say the place in 200 characters or fewer.";
  if (said.note.length > 10000) return "Use 10,000 characters or fewer for the note.";
  if (said.clock && latestMoment(said.clock, Date.now(), zone) === null) return "Give a time such as 23:40, or leave it empty for now.";
  if (said.position?.atMs && !said.clock && Date.now() - said.position.atMs > FIX_OLD_MS)
    return "Your position is more than two minutes old. Press “Where I am now” again, put a pin on the map, or take the position away.";
  return "";
}

async function record() {
  const said = typed();
  const refusal = refusalOf(said);
  if (refusal) return complain(refusal);
  if (said.note !== sureOf && seemsPrivate(said.note)) {
    sureOf = said.note;
    return complain("The note seems to hold an address, a postcode or a number. Take it out: a place belongs above. If it is none of these, press Record again.");
  }
  sureOf = null;
  const { card } = await door.look();
  await flushDraft();
  const nowMs = Date.now() + (await door.aheadMs());
  const seenMs = said.clock ? latestMoment(said.clock, nowMs, zone) : nowMs;
  const pin = said.position && { ...said.position.pin, ...(said.position.atMs ? { fix_age_s: Math.round((Date.now() - said.position.atMs) / 1000) } : {}) };
  await keepRecord({ ...said, unidentified: Number(said.unidentified), position: pin ?? undefined, seenMs }, card, nowMs, ["draft"]);
  const met = form.querySelector("input[name=met]:checked").labels[0].textContent.trim();
  fill(null);
  await flushDraft();
  await door.noteRecorded({ at: seenMs, words: met }, zone);
  await listRecorded();
  complain("");
  form.closest("section").querySelector("h1").focus();
  await say();
  find("done").textContent = `Recorded at ${sayClock(nowMs, zone)}.`;
  send();
}

async function recordQuick() {
  find("quick").disabled = true;
  find("quick-done").textContent = "Looking for your position…";
  try {
    const found = await findFix();
    const { card } = await door.look();
    const nowMs = Date.now() + (await door.aheadMs());
    await keepRecord({ state: "bedded_down", unidentified: 1, position: found?.pin, note: toConfirm, seenMs: nowMs }, card, nowMs);
    find("quick-done").textContent = `Recorded at ${sayClock(nowMs, zone)}${found ? "" : ", without a position"}.`;
    await say();
    send();
  } finally {
    find("quick").disabled = false;
  }
}

// ---------------------------------------------------------------------------------------------------------- the server

async function send() {
  isWanted = true;
  if (isSending) return; // the round that runs goes round once more: a network that has just come back is not waited for
  isSending = true;
  try {
    while (isWanted) {
      isWanted = false;
      await navigator.locks.request("lantern-pocket-send", { ifAvailable: true }, async (ours) => { if (ours) await door.deliver(app); });
    }
  } finally {
    isSending = false;
  }
  await settle();
}

async function readTonight() {
  const place = find("tonight");
  place.textContent = "Asking…";
  const { stops, refusal } = await door.readTonight();
  if (refusal) { place.textContent = refusal; return; }
  if (!stops.length) { place.textContent = "Nobody and nothing is on tonight’s list."; return; }
  const list = document.createElement("ol");
  list.className = "govuk-list govuk-list--number";
  for (const { title, reason, safety } of stops) {
    const line = document.createElement("li");
    const name = document.createElement("strong");
    name.textContent = title;
    line.append(name, `: ${reason}`);
    if (safety) {
      const words = document.createElement("p");
      words.className = "govuk-body lantern-alarm";
      words.textContent = `Safety needs: ${safety}`;
      line.append(words);
    }
    list.append(line);
  }
  place.replaceChildren(list);
}

// --------------------------------------------------------------------------------------------------------- what is pressed

/** What a press does; what goes wrong is said, and nothing that was typed is lost. */
const doing = (work) => async (event) => {
  event?.preventDefault?.();
  try {
    await work(event);
  } catch (fault) {
    const isFull = fault?.name === "QuotaExceededError";
    complain(isFull ? "This device is full. Delete photos or apps, then press again. What you typed is still here." : fault instanceof RangeError ? fault.message : "That did not work. Press again. What you typed is still here.");
    if (!isFull && !(fault instanceof RangeError)) console.error(fault?.name ?? "fault");
  }
};

async function join() {
  const [code, pin, again] = ["code", "new-pin", "new-pin-again"].map((id) => find(id).value.trim());
  if (!code) return complain("Type the code that your lead’s page shows.");
  const weak = refusalOfPin(pin, commonest);
  if (weak) return complain(weak);
  if (pin !== again) return complain("The two PINs differ.");
  find("join-press").disabled = true;
  try {
    const { digits, worker, team, refusal } = await door.join(code, pin, { app, zone, label: "Form in a browser" });
    if (refusal) return complain(refusal);
    find("digits").textContent = digits;
    find("digits-who").textContent = `${worker}, ${team}`;
    forgetScreen();
    find("code").value = "";
    show("digits");
    send();
  } finally {
    find("join-press").disabled = false;
  }
}

async function unlock() {
  const pin = find("pin").value.trim();
  find("pin").value = "";
  if (!pin) return complain("Enter your PIN.");
  const { refusal } = await door.unlock(pin, app);
  if (!refusal) return settle().then(send);
  await settle();
  complain(refusal);
}

async function changePin() {
  const [before, after] = ["old-pin", "other-pin"].map((id) => find(id).value.trim());
  const weak = refusalOfPin(after, commonest);
  if (weak) return complain(weak);
  const { refusal } = await door.changePin(before, after);
  for (const id of ["old-pin", "other-pin"]) find(id).value = "";
  if (refusal) {
    await settle();
    return complain(refusal);
  }
  complain("");
  find("done").textContent = "The PIN is changed.";
}

async function leave() {
  const refusal = await door.leave();
  if (refusal) return complain(refusal);
  await settle();
}

function draftSoon() {
  window.clearTimeout(draftTimer);
  draftTimer = window.setTimeout(flushDraft, DRAFT_MS);
}

function bind() {
  find("join").addEventListener("submit", doing(join));
  find("unlock").addEventListener("submit", doing(unlock));
  find("change").addEventListener("submit", doing(changePin));
  form.addEventListener("submit", doing(async () => {
    find("record-press").disabled = true;
    try { await record(); } finally { find("record-press").disabled = false; }
  }));
  form.addEventListener("input", () => { find("done").textContent = ""; draftSoon(); });
  const presses = {
    "digits-done": showRecord, lock, quick: recordQuick, here: useHere, "tonight-read": readTonight, leave,
    nowhere: () => { setPosition(null); draftSoon(); }, another: () => addPerson().querySelector("input").focus(),
    "map-open": openMap,
  };
  for (const [id, work] of Object.entries(presses)) find(id).addEventListener("click", doing(work));
  let awayMs = 0;
  document.addEventListener("visibilitychange", doing(async () => {
    if (document.hidden) { awayMs = Date.now(); await flushDraft(); }
    else if (door.isOpen() && Date.now() - awayMs > AWAY_MS) await lock();
    else await settle();
  }));
  window.addEventListener("pagehide", () => { flushDraft(); });
  window.addEventListener("online", doing(send));
  for (const each of ["pointerdown", "keydown", "input"]) document.addEventListener(each, () => { touchedMs = performance.now(); }, true);
}

/** Left alone it locks. The digits stay: they are read out, and name nobody. */
async function lockIfIdle() {
  if (door.isOpen() && screen !== "digits" && performance.now() - touchedMs > IDLE_MS) await lock();
}

/** A block after wrong PINs passes while the form is open, counted by one tab. */
function countBlocks() {
  navigator.locks.request("lantern-pocket-block", async () => {
    for (;;) {
      const before = performance.now();
      await new Promise((resolve) => { window.setTimeout(resolve, TICK_MS); });
      const { attempts } = await door.look();
      if (attempts?.blockedMs) await door.passBlock(performance.now() - before);
    }
  });
}

async function start() {
  if (!globalThis.indexedDB || !navigator.locks || !(await canSeal())) return show("old");
  bind();
  if ((await door.look()).card) await door.leaseLeft();
  await settle();
  countBlocks();
  window.setInterval(doing(send), SEND_MS);
  window.setInterval(doing(lockIfIdle), TICK_MS);
  navigator.serviceWorker?.register("/pocket/worker.js", { scope: "/pocket/" }).catch(() => undefined);
  await send();
}

start();
