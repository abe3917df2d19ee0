// A sealed box to the server (rule B5), as the phone makes them: X25519 with a fresh key for each box, HKDF-SHA256, AES-256-GCM. A box is
// the fresh public key (32 bytes) and the ciphertext. Its key is used once, so its nonce is zero. This browser cannot open it again.
const PURPOSE = new TextEncoder().encode("lantern sealed outbox v1");
const CURVE = { name: "X25519" };

export function join(...parts) {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(new Uint8Array(part), at);
    at += part.byteLength;
  }
  return whole;
}

/** Seals bytes to the server's public key (32 bytes). */
export async function seal(plain, to) {
  const fresh = await crypto.subtle.generateKey(CURVE, false, ["deriveBits"]);
  const mine = new Uint8Array(await crypto.subtle.exportKey("raw", fresh.publicKey));
  const theirs = await crypto.subtle.importKey("raw", to, CURVE, false, []);
  const shared = await crypto.subtle.deriveBits({ ...CURVE, public: theirs }, fresh.privateKey, 256);
  const secret = await crypto.subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
  const how = { name: "HKDF", hash: "SHA-256", salt: join(mine, to), info: PURPOSE };
  const key = await crypto.subtle.deriveKey(how, secret, { name: "AES-GCM", length: 256 }, false, ["encrypt"]);
  return join(mine, await crypto.subtle.encrypt({ name: "AES-GCM", iv: new Uint8Array(12) }, key, plain));
}

/** Can this browser seal at all? X25519 came to WebCrypto with Safari 17, Firefox 130 and Chrome 137. */
export async function canSeal() {
  try {
    await crypto.subtle.generateKey(CURVE, false, ["deriveBits"]);
    return true;
  } catch {
    return false;
  }
}

export const encode64 = (bytes) =>
  btoa(Array.from(new Uint8Array(bytes), (byte) => String.fromCharCode(byte)).join("")).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

export const decode64 = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
