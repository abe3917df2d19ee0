// The one road to the server: requests signed by this form's own key, as a phone signs them (docs/protocol, "Carrying"). What is asked
// and what an answer means is not known here.
import { encode64 } from "./sealing.js";

const PREFIX = "/sync/v1";
const PATIENCE_MS = 20000;
const text = new TextEncoder();
const subtle = crypto.subtle;
let aheadMs = 0; // by how much the server's clock is ahead, where it said that ours is wrong

export const makeSigningKey = () => subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);

export const publicPart = async ({ publicKey }) => encode64(await subtle.exportKey("raw", publicKey));

async function sha256(bytes) {
  return Array.from(new Uint8Array(await subtle.digest("SHA-256", bytes)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function prove({ method, path, body, token, key }) {
  const at = Math.max(Date.now() + aheadMs, 0);
  const nonce = encode64(crypto.getRandomValues(new Uint8Array(18)));
  const lines = ["lantern-proof", "1", method, path, await sha256(body), `${at}`, nonce, await sha256(text.encode(token))];
  const signature = await subtle.sign({ name: "ECDSA", hash: "SHA-256" }, key.privateKey, text.encode(lines.join("\n")));
  return `1.${at}.${nonce}.${encode64(signature)}`;
}

async function askOnce({ method, path, body, token, key }) {
  const headers = { "lantern-proof": await prove({ method, path, body, token, key }), accept: "application/json" };
  if (method === "POST") headers["content-type"] = "application/json";
  if (token) headers.authorization = `Bearer ${token}`;
  const how = { method, headers, body: method === "POST" ? body : undefined, cache: "no-store", credentials: "omit", redirect: "error" };
  try {
    const answer = await fetch(path, { ...how, signal: AbortSignal.timeout(PATIENCE_MS) });
    return { status: answer.status, text: await answer.text(), now: answer.headers.get("lantern-now"), date: answer.headers.get("date") };
  } catch {
    return null; // no network, no server, or too slow
  }
}

function readObject(words) {
  try {
    const told = JSON.parse(words);
    return typeof told === "object" ? told : null;
  } catch {
    return null;
  }
}

/** Asks once, and again by the server's clock where it says that ours is wrong: {status, body, aheadMs}, or nothing without an answer. */
export async function ask(path, { said, token = "", key }) {
  const method = said === undefined ? "GET" : "POST";
  const body = text.encode(said === undefined || said === "" ? "" : JSON.stringify(said));
  const wanted = { method, path: PREFIX + path, body, token, key };
  let answer = await askOnce(wanted);
  if (answer?.status === 401 && answer.now) {
    aheadMs = Number(answer.now) - Date.now();
    answer = await askOnce(wanted);
  }
  if (answer === null) return null;
  const told = readObject(answer.text);
  if (told === null && answer.status < 300) return null; // the sign-in page of a café's Wi-Fi is no answer of ours
  const serverMs = Date.parse(answer.date ?? "");
  return { status: answer.status, body: told, aheadMs: Number.isNaN(serverMs) ? null : serverMs - Date.now() };
}
