// What the phone's own rules say (mobile/opening/lease.py and pin.py, shared/rules/pins.py, shared/geo/night.py), again in a browser: a
// test holds these to those. No key, no storage, no clock: they are told.
const HOUR_MS = 3600000;
const DAY_MS = 24 * HOUR_MS;
const LEAP_MAX_MS = 60 * DAY_MS;
const SAME_CLOCK_MS = 2000; // the server tells whole seconds
export const NOBODY = "nobody_here";
export const BLOCK_AFTER = 5;
export const SHRED_AFTER = 10;
export const BLOCK_MS = 20 * 60000;

/** Why this may not be a PIN, as a sentence; nothing when it may. `commonest` are those that too many people choose. */
export function refusalOfPin(pin, commonest) {
  if (!/^[0-9]*$/.test(pin) || pin === "") return "A PIN is made of digits only.";
  if (pin.length < 6) return "A PIN has at least 6 digits.";
  const steps = new Set([...pin].slice(1).map((digit, place) => (Number(digit) - Number(pin[place]) + 10) % 10));
  const isRun = steps.size === 1 && (steps.has(1) || steps.has(9) || steps.has(0));
  if (commonest.has(pin) || isRun) return "Too many people choose that PIN. Choose one that nobody would guess.";
  return "";
}

/** Why nobody can have been here, as a sentence: whoever was told of would be lost, or be a record that nobody met. */
export function refusalOfNobody({ state, people, unidentified }) {
  if (state !== NOBODY) return "";
  const isAnybody = people.some(({ alias, description }) => alias || description) || Number(unidentified) > 0;
  return isAnybody ? "You say that nobody was here, and tell of somebody. Choose what you met, or take them away." : "";
}

/** Why a place must be said, as a sentence: where somebody looked is what a search is counted by. */
export const refusalOfNowhere = ({ state, place, position }) =>
  state === NOBODY && !place && !position ? "Say where you looked: your position, a pin on the map, or the place in words." : "";

// shared/rules/address_hint.py once more: letters and digits of any script, as Python reads \w, \d and \b.
const W = "[\\p{L}\\p{N}_]";
const D = "\\p{Nd}";
const EDGE = `(?:(?<=${W})(?!${W})|(?<!${W})(?=${W}))`;
const STREET = "(?:street|st|road|rd|avenue|ave|lane|ln|close|drive|crescent|court|gardens|grove|terrace|place|way|walk|mews|square|house|hill|parade|row)";
const MEASURE = "(?:miles?|minutes?|hours?|nights?|days?|weeks?|months?|years?|times|people|metres|men|women|tents)"; // no house number
const PRIVATE = [
  `(?<![\\p{L}\\p{N}_.+\\-])[\\p{L}\\p{N}_.+\\-]{1,64}@[\\p{L}\\p{N}_\\-]{1,63}\\.[\\p{L}\\p{N}_.]{1,190}${EDGE}`,
  `${EDGE}[A-Z]{1,2}${D}[A-Z\\p{Nd}]?\\s?${D}[A-Z]{2}${EDGE}`,
  `(?<![\\p{Nd}.])(?:\\+44\\s?\\(?0?\\)?|0044\\s?|\\(?0)[1-9](?:[\\s().\\-]{0,2}${D}){8,9}(?!${D})`,
  `${EDGE}(?:flat|room|unit|apartment|apt)\\s{1,9}${D}{1,9}[a-z]?${EDGE}`,
  `${EDGE}${D}{1,4}[a-z]?,?\\s{1,9}(?!${MEASURE}${EDGE})(?:[A-Z][\\p{L}\\p{N}_'’]{1,40}\\s{1,9}){1,3}${STREET}${EDGE}`,
].map((source) => new RegExp(source, "iu"));

/** Does a note seem to hold an address, a postcode or a number to reach somebody by? A question, never a refusal. */
export const seemsPrivate = (note) => PRIVATE.some((pattern) => pattern.test(note));

/** The tries as they stand if the PIN now tried is wrong: written before trying, so that a kill buys no free guess. A browser has no
 * clock that nobody can set, so a block lasts while the form is open: `blockedMs` is what is left of it. */
export const countTry = ({ wrong, freed = 0 }) => ({ wrong: wrong + 1, blockedMs: wrong + 1 === BLOCK_AFTER ? BLOCK_MS : 0, freed });

/** The right PIN came. */
export const forgiven = ({ freed = 0 }) => ({ wrong: 0, blockedMs: 0, freed });

/** A lead ended the block, at this moment of the server's clock: each press is obeyed once, and the tries stay counted. */
export const freed = (attempts, pressedMs) => (pressedMs > (attempts.freed ?? 0) ? { wrong: attempts.wrong, blockedMs: 0, freed: pressedMs } : attempts);

export const triesLeft = ({ wrong }) => (wrong < BLOCK_AFTER ? BLOCK_AFTER : SHRED_AFTER) - wrong;

/** The lease counted up to now. `boot` is the opening of the page in which `uptimeMs` is counted. */
export function counted(lease, wallMs, uptimeMs, boot) {
  const leapMs = wallMs - lease.wallMs;
  let passedMs = uptimeMs - lease.uptimeMs;
  let isDoubtful = lease.isDoubtful;
  if (boot !== lease.boot || passedMs < 0) {
    passedMs = leapMs > LEAP_MAX_MS ? uptimeMs : Math.max(leapMs, uptimeMs);
    isDoubtful ||= leapMs > LEAP_MAX_MS;
  } else if (leapMs <= LEAP_MAX_MS) passedMs = Math.max(passedMs, leapMs); // a sleeping browser counts no uptime
  return { elapsedMs: lease.elapsedMs + passedMs, wallMs, uptimeMs, boot, isDoubtful };
}

export const renewed = (wallMs, uptimeMs, boot) => ({ elapsedMs: 0, wallMs, uptimeMs, boot, isDoubtful: false });

/** By how much (ms) the server's clock is ahead of this device's now; `kept` is by how much it was, and what both clocks of this page said
 * then. A clock that was set since is wrong by another amount, or by none. One that seems to have been set on may only have slept: uptime
 * does not count that everywhere. */
export function aheadNow(kept, wallMs, uptimeMs, boot) {
  if (typeof kept?.ms !== "number") return 0; // nothing, or as an earlier version kept it
  if (boot !== kept.boot) return wallMs < kept.wallMs ? 0 : kept.ms;
  const leapMs = wallMs - kept.wallMs - (uptimeMs - kept.uptimeMs);
  if (Math.abs(leapMs - kept.ms) < SAME_CLOCK_MS) return 0; // it was put right
  return leapMs < -SAME_CLOCK_MS ? kept.ms - leapMs : kept.ms;
}

/** What a lease that was counted up to now allows: `valid`, `expired` or `shred`. */
export function standing({ elapsedMs, isDoubtful }, { leaseHours, shredAfterDays }) {
  if (elapsedMs > shredAfterDays * DAY_MS) return "shred";
  return isDoubtful || elapsedMs > leaseHours * HOUR_MS ? "expired" : "valid";
}

/** The evening to which a moment belongs, as YYYY-MM-DD: a night runs from noon to noon. */
export function outreachNight(ms, zone) {
  const how = { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", hourCycle: "h23" };
  const parts = Object.fromEntries(new Intl.DateTimeFormat("en-GB", how).formatToParts(new Date(ms)).map(({ type, value }) => [type, value]));
  const day = Date.UTC(Number(parts.year), Number(parts.month) - 1, Number(parts.day));
  return new Date(Number(parts.hour) >= 12 ? day : day - DAY_MS).toISOString().slice(0, 10);
}
