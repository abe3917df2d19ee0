// What this form keeps for its worker, encrypted under a key that the PIN wraps (rule B2). The PIN is checked by unwrapping alone.
//
// Wrapping key = HKDF-SHA256(HMAC under this browser's key (PBKDF2-SHA256(PIN, salt, 600,000))). The browser's key cannot be taken out
// by scripts; whoever copies the browser's own files can try PINs at the pace of PBKDF2, which is less than a phone's keystore holds.
const ROUNDS = 600000;
const PURPOSE = new TextEncoder().encode("lantern pocket form v1");
const text = new TextEncoder();
const subtle = crypto.subtle;

async function wrapping(pin, salt, ofBrowser) {
  const typed = await subtle.importKey("raw", text.encode(pin), "PBKDF2", false, ["deriveBits"]);
  const stretched = await subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt, iterations: ROUNDS }, typed, 256);
  const bound = await subtle.importKey("raw", await subtle.sign("HMAC", ofBrowser, stretched), "HKDF", false, ["deriveKey"]);
  const how = { name: "HKDF", hash: "SHA-256", salt, info: PURPOSE };
  return subtle.deriveKey(how, bound, { name: "AES-GCM", length: 256 }, false, ["wrapKey", "unwrapKey"]);
}

export const makeBrowserKey = () => subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, false, ["sign"]);

/** A new key, wrapped by this PIN: {wrapped, key}. */
export async function make(pin, ofBrowser) {
  const key = await subtle.generateKey({ name: "AES-GCM", length: 256 }, true, ["encrypt", "decrypt"]);
  const wrapped = await wrap(key, pin, ofBrowser);
  return { wrapped, key: await open(wrapped, pin, ofBrowser) };
}

async function wrap(key, pin, ofBrowser) {
  const [salt, iv] = [crypto.getRandomValues(new Uint8Array(16)), crypto.getRandomValues(new Uint8Array(12))];
  return { salt, iv, bytes: await subtle.wrapKey("raw", key, await wrapping(pin, salt, ofBrowser), { name: "AES-GCM", iv }) };
}

/** The key, or nothing for a wrong PIN. `canLeave` only to wrap it anew. */
export async function open({ salt, iv, bytes }, pin, ofBrowser, canLeave = false) {
  const by = await wrapping(pin, salt, ofBrowser);
  try {
    return await subtle.unwrapKey("raw", bytes, by, { name: "AES-GCM", iv }, "AES-GCM", canLeave, ["encrypt", "decrypt"]);
  } catch {
    return null;
  }
}

/** The same key under another PIN; nothing where the old one is wrong. */
export async function rewrap(wrapped, pin, newPin, ofBrowser) {
  const key = await open(wrapped, pin, ofBrowser, true);
  return key === null ? null : wrap(key, newPin, ofBrowser);
}

/** A value encrypted for the place of this name. */
export async function encrypt(key, name, value) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const how = { name: "AES-GCM", iv, additionalData: text.encode(name) };
  return { iv, bytes: await subtle.encrypt(how, key, text.encode(JSON.stringify(value))) };
}

/** The value again; nothing where none was kept. */
export async function decrypt(key, name, kept) {
  if (!kept) return null;
  const how = { name: "AES-GCM", iv: kept.iv, additionalData: text.encode(name) };
  return JSON.parse(new TextDecoder().decode(await subtle.decrypt(how, key, kept.bytes)));
}
