// The phone's half of the protocol (docs/protocol), without network, clock or disk: they are handed in. A store keeps what `state`
// and `changes` hold. Taking a new number after a copy was found is left to whoever enrols: `state.forkedAt` says so.
import { nextStamp, write } from "./authoring.js";
import { context, heads } from "./merge.js";
import { canonical, items, members } from "./raw.js";

const AHEAD_MAX_MS = 300000;
const SUSPECT_MS = 120000;
const [PUT, EVICT, HELD, ELSEWHERE] = ["put", "evict", "held", "elsewhere"];
const START = { device: 0, lastN: 0, acked: 0, safe: 0, hlc: 0n, cursors: {}, granted: [], isWhole: true, status: "active", forkedAt: null };

export class Phone {
  constructor(device) {
    this.state = { ...START, device };
    this.changes = new Map(); // id -> {id, n, scope, eff, words, body, isErased}
    this.notes = new Map(); // id -> why it is held
  }

  // ------------------------------------------------------------------------------------------------------- recording

  /** Keep something that was just said: {id, t, s, e, who, at} with `p`, a value, or `set`, field -> value. */
  record(said, nowMs) {
    const n = this.state.lastN + 1;
    const hlc = nextStamp(this.state.hlc, nowMs);
    const seen = (field) => context(this.#writes(said.e).get(field) ?? []);
    const body = write(said, { device: this.state.device, n, hlc }, seen);
    this.changes.set(said.id, { id: said.id, n, scope: said.s, eff: hlc, words: new Map(), body, isErased: false });
    Object.assign(this.state, { lastN: n, hlc });
  }

  // ------------------------------------------------------------------------------------------------------- the sync

  /** One sync: yields {kind, body} to ask, is sent {status, body}, or nothing where no answer came. */
  *sync(nowMs, app, sizes = { batch: 100, page: 500 }) {
    let trouble = yield* this.#pushAll(nowMs, app, sizes.batch);
    if (this.state.status !== "wiped") trouble = (yield* this.#pullAll(nowMs, app, sizes.page)) || trouble;
    if (!trouble) yield* this.#pushAll(nowMs, app, sizes.batch);
    if (this.state.status === "leaving" && this.state.acked >= this.state.lastN) this.#wipe();
    if (this.state.status === "wiped") yield { kind: "wiped", body: `{"device":${this.state.device},"now":${nowMs}}` };
  }

  *#pushAll(nowMs, app, batch) {
    for (;;) {
      const before = this.state.acked;
      if (this.state.status === "wiped" || this.state.forkedAt !== null || before >= this.state.lastN) return false;
      const reply = yield { kind: "push", body: this.#pushBody(nowMs, app, batch) };
      if (reply?.status !== 200) {
        const refused = this.#refuse(reply);
        if (refused !== "gap" || this.state.acked === before) return true;
      } else {
        const answer = members(reply.body);
        if (Number(answer.device) === this.state.device) this.#acknowledge(Number(answer.acked), JSON.parse(answer.acked_id));
        if (this.state.acked === before) return false;
      }
    }
  }

  *#pullAll(nowMs, app, page) {
    for (let more = true; more; ) {
      const reply = yield { kind: "pull", body: this.#pullBody(nowMs, app, page) };
      if (reply?.status !== 200) {
        this.#refuse(reply);
        return true;
      }
      const wasWhole = this.state.isWhole;
      const isApplied = this.#page(reply.body, nowMs);
      more = (isApplied && members(reply.body).more === "true") || (wasWhole && !this.state.isWhole);
    }
    return false;
  }

  #own(n) {
    return [...this.changes.values()].find((change) => change.n === n && n !== null);
  }

