// Asks the rules of the form in a pocket what they say of cases that come as JSON on stdin, and prints their answers as JSON.
import { readFileSync } from "node:fs";
import { aheadNow, counted, outreachNight, refusalOfNobody, refusalOfNowhere, refusalOfPin, seemsPrivate, standing } from "../../server/web/static/pocket/rules.js";
import { latestMoment } from "../../server/web/static/pocket/time.js";

const { aheads, pins, commonest, leases, nights, clocks, nobody, nowhere, notes } = JSON.parse(readFileSync(0, "utf8"));
const known = new Set(commonest);
console.log(JSON.stringify({
  aheads: aheads.map(([kept, wallMs, uptimeMs, boot]) => aheadNow(kept, wallMs, uptimeMs, boot)),
  pins: pins.map((pin) => refusalOfPin(pin, known)),
  leases: leases.map(([lease, wallMs, uptimeMs, boot]) => {
    const now = counted(lease, wallMs, uptimeMs, boot);
    return [now.elapsedMs, now.isDoubtful, standing(now, { leaseHours: 72, shredAfterDays: 14 })];
  }),
  nights: nights.map(([ms, zone]) => outreachNight(ms, zone)),
  nobody: nobody.map((typed) => refusalOfNobody(typed) !== ""),
  nowhere: nowhere.map((typed) => refusalOfNowhere(typed) !== ""),
  notes: notes.map((note) => seemsPrivate(note)),
  clocks: clocks.map(([words, ms, zone]) => latestMoment(words, ms, zone)),
}));
