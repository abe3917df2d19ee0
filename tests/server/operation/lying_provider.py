"""A provider of OpenID Connect on this machine that tells the truth, or one lie at a time."""

import json
import threading
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from hashlib import sha256
from hmac import digest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "lantern-at-watford", "a secret of this test alone"
SUBJECT = "AAAA-priya-pairwise"


@cache
def make_key() -> RSAKey:
    """One for the whole run: making it takes longer than most tests, and none of them spoils it."""
    return RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})


@dataclass
class Provider:
    """`claims` and `sign` are what a test lies with; `asked` is what was asked for, by path."""

    now: Callable[[], datetime]
    key: RSAKey = field(default_factory=make_key)
    claims: dict[str, Any] = field(default_factory=dict)
    sign: Callable[[dict[str, Any]], str] | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    published: list[RSAKey] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    takes_codes_again: bool = True
    padding: int = 0
    _begun: dict[str, dict[str, str]] = field(default_factory=dict)
    _server: ThreadingHTTPServer | None = None

    def __enter__(self) -> "Provider":
        self.published = self.published or [self.key]
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()

    @property
    def issuer(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def authorize(self, address: str) -> dict[str, str]:
        """What the browser brings back after somebody has proven themselves at `address`."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        code = f"code-{len(self._begun)}"
        self._begun[code] = asked
        return {"code": code, "state": asked["state"]}

    def describe(self) -> dict[str, Any]:
        found = {name: f"{self.issuer}/{name}" for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
        return {"issuer": self.issuer} | found | self.metadata

    def exchange(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        asked = self._begun.get(form.get("code", ""))
        proof = urlsafe_b64encode(sha256(form.get("code_verifier", "").encode()).digest()).rstrip(b"=").decode()
        if (
            asked is None
            or not authorization.startswith("Basic ")
            or proof != asked["code_challenge"]
            or form["redirect_uri"] != asked["redirect_uri"]
        ):
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": self.token(asked["nonce"])}

    def token(self, nonce: str) -> str:
        at_s = int(self.now().timestamp())
        truth = {"iss": self.issuer, "aud": CLIENT, "sub": SUBJECT, "iat": at_s, "exp": at_s + 300, "nonce": nonce}
        claims = {name: value for name, value in (truth | self.claims).items() if value is not None}
        return self.sign(claims) if self.sign else signed_with(self.key)(claims)


def signed_with(key: RSAKey, kid: str = "one") -> Callable[[dict[str, Any]], str]:
    return lambda claims: jwt.encode({"alg": "RS256", "kid": kid}, claims, key)


def unsigned(claims: dict[str, Any]) -> str:
    return f"{_part({'alg': 'none', 'kid': 'one'})}.{_part(claims)}."


def signed_with_the_public_key(key: RSAKey) -> Callable[[dict[str, Any]], str]:
    """Whoever takes any algorithm that a token names takes the published key for a shared secret."""

    def sign(claims: dict[str, Any]) -> str:
        said = f"{_part({'alg': 'HS256', 'kid': 'one'})}.{_part(claims)}"
        return f"{said}.{_encode(digest(key.as_pem(private=False), said.encode(), 'sha256'))}"

    return sign


def _part(value: dict[str, Any]) -> str:
    return _encode(json.dumps(value).encode())


def _encode(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _handler(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            provider.asked.append(self.path)
            if self.path == "/.well-known/openid-configuration":
                self._answer(200, provider.describe())
            elif self.path == "/jwks_uri":
                self._answer(200, {"keys": [key.as_dict(private=False) for key in provider.published]})
            else:
                self._answer(404, {})

        def do_POST(self) -> None:
            provider.asked.append(self.path)
            sent = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
            form = {name: values[0] for name, values in sent.items()}
            self._answer(*provider.exchange(form, self.headers.get("authorization", "")))

        def _answer(self, status: int, body: dict[str, Any]) -> None:
            data = json.dumps(body | {"padding": "x" * provider.padding}).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    return Handler
