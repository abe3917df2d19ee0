// The form's life: joined with a one-time code, locked and opened by a PIN, heard by the server, withdrawn or forgotten. What is shown of
// it is elsewhere. Values that rest here: `card`, `counter`, `attempts`, `lease`, `ahead`, `standing`, the keys of this browser, and,
// encrypted under the PIN, `secret` and `draft`.
import * as keep from "./keep.js";
import { ask, makeSigningKey, publicPart } from "./road.js";
import { SHRED_AFTER, aheadNow, counted, countTry, forgiven, freed, outreachNight, renewed, standing, triesLeft } from "./rules.js";
import { decode64, encode64 } from "./sealing.js";
import * as vault from "./vault.js";

const [LEASE_HOURS, SHRED_AFTER_DAYS] = [72, 14]; // what a server leaves out of its answer is as the protocol has it
const BATCH = 20; // boxes of one request: at their largest they stay below what the server takes
const BOOT = crypto.randomUUID();
const WITHDRAWN = new Set(["revoked", "wipe_after_push", "wipe_now"]);
const GONE = { wrapped: undefined, secret: undefined, draft: undefined };
const NO_NETWORK = "The server does not answer. Check the network, then try again.";
const CODE_REFUSED = "The server does not take that code. It works once, for ten minutes: ask for a new one.";
const TOO_MANY = "Too many codes were tried. Wait a while, then ask for a new one.";

let key = null; // while unlocked; never kept
export const isOpen = () => key !== null;
export const lock = () => { key = null; };
const uptimeMs = () => Math.round(performance.now());

/** How things stand: `new`, `withdrawn`, `erased`, `locked` or `open`, with what is known while locked. */
export async function look() {
  const [card, wrapped, attempts, said] = await keep.read("card", "wrapped", "attempts", "standing");
  const state = !card ? "new" : WITHDRAWN.has(said) ? "withdrawn" : !wrapped ? "erased" : isOpen() ? "open" : "locked";
  if (state !== "open") key = null; // another tab erased it
  return { state, card, attempts, standing: said, unsent: await keep.countBoxes() };
}

export async function aheadMs() {
  return aheadNow((await keep.read("ahead"))[0], Date.now(), uptimeMs(), BOOT);
}

// ------------------------------------------------------------------------------------------------------------------ joining

/** Joins with a code: {digits, worker, team}, or {refusal}, a sentence. */
export async function join(code, pin, { app, zone, label }) {
  await deliver(app); // what an earlier life of this form left
  const pair = await makeSigningKey();
  const said = { code: code.trim(), label, app_version: app, signing_key: await publicPart(pair) };
  const answer = await ask("/enrol", { said, key: pair });
  if (answer === null) return { refusal: NO_NETWORK };
  if (answer.status !== 201) return { refusal: answer.status === 429 ? TOO_MANY : CODE_REFUSED };
  const { device, tokens, config, sealing_key: sealingKey, match_digits: digits } = answer.body;
  if (!device || !tokens || !config || !sealingKey) return { refusal: NO_NETWORK };
  const ofBrowser = await vault.makeBrowserKey();
  const made = await vault.make(pin, ofBrowser);
  const card = {
    device: device.number, workerId: config.worker.id, teamId: config.team.id, sealingKey: decode64(sealingKey), zone,
    leaseHours: config.lease_hours ?? LEASE_HOURS, shredAfterDays: config.shred_after_days ?? SHRED_AFTER_DAYS,
  };
  const secret = { worker: config.worker.name, team: config.team.name, tokens, recorded: [] };
  await keep.write({
    ...GONE, card, counter: { device: card.device, n: 0, hlc: "0" }, attempts: { wrong: 0, blockedMs: 0 }, standing: "unconfirmed",
    [`signs:${card.device}`]: pair, browser: ofBrowser, lease: renewed(Date.now(), uptimeMs(), BOOT), wrapped: made.wrapped,
    secret: await vault.encrypt(made.key, "secret", secret),
  });
  key = made.key;
  navigator.storage?.persist?.().catch(() => undefined); // asked, not relied on
  return { digits, worker: secret.worker, team: secret.team };
}

// ------------------------------------------------------------------------------------------------------------------ the PIN

