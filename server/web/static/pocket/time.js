// Clock times of the partnership's zone, right through both changes of the clock. No clock is read here.
const CLOCK = /^([01]?\d|2[0-3])[:.]?([0-5]\d)$/;
const STEP_MS = 60000;
const DAYS = 2;
const HALF_A_DAY = 12 * 60;
const AHEAD_MAX_MS = 300000;

/** How a moment is said: 23:40, and whether it is summer or winter time while an hour comes twice. */
export function sayClock(ms, zone) {
  const said = (moment) => new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(new Date(moment));
  const shown = said(ms);
  const comesTwice = said(ms + 3600000) === shown || said(ms - 3600000) === shown;
  if (!comesTwice) return shown;
  const name = new Intl.DateTimeFormat("en-GB", { timeZone: zone, timeZoneName: "short" }).formatToParts(new Date(ms)).find(({ type }) => type === "timeZoneName");
  return `${shown} ${name.value}`;
}

/** The last moment, not after `nowMs`, when clocks of `zone` showed `23:40`, of a watch a little ahead now; nothing for other text. */
export function latestMoment(words, nowMs, zone) {
  const told = CLOCK.exec(words.trim());
  if (!told) return null;
  const wanted = `${told[1].padStart(2, "0")}:${told[2]}`;
  const format = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const first = Math.floor(nowMs / STEP_MS) * STEP_MS;
  const shows = (moment) => format.format(new Date(moment)) === wanted;
  let isAhead = false;
  for (let moment = first + STEP_MS; moment <= nowMs + AHEAD_MAX_MS; moment += STEP_MS) isAhead ||= shows(moment);
  for (let back = 0; back < DAYS * 1440; back += 1) {
    const moment = first - back * STEP_MS;
    if (shows(moment)) return isAhead && back > HALF_A_DAY ? nowMs : moment;
  }
  return null;
}
