// Reading JSON without losing a byte of it: what others wrote is kept and sent on as it came, and stamps have more digits than a
// number of JavaScript holds. Nothing here knows what the bytes mean.

/** The end of the value that begins at `at`. */
function end(text, at) {
  if (text[at] === '"') {
    let next = at + 1;
    while (text[next] !== '"') next += text[next] === "\\" ? 2 : 1;
    return next + 1;
  }
  if (text[at] !== "{" && text[at] !== "[") {
    let next = at;
    while (next < text.length && !",]} \n\r\t:".includes(text[next])) next += 1;
    return next;
  }
  let depth = 0;
  for (let next = at; next < text.length; next += 1) {
    if (text[next] === '"') next = end(text, next) - 1;
    else if (text[next] === "{" || text[next] === "[") depth += 1;
    else if (text[next] === "}" || text[next] === "]") depth -= 1;
    if (depth === 0) return next + 1;
  }
  throw new SyntaxError("the value is cut off");
}

function* values(text) {
  JSON.parse(text); // whatever is no JSON is refused here
  const whole = text.trim();
  for (let at = 1; at < whole.length - 1; ) {
    if (",: \n\r\t".includes(whole[at])) at += 1;
    else {
      const next = end(whole, at);
      yield whole.slice(at, next);
      at = next;
    }
  }
}

/** The members of an object: name to value, each value as its text. */
export function members(text) {
  const found = [...values(text)];
  return Object.fromEntries(found.flatMap((name, place) => (place % 2 ? [] : [[JSON.parse(name), found[place + 1]]])));
}

/** The items of an array, each as its text. */
export const items = (text) => [...values(text)];

/** A text by which two values are the same whatever the order of members: numbers with all their digits. */
export function canonical(text) {
  const first = text.trim()[0];
  if (first === "[") return `[${items(text).map(canonical).join()}]`;
  if (first !== "{") return first === '"' ? JSON.stringify(JSON.parse(text)) : text.trim();
  const sorted = Object.entries(members(text)).sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${sorted.map(([name, value]) => `${JSON.stringify(name)}:${canonical(value)}`).join()}}`;
}
