// A change as its author writes it (docs/protocol, "A change"): its stamp, and its bytes.

/** The hybrid time that follows `last`, a BigInt, at this wall clock. */
export function nextStamp(last, nowMs) {
  const wall = BigInt(nowMs) << 16n;
  return last + 1n > wall ? last + 1n : wall;
}

/** The bytes of something that was just said: {id, t, s, e, who, at} with `p`, a value, or `set`, field -> value. `seen` tells what its
 * author had seen of a field: pairs of a device and a number. */
export function write({ id, t, s, e, who, at, p, set }, { device, n, hlc }, seen = () => []) {
  const text = Object.entries({ id, dev: device, n, hlc, t, s, e, who, at, p })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `"${name}":${typeof value === "bigint" ? value : JSON.stringify(value)}`);
  const written = ([field, value]) => {
    const context = [...seen(field)].map(([dev, number]) => `"${dev}":${number}`).join();
    return `${JSON.stringify(field)}:[${JSON.stringify(value)},{${context}}]`;
  };
  if (set) text.push(`"set":{${Object.entries(set).map(written).join()}}`);
  return `{${text.join()}}`;
}
