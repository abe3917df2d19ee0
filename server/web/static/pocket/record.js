// What a worker typed, as the changes that a phone would have written: someone new and a new place first, then the contact that names
// them; a stop where nobody was is a visit. Each is sealed to the server as it is kept.
import { nextStamp, write } from "../phone/authoring.js";
import * as keep from "./keep.js";
import { NOBODY, outreachNight } from "./rules.js";
import { seal } from "./sealing.js";

const BYTES_MAX = 60000; // a change may weigh 64 KiB on the wire, its envelope included; phones keep to the same
const text = new TextEncoder();

/** The changes of one record. `typed` is {state, people: [{alias, description}], unidentified, position, place, note, seenMs}. */
export function changesOf(typed, card, nowMs) {
  const at = new Date(typed.seenMs ?? nowMs).toISOString();
  const common = { team_id: card.teamId, worker_id: card.workerId, night: outreachNight(typed.seenMs ?? nowMs, card.zone) };
  const said = [];
  const people = (typed.people ?? []).filter(({ alias, description }) => alias || description).map((each) => [crypto.randomUUID(), each]);
  for (const [id, { alias, description }] of people) said.push({ t: "person.patched", e: id, set: named({ alias, description }) });
  const siteId = typed.place ? crypto.randomUUID() : undefined;
  if (siteId) said.push({ t: "site.patched", e: siteId, set: named({ name: typed.place, position: typed.position }) });
  const id = crypto.randomUUID();
  const where = named({ site_id: siteId, position: typed.position });
  if (typed.state === NOBODY)
    said.push({ t: "visit.recorded", e: id, p: { id, at, ...common, ...where, ...named({ note: typed.note }) } });
  else {
    const met = { person_ids: people.map(([personId]) => personId), unidentified_people: typed.unidentified ?? 0 };
    const told = { id, state: typed.state, seen_at: at, recorded_at: new Date(nowMs).toISOString(), ...common, ...met, ...where };
    said.push({ t: "contact.recorded", e: id, p: { ...told, ...named({ note: typed.note }) } });
  }
  return said;
}

const named = (fields) => Object.fromEntries(Object.entries(fields).filter(([, value]) => value));

/** Seals one record's changes and keeps them in the place of what is `forgotten` (the half-written record: a kill makes no second one),
 * numbered without gaps whichever tab is quicker. Once it returns they are on the disk. */
export async function keepRecord(typed, card, nowMs, forgotten = []) {
  const ids = [];
  const said = changesOf(typed, card, nowMs).map((each) => {
    ids.push(crypto.randomUUID());
    return { id: ids.at(-1), ...each, s: `team:${card.teamId}`, who: card.workerId, at: nowMs };
  });
  if (said.some(({ p }) => p && text.encode(JSON.stringify(p)).length > BYTES_MAX))
    throw new RangeError("That is more than one record can hold. Shorten it, or split it into two.");
  for (;;) {
    const [before] = await keep.read("counter");
    const { boxes, after } = await sealAll(said, before, card.sealingKey, nowMs);
    if (await keep.append(boxes, before, after, forgotten)) return ids;
  }
}

async function sealAll(said, before, sealingKey, nowMs) {
  const after = { ...before };
  const boxes = [];
  for (const change of said) {
    after.n += 1;
    after.hlc = nextStamp(BigInt(after.hlc), nowMs).toString();
    const body = write(change, { device: after.device, n: after.n, hlc: BigInt(after.hlc) });
    boxes.push({ device: after.device, n: after.n, box: await seal(text.encode(body), sealingKey) });
  }
  return { boxes, after };
}
