// What rests in this browser, in IndexedDB: a few named values, and sealed boxes that are only ever added until the server has them.
// Nothing personal is in it as it is: what is not sealed to the server is encrypted under the PIN (`vault.js`).
const NAME = "lantern-pocket";
const STRICT = { durability: "strict" };
let opened = null;

function open() {
  opened ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("values");
      asked.result.createObjectStore("boxes", { keyPath: ["device", "n"] });
    };
    asked.onsuccess = () => {
      asked.result.onversionchange = () => { asked.result.close(); opened = null; }; // another tab forgets the form
      resolve(asked.result);
    };
    asked.onerror = () => { opened = null; reject(asked.error); };
  });
  return opened;
}

/** One transaction over both stores: `work(values, boxes)` asks, and `answer` is called once all of it is on the disk. */
async function within(mode, work) {
  const database = await open();
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(["values", "boxes"], mode, mode === "readwrite" ? STRICT : {});
    let answer = () => undefined;
    transaction.oncomplete = () => resolve(answer());
    transaction.onerror = transaction.onabort = () => reject(transaction.error ?? new Error("not kept"));
    answer = work(transaction.objectStore("values"), transaction.objectStore("boxes"), transaction) ?? answer;
  });
}

/** The values of these names. */
export const read = (...names) =>
  within("readonly", (values) => {
    const asked = names.map((name) => values.get(name));
    return () => asked.map(({ result }) => result);
  });

/** Keeps values by name; `undefined` forgets one. All of them or none. */
export const write = (named) =>
  within("readwrite", (values) => {
    for (const [name, value] of Object.entries(named)) value === undefined ? values.delete(name) : values.put(value, name);
  });

/** Replaces one value by what `how` makes of it, with no other tab in between; returns the new one. */
export const change = (name, how) =>
  within("readwrite", (values) => {
    let made;
    const asked = values.get(name);
    asked.onsuccess = () => { made = how(asked.result); values.put(made, name); };
    return () => made;
  });

/** Adds boxes, sets the counter that they were numbered by, and forgets what they were made of. False, and nothing is kept, where another tab numbered some meanwhile. */
export async function append(boxes, before, after, forgotten) {
  let isOurs = true;
  await within("readwrite", (values, store) => {
    const asked = values.get("counter");
    asked.onsuccess = () => {
      isOurs = asked.result.n === before.n && asked.result.device === before.device;
      if (!isOurs) return;
      boxes.forEach((box) => store.add(box));
      values.put(after, "counter");
      forgotten.forEach((name) => values.delete(name));
    };
  });
  return isOurs;
}

/** The sealed boxes of the earliest number that this form had: at most `limit`, in their order. */
export const firstBoxes = (limit) =>
  within("readonly", (_, boxes) => {
    const asked = boxes.getAll(null, limit);
    return () => asked.result.filter(({ device }) => device === asked.result[0].device);
  });

export const countBoxes = () =>
  within("readonly", (_, boxes) => {
    const asked = boxes.count();
    return () => asked.result;
  });

/** Forgets boxes that the server has. */
export const drop = (sent) => within("readwrite", (_, boxes) => sent.forEach(({ device, n }) => boxes.delete([device, n])));

/** Forgets everything: for a browser that was borrowed. */
export async function forgetAll() {
  (await open()).close();
  opened = null;
  await new Promise((resolve, reject) => {
    const asked = indexedDB.deleteDatabase(NAME);
    asked.onsuccess = resolve;
    asked.onerror = () => reject(asked.error);
  });
}