/** Tries a PIN: {open: true}, or {refusal}, a sentence. */
export async function unlock(pin, app) {
  const refusal = (await leaseRefusal(app)) || (await countOne());
  if (refusal) return { refusal };
  const [wrapped, ofBrowser] = await keep.read("wrapped", "browser");
  const found = wrapped && (await vault.open(wrapped, pin, ofBrowser));
  return found ? rightPin(found) : wrongPin();
}

/** Another PIN over the same key. */
export async function changePin(pin, newPin) {
  const refusal = await countOne();
  if (refusal) return { refusal };
  const [wrapped, ofBrowser] = await keep.read("wrapped", "browser");
  const again = wrapped && (await vault.rewrap(wrapped, pin, newPin, ofBrowser));
  if (!again) return wrongPin();
  await keep.write({ wrapped: again });
  await keep.change("attempts", forgiven);
  return { open: true };
}

async function rightPin(found) {
  await keep.change("attempts", forgiven);
  key = found;
  return { open: true };
}

async function wrongPin() {
  const [attempts] = await keep.read("attempts");
  if (attempts.wrong >= SHRED_AFTER) {
    await erase();
    return { refusal: "Ten wrong PINs: what could be read here is erased. What was not sent stays sealed, and will be sent." };
  }
  if (attempts.blockedMs > 0) return { refusal: sayBlock(attempts.blockedMs) };
  const left = triesLeft(attempts);
  return { refusal: `That is not the PIN. ${left === 1 ? "One try is" : `${left} tries are`} left.` };
}

/** Counts a try before it is made; a sentence where none may be made now. */
async function countOne() {
  const [before] = await keep.read("attempts");
  if (before.blockedMs > 0) return sayBlock(before.blockedMs);
  if (before.wrong >= SHRED_AFTER) {
    await erase();
    return "Too many wrong PINs: what could be read here is erased.";
  }
  await keep.change("attempts", countTry);
  return "";
}

export const sayBlock = (ms) => {
  const minutes = Math.max(1, Math.ceil(ms / 60000));
  return `Five wrong PINs. Keep this form open for ${minutes === 1 ? "one minute" : `${minutes} minutes`}, then try again. You can still record below.`;
};

/** A block passes while the form is open, in one tab; returns what is left of it. */
export const passBlock = (passedMs) =>
  keep.change("attempts", (attempts) => ({ ...attempts, blockedMs: Math.max(0, (attempts?.blockedMs ?? 0) - passedMs) }));

async function erase() {
  key = null;
  await keep.write(GONE);
}

// ---------------------------------------------------------------------------------------------------------------- the lease

async function countLease() {
  const [card] = await keep.read("card");
  const lease = await keep.change("lease", (before) => counted(before, Date.now(), uptimeMs(), BOOT));
  return { allows: standing(lease, card), leftMs: card.leaseHours * 3600000 - lease.elapsedMs };
}

async function leaseRefusal(app) {
  let { allows } = await countLease();
  if (allows === "expired") {
    await deliver(app);
    ({ allows } = await countLease());
  }
  if (allows === "valid") return "";
  if (allows === "expired") return "This form has been offline too long. Find a network, then enter your PIN. You can still record below.";
  await erase();
  return "This form was not heard for so long that what could be read here is erased. What was not sent stays sealed, and will be sent.";
}

/** How long the lease still lasts, in ms; the form locks itself once it is over. */
export async function leaseLeft() {
  const { allows, leftMs } = await countLease();
  if (allows === "shred") await erase();
  else if (allows === "expired") lock();
  return leftMs;
}

// ----------------------------------------------------------------------------------------------------------- what is secret

export async function readSecret() {
  const [kept] = await keep.read("secret");
  return isOpen() ? vault.decrypt(key, "secret", kept) : null;
}

async function changeSecret(fields) {
  if (isOpen()) await keep.write({ secret: await vault.encrypt(key, "secret", { ...(await readSecret()), ...fields }) });
}

/** Half a record, so that a killed tab loses none of it; an empty one is forgotten. */
export async function keepDraft(typed) {
  if (isOpen()) await keep.write({ draft: typed === null ? undefined : await vault.encrypt(key, "draft", typed) });
}

