// An example of a receiver of Lantern's hooks. Node.js 18 or newer, and nothing else.
//
//   LANTERN_HOOK_SECRET=whsec_… PORT=8900 node hear-hooks.mjs
//
// It believes a hook when its signature is right and it is not older than five minutes, and takes each one once: it writes the kind and
// the id to its output. Put TLS in front of it.

import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const key = Buffer.from(process.env.LANTERN_HOOK_SECRET.replace("whsec_", ""), "base64");
const seen = new Set();
const LONGEST = 10_000;

function isOurs(headers, body) {
  const { "webhook-id": id, "webhook-timestamp": at, "webhook-signature": given = "" } = headers;
  if (!id || !(Math.abs(Date.now() / 1000 - Number(at)) < 300)) return false;
  const wanted = Buffer.from("v1," + createHmac("sha256", key).update(`${id}.${at}.`).update(body).digest("base64"));
  // Several signatures may stand there, with spaces between them.
  return given.split(" ").some((each) => each.length === wanted.length && timingSafeEqual(Buffer.from(each), wanted));
}

createServer((request, response) => {
  const pieces = [];
  let size = 0;
  request.on("data", (piece) => {
    size += piece.length;
    if (size > LONGEST) request.destroy();
    else pieces.push(piece);
  });
  request.on("end", () => {
    const body = Buffer.concat(pieces);
    if (request.method !== "POST" || !isOurs(request.headers, body)) {
      response.writeHead(401).end();
      return;
    }
    const id = request.headers["webhook-id"];
    if (!seen.has(id)) {
      seen.add(id);
      const told = JSON.parse(body);
      console.log(`${told.type} ${told.data.id}`); // here: put it into a queue, and read told.data.url with a token
    }
    response.writeHead(204).end();
  });
}).listen(Number(process.env.PORT), "127.0.0.1", function () {
  console.log(`listening ${this.address().port}`);
});
