// How the writes of many people to one field become one value (docs/protocol, "Merging"): a pure function of the set of writes.
// A write is {id, eff, dev, n, value, seen, erased}: `eff` a BigInt, `value` JSON as text, `seen` a Map of device to number.

/** Had the author of `by` seen `write`, or is it the same author's later word? */
const isReplaced = (write, by) => (by.seen.get(write.dev) ?? 0) >= write.n || (by.dev === write.dev && by.n > write.n);

const rank = (one, other) =>
  one.eff === other.eff ? (one.dev === other.dev ? other.n - one.n : other.dev - one.dev) : one.eff < other.eff ? 1 : -1;

/** The writes that nobody replaced, the one to be shown first. */
export function heads(writes) {
  return writes.filter((write) => !write.erased && !writes.some((by) => by.id !== write.id && isReplaced(write, by))).sort(rank);
}

/** What somebody who sees these writes has seen. */
export function context(writes) {
  const seen = new Map();
  for (const write of writes)
    for (const [dev, n] of [[write.dev, write.n], ...write.seen]) seen.set(dev, Math.max(n, seen.get(dev) ?? 0));
  return seen;
}