export async function readDraft() {
  const [kept] = await keep.read("draft");
  return isOpen() ? vault.decrypt(key, "draft", kept) : null;
}

/** One line for the list of tonight: when and what, never who. What is of another night is forgotten. */
export async function noteRecorded(line, zone) {
  const night = outreachNight(line.at, zone);
  const before = (await readSecret())?.recorded ?? [];
  await changeSecret({ recorded: [line, ...before.filter(({ at }) => outreachNight(at, zone) === night)] });
}

// --------------------------------------------------------------------------------------------------------------- the server

/** Hands over what is sealed, locked or not, and hears how this form stands. False where the server did not answer. */
export async function deliver(app) {
  for (;;) {
    const boxes = await keep.firstBoxes(BATCH);
    const [card] = await keep.read("card");
    const device = boxes[0]?.device ?? card?.device;
    if (device === undefined) return false;
    const [pair] = await keep.read(`signs:${device}`);
    const said = { device, signer: 0, now: Date.now(), app, boxes: boxes.map(({ n, box }) => [n, encode64(box)]) };
    const answer = await ask("/sealed", { said, key: pair });
    if (answer?.status !== 200) return false;
    const { acked, opened, kept, status } = answer.body;
    if (![acked, opened, kept].every(Number.isInteger) || typeof status !== "string") return false; // somebody else answered
    const there = opened + kept === boxes.length ? boxes : boxes.filter(({ n }) => n <= acked);
    await keep.drop(there);
    if (answer.aheadMs !== null) {
      const ms = Math.abs(answer.aheadMs) < 2000 ? 0 : answer.aheadMs;
      await keep.write({ ahead: { ms, wallMs: Date.now(), uptimeMs: uptimeMs(), boot: BOOT } });
    }
    if (device === card.device) await hear(status, answer.body.pin_freed ?? 0);
    if (boxes.length && !there.length) return false; // it took none: later
    if (!boxes.length) return true;
  }
}

async function hear(status, pressedMs) {
  if (status === "ok") {
    await keep.write({ lease: renewed(Date.now(), uptimeMs(), BOOT) });
    await keep.change("attempts", (attempts) => freed(attempts, pressedMs));
  }
  await keep.write({ standing: status });
  if (WITHDRAWN.has(status)) await erase();
}

/** Asks with a token, renewed once where it is no longer good; nothing without an answer. Only an unlocked form has tokens. */
async function askWithToken(path) {
  const [card] = await keep.read("card");
  const [pair] = await keep.read(`signs:${card.device}`);
  const { tokens } = await readSecret();
  const answer = await ask(path, { token: tokens.access, key: pair });
  if (answer?.status !== 401) return answer;
  const renewal = await ask("/token", { said: "", token: tokens.refresh, key: pair });
  if (renewal?.status !== 200 || !renewal.body.access) return null;
  await changeSecret({ tokens: renewal.body });
  return ask(path, { token: renewal.body.access, key: pair });
}

/** Tonight's list, read while online and kept nowhere: {stops}, or {refusal}, a sentence. */
export async function readTonight() {
  const answer = await askWithToken("/tonight");
  if (answer === null || (answer.status === 200 && !Array.isArray(answer.body.stops))) return { refusal: "Tonight’s list is read while there is a network. There is none now." };
  return answer.status === 200 ? { stops: answer.body.stops } : { refusal: "The server does not show tonight’s list to this form now." };
}

/** The ground of the team's districts, public: as the server draws it now, else as it was kept. */
export async function readGround() {
  const answer = await askWithToken("/map-pack");
  if (answer?.status === 200) await keep.write({ ground: answer.body });
  return (await keep.read("ground"))[0] ?? {};
}

/** Forgets everything here. Refused, with a sentence, while something is not sent. */
export async function leave() {
  const unsent = await keep.countBoxes();
  if (unsent) return `${unsent === 1 ? "One change is" : `${unsent} changes are`} not sent yet. Find a network first: nothing is thrown away.`;
  key = null;
  await keep.forgetAll();
  for (const name of await caches.keys()) if (name.startsWith("pocket-")) await caches.delete(name);
  for (const worker of await navigator.serviceWorker.getRegistrations()) if (worker.scope.endsWith("/pocket/")) await worker.unregister();
  return "";
}