  #pushBody(nowMs, app, batch) {
    const { device, acked, lastN } = this.state;
    const events = [];
    for (let n = acked + 1; n <= Math.min(acked + batch, lastN); n += 1) events.push(this.#own(n)?.body ?? `{"n":${n},"hole":true}`);
    const told = { device, now: nowMs, prior: this.#own(acked)?.id ?? "", app, unsent: lastN - acked };
    return `${JSON.stringify(told).slice(0, -1)},"events":[${events.join()}]}`;
  }

  #pullBody(nowMs, app, page) {
    const { device, cursors, isWhole, lastN, acked } = this.state;
    return JSON.stringify({ device, cursors, limit: page, trim: isWhole, app, now: nowMs, unsent: lastN - acked });
  }

  #acknowledge(acked, ackedId) {
    const mine = this.#own(acked)?.id;
    if (acked > this.state.lastN) this.state.forkedAt = this.state.lastN + 1;
    else this.state.acked = mine && ackedId && mine !== ackedId ? 0 : acked;
  }

  #refuse(reply) {
    let told = {};
    try {
      told = reply ? JSON.parse(reply.body) : {};
    } catch {
      return `status_${reply.status}`; // such as the sign-in page of a café's Wi-Fi
    }
    const { refused, need, n, after_push: afterPush } = told;
    if (refused === "gap" && need) this.state.acked = Math.min(Math.max(need - 1, 0), this.state.lastN);
    if (refused === "fork" && n) this.state.forkedAt = n;
    if (refused === "wipe" || refused === "revoked") {
      if (afterPush && this.state.acked < this.state.lastN) this.state.status = "leaving";
      else this.#wipe();
    }
    return refused;
  }

  #wipe() {
    this.changes.clear();
    this.notes.clear();
    Object.assign(this.state, { ...START, device: this.state.device, status: "wiped" });
  }

  // ---------------------------------------------------------------------------------------------------------- a page

  /** What a page means, all at once; false for one that answers another question than this phone would ask now. */
  #page(text, nowMs) {
    const answer = members(text);
    const [scopes, rewind] = [JSON.parse(answer.scopes), JSON.parse(answer.rewind)];
    const rows = items(answer.rows).map((line) => {
      const [scope, , id, op, eff, body] = items(line);
      return { scope: JSON.parse(scope), id: JSON.parse(id), op: JSON.parse(op), eff: BigInt(eff), body: body ?? "null" };
    });
    const isOurs = Number(answer.device) === this.state.device && canonical(answer.frm) === canonical(JSON.stringify(this.state.cursors));
    if (!isOurs || (!this.state.isWhole && answer.trim === "true")) return false;
    const isSpared = (row) => row.op === PUT && row.body === "null" && (this.changes.get(row.id)?.n ?? null) === null;
    if (rows.some(isSpared)) {
      this.state.isWhole = false; // a body is missing that only our log could have: ask again for all of them
      return true;
    }
    const lost = new Set([...Object.keys(this.state.cursors), ...this.state.granted].filter((scope) => !scopes.includes(scope)));
    this.#acknowledge(Number(answer.acked), JSON.parse(answer.acked_id));
    const cursors = Object.fromEntries(Object.entries(JSON.parse(answer.next)).filter(([scope]) => scopes.includes(scope)));
    Object.assign(this.state, { safe: Number(answer.safe), granted: scopes, cursors });
    this.#comeBack(nowMs, Number(answer.server_now));
    this.#forgetFeeds(lost, new Set(rewind));
    for (const row of rows) this.#take(row, nowMs);
    this.#settle();
    return true;
  }

  #comeBack(nowMs, serverMs) {
    const isAhead = this.state.hlc >> 16n > BigInt(Math.max(nowMs, serverMs) + AHEAD_MAX_MS);
    if (isAhead && Math.abs(serverMs - nowMs) <= SUSPECT_MS) this.state.hlc = BigInt(nowMs) << 16n;
  }

  #follow(eff, nowMs) {
    const last = this.state.hlc >> 16n;
    const horizon = (BigInt(nowMs) > last ? BigInt(nowMs) : last) + BigInt(AHEAD_MAX_MS);
    if (eff >> 16n <= horizon && eff > this.state.hlc) this.state.hlc = eff;
  }

  /** Feeds that were withdrawn, and feeds that begin anew. Of own changes it is remembered that they left. */
  #forgetFeeds(lost, rewound) {
    for (const { n, words } of this.changes.values())
      for (const scope of [...words.keys()])
        if (lost.has(scope)) n === null ? words.delete(scope) : words.set(scope, EVICT);
        else if (rewound.has(scope) && (n === null || words.get(scope) !== EVICT)) words.delete(scope);
  }

  #take(row, nowMs) {
    this.#follow(row.eff, nowMs);
    let change = this.changes.get(row.id);
    if (row.op === HELD) this.notes.set(row.id, JSON.parse(row.body).reason);
    if (row.op === PUT) {
      if (!change) {
        change = { id: row.id, n: null, scope: "", eff: -1n, words: new Map(), body: row.body, isErased: false };
        this.changes.set(row.id, change);
      }
      change.words.set(row.scope, PUT);
      change.eff = row.eff;
      if (row.body !== "null") change.body = row.body;
    } else if (change && row.op === "erase") {
      change.isErased = true;
      change.body = skeleton(change.body);
    } else if (change && [EVICT, HELD, ELSEWHERE].includes(row.op)) {
      change.n === null ? change.words.delete(row.scope) : change.words.set(row.scope, row.op);
    }
  }

  /** What no feed of ours puts any more is not kept; of our own only what every backup of the server holds is forgotten. */
  #settle() {
    for (const change of [...this.changes.values()]) {
      if (this.#standing(change) !== "gone") continue;
      const isSafe = this.state.forkedAt === null && change.n <= Math.min(this.state.safe, this.state.acked);
      if (change.n !== null && isSafe) this.state.isWhole = false;
      if (change.n === null || isSafe) this.changes.delete(change.id);
    }
  }

  #standing({ n, scope, words }) {
    const said = new Set(words.values());
    if (said.has(PUT)) return "placed";
    if (said.has(HELD)) return "held";
    if (n === null || said.size) return "gone";
    return n > this.state.acked || this.state.granted.includes(scope) ? "waiting" : "gone";
  }

  // --------------------------------------------------------------------------------------------------------- looking

  /** The changes that are shown. */
  shown() {
    return [...this.changes.values()].filter((change) => ["placed", "waiting"].includes(this.#standing(change)));
  }

  /** Own changes that were set aside, with the reason. */
  held() {
    const aside = [...this.changes.values()].filter((change) => this.#standing(change) === "held");
    return Object.fromEntries(aside.map(({ id }) => [id, this.notes.get(id)]));
  }

  #writes(entity) {
    const fields = new Map();
    for (const { id, eff, body } of this.shown()) {
      const change = members(body);
      if (!change.set || JSON.parse(change.e) !== entity) continue;
      for (const [field, written] of Object.entries(members(change.set))) {
        const [value, told] = items(written);
        const seen = new Map(Object.entries(JSON.parse(told)).map(([dev, n]) => [Number(dev), n]));
        const write = { id, eff, dev: Number(change.dev), n: Number(change.n), value, seen, erased: change.erased === "true" };
        fields.set(field, [...(fields.get(field) ?? []), write]);
      }
    }
    return fields;
  }

  /** The merged fields of an entity: the value that is shown, and every side of a conflict. */
  fields(entity) {
    const merged = [...this.#writes(entity)].map(([field, writes]) => [field, heads(writes)]).filter(([, found]) => found.length);
    return Object.fromEntries(merged.map(([field, found]) => [field, { value: found[0].value, heads: found.map((head) => head.id) }]));
  }
}

/** What remains of a change that was erased: its number and what it had seen, never what it said. */
function skeleton(body) {
  const { who, at, p, set, ...kept } = members(body);
  const bones = { ...kept, erased: "true" };
  const bare = ([field, written]) => `${JSON.stringify(field)}:[null,${items(written)[1]}]`;
  if (set) bones.set = `{${Object.entries(members(set)).map(bare).join()}}`;
  return `{${Object.entries(bones).map(([name, value]) => `"${name}":${value}`).join()}}`;
}
