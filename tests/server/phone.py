"""A phone in a test: a real P-256 key, real signatures, real HTTP messages. It keeps no store; the phone's own tests have one."""

import gzip
import json
import secrets
from collections.abc import Callable
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from server.security.tokens import encode
from shared.model.contact import Contact
from shared.model.device import Enrolled, Tokens
from sync import proof as proofs
from sync.proof import HEADER, Proof


class Phone:
    """Speaks to a server through a client with `request`."""

    def __init__(self, client: Any, clock: Any, new_id: Callable[[], str]) -> None:
        self.client = client
        self.clock = clock
        self.new_id = new_id
        self.key = generate_private_key(SECP256R1())
        self.enrolled: Enrolled | None = None
        self.tokens: Tokens | None = None
        self.last_n = 0

    @property
    def signing_key(self) -> str:
        return encode(self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))

    @property
    def number(self) -> int:
        assert self.enrolled is not None
        return self.enrolled.device.number

    @property
    def now_ms(self) -> int:
        return int(self.clock().timestamp() * 1000)

    def sign(
        self, method: str, target: str, body: bytes, token: str, *, nonce: str = "", at_ms: int | None = None
    ) -> str:
        nonce = nonce or secrets.token_urlsafe(16)
        moment = self.now_ms if at_ms is None else at_ms
        message = proofs.message(method, target, body, moment, nonce, token)
        r, s = decode_dss_signature(self.key.sign(message, ECDSA(SHA256())))
        return proofs.write_header(Proof(moment, nonce, encode(r.to_bytes(32, "big") + s.to_bytes(32, "big"))))

    def post(self, target: str, body: bytes, token: str | None = None, headers: dict[str, str] | None = None) -> Any:
        token = (self.tokens.access if self.tokens else "") if token is None else token
        sent = {HEADER: self.sign("POST", target, body, token), "content-type": "application/json"}
        if token:
            sent["authorization"] = f"Bearer {token}"
        return self.client.post(target, content=body, headers=sent | (headers or {}))

    def get(self, target: str, known: str = "", token: str = "") -> Any:
        """What lies at an address; `known` is the tag of the last answer."""
        assert self.tokens is not None
        token = token or self.tokens.access
        sent = {HEADER: self.sign("GET", target, b"", token), "authorization": f"Bearer {token}"}
        return self.client.get(target, headers=sent | ({"if-none-match": known} if known else {}))

    def try_enrol(self, code: str, app: str = "1.0.0") -> Any:
        wanted = {"code": code, "label": "Aisha's phone", "app_version": app, "signing_key": self.signing_key}
        return self.post("/sync/v1/enrol", json.dumps(wanted).encode(), token="")

    def enrol(self, code: str) -> Enrolled:
        answer = self.try_enrol(code)
        assert answer.status_code == 201, answer.text
        self.enrolled = msgspec.json.decode(answer.content, type=Enrolled)
        self.tokens = self.enrolled.tokens
        return self.enrolled

    def refresh(self, token: str | None = None) -> Any:
        assert self.tokens is not None
        body = json.dumps({"device": self.number}).encode()
        return self.post("/sync/v1/token", body, token=token or self.tokens.refresh)

    def make_change(self, kind: str, **content: Any) -> dict[str, Any]:
        self.last_n += 1
        assert self.enrolled is not None
        change = {
            "id": self.new_id(),
            "dev": self.number,
            "n": self.last_n,
            "hlc": self.now_ms << 16,
            "t": kind,
            "s": f"team:{self.enrolled.config.team.id}",
            "who": self.enrolled.config.worker.id,
            "at": self.now_ms,
        }
        return change | content

    def fact(self, kind: str, value: Any, entity: str | None = None) -> dict[str, Any]:
        return self.make_change(kind, e=entity or value.id, p=msgspec.to_builtins(value))

    def patch(self, kind: str, entity: str, **values: Any) -> dict[str, Any]:
        return self.make_change(kind, e=entity, set={name: [value, {}] for name, value in values.items()})

    def contact(self, **fields: Any) -> dict[str, Any]:
        assert self.enrolled is not None
        config, now = self.enrolled.config, self.clock()
        told = {
            "id": self.new_id(),
            "state": "bedded_down",
            "seen_at": now.isoformat(),
            "recorded_at": now.isoformat(),
            "night": now.date().isoformat(),
            "worker_id": config.worker.id,
            "team_id": config.team.id,
        } | fields
        msgspec.convert(told, Contact)
        return self.make_change("contact.recorded", e=told["id"], p=told)

    def push(self, *changes: dict[str, Any], headers: dict[str, str] | None = None, **clocks: Any) -> Any:
        body = {"device": self.number, "now": self.now_ms, "app": "1.0.0", "events": list(changes)} | clocks
        squeezed = gzip.compress(json.dumps(body).encode())
        return self.post("/sync/v1/push", squeezed, headers={"content-encoding": "gzip"} | (headers or {}))

    def pull(self, cursors: dict[str, Any] | None = None, **others: Any) -> Any:
        body = {"device": self.number, "cursors": cursors or {}, "now": self.now_ms, "app": "1.0.0"} | others
        return self.post("/sync/v1/pull", json.dumps(body).encode())
