// A real provider of OpenID Connect (the package oidc-provider) on this machine, for one client: prints its address when it is up.
// Arguments: where the browser comes back to, and where it goes after signing out.
import http from "node:http";
import { Provider } from "oidc-provider";

const [back, out] = process.argv.slice(2);
const server = http.createServer((request, answer) => handle(request, answer));
let handle;

server.listen(0, "127.0.0.1", () => {
  const address = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(address, {
    clients: [{
      client_id: "lantern-at-watford",
      client_secret: "a secret of this test alone",
      redirect_uris: [back],
      post_logout_redirect_uris: [out],
      grant_types: ["authorization_code"],
      response_types: ["code"],
    }],
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, email: "priya@example.org", email_verified: true }) }),
    pkce: { required: () => true },
    features: { devInteractions: { enabled: true } },
    cookies: { keys: ["of this test alone"] },
  });
  handle = provider.callback();
  console.log(address);
});
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
