"""The one road to the server: signed, squeezed, timed requests over HTTP. What is asked and what an answer means is
not known here.

Every request carries a proof that this phone made it (`sync.proof`). No proxy of the environment, no redirect, no
other host is ever followed. A server whose clock differs says so, and the request is signed again with its time.
"""

import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit

import httpx
import msgspec
from msgspec import Struct

from mobile.device.ports import Keystore
from shared.model.device import Enrolled, EnrolmentRequest, Renewal, Tokens
from shared.model.value import Id
from sync import proof
from sync.encoding import deflate_gzip
from sync.proof import Proof

TIMEOUT: Final = httpx.Timeout(20.0, connect=10.0)
SQUEEZE_FROM_BYTES: Final = 400
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
PREFIX: Final = "/sync/v1"


class AddressRefused(ValueError):
    """The server's address is none, or is not safe to send anything to. Its text is a sentence to show."""


class NoAnswer(Exception):
    """The request or its answer was lost: no network, no server, or too slow."""


class Reply(Struct, frozen=True):
    """What came back."""

    status: int
    body: bytes
    took_ms: int
    etag: str = ""


class QuickTaken(Struct, kw_only=True):
    """What of the quick entries is in the record."""

    taken: tuple[Id, ...]


class SealedTaken(Struct, frozen=True, kw_only=True):
    """What the server made of sealed boxes. `status` is what it thinks of this phone, where it says so."""

    acked: int
    opened: int = 0
    kept: int = 0
    status: str = ""
    pin_freed: int = 0


class ServerClient:
    """Requests of one phone to one server."""

    def __init__(
        self,
        server_url: str,
        keystore: Keystore,
        wall_ms: Callable[[], int],
        transport: httpx.BaseTransport | None = None,
        heard: Callable[[int], None] = lambda server_ms: None,
    ) -> None:
        self._heard = heard
        self._url = checked_address(server_url)
        self._keystore = keystore
        self._wall_ms = wall_ms
        self._skew_ms = 0
        self._http = httpx.Client(
            timeout=TIMEOUT, trust_env=False, follow_redirects=False, transport=transport, http2=False
        )

    @property
    def skew_ms(self) -> int:
        """How far ahead the server's clock was when it last complained."""
        return self._skew_ms

    def post(self, path: str, body: bytes, token: str = "") -> Reply:
        """Send one request to `path` under the sync prefix. Raises `NoAnswer`."""
        reply, server_now_ms = self._post_once(path, body, token)
        if reply.status == 401 and server_now_ms is not None:
            self._skew_ms = server_now_ms - self._wall_ms()
            reply, _ = self._post_once(path, body, token)
        return reply

    def _post_once(self, path: str, body: bytes, token: str) -> tuple[Reply, int | None]:
        headers = {"accept-encoding": "gzip", "content-type": "application/json", "user-agent": "lantern-phone"}
        if len(body) >= SQUEEZE_FROM_BYTES:
            body, headers["content-encoding"] = deflate_gzip(body), "gzip"
        if token:
            headers["authorization"] = f"Bearer {token}"
        headers[proof.HEADER] = self._proof("POST", PREFIX + path, body, token)
        started = time.monotonic()
        try:
            answer = self._http.post(self._url + PREFIX + path, content=body, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, RuntimeError) as error:
            raise NoAnswer(type(error).__name__) from error
        took_ms = int((time.monotonic() - started) * 1000)
        said = answer.headers.get(proof.NOW_HEADER, "")
        now_ms = int(said) if said.isdigit() else None
        self._tell_time(now_ms if now_ms is not None else read_date(answer.headers.get("date", "")))
        return Reply(answer.status_code, answer.content, took_ms), now_ms

    def get(self, path: str, token: str, known: str = "") -> Reply:
        """Fetch what lies at `path` under the sync prefix; 304 when it is still the one tagged `known`. Raises `NoAnswer`."""
        headers = {"accept-encoding": "gzip", "user-agent": "lantern-phone", "authorization": f"Bearer {token}"}
        if known:
            headers["if-none-match"] = known
        headers[proof.HEADER] = self._proof("GET", PREFIX + path, b"", token)
        started = time.monotonic()
        try:
            answer = self._http.get(self._url + PREFIX + path, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, RuntimeError) as error:
            raise NoAnswer(type(error).__name__) from error
        took_ms = int((time.monotonic() - started) * 1000)
        self._tell_time(read_date(answer.headers.get("date", "")))
        return Reply(answer.status_code, answer.content, took_ms, answer.headers.get("etag", ""))

    def put(self, path: str, body: bytes, token: str) -> Reply:
        """Send bytes to `path`, at the root of the server. Raises `NoAnswer`."""
        headers = {
            "content-type": "application/octet-stream",
            "user-agent": "lantern-phone",
            "authorization": f"Bearer {token}",
        }
        headers[proof.HEADER] = self._proof("PUT", path, body, token)
        started = time.monotonic()
        try:
            answer = self._http.put(self._url + path, content=body, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, RuntimeError) as error:
            raise NoAnswer(type(error).__name__) from error
        return Reply(answer.status_code, answer.content, int((time.monotonic() - started) * 1000))

    def _tell_time(self, server_ms: int | None) -> None:
        if server_ms is not None:
            self._heard(server_ms)

    def _proof(self, method: str, target: str, body: bytes, token: str) -> str:
        at_ms = max(self._wall_ms() + self._skew_ms, 0)
        nonce = secrets.token_urlsafe(18)
        signature = self._keystore.sign(proof.message(method, target, body, at_ms, nonce, token))
        return proof.write_header(Proof(at_ms, nonce, encode64(signature)))

    # --- the messages that are not the conversation's

    def enrol(self, request: EnrolmentRequest) -> Enrolled | Reply:
        """Enrol; the reply itself when the server says no. Raises `NoAnswer`."""
        reply = self.post("/enrol", msgspec.json.encode(request))
        return msgspec.json.decode(reply.body, type=Enrolled) if reply.status == 201 else reply

    def renew_tokens(self, refresh: str, device: int) -> Tokens | Reply:
        """The tokens that follow; the reply itself when the server says no. Raises `NoAnswer`."""
        reply = self.post("/token", msgspec.json.encode(Renewal(device=device)), refresh)
        return msgspec.json.decode(reply.body, type=Tokens) if reply.status == 200 else reply

    def send_sealed(
        self,
        device: int,
        boxes: list[tuple[int, bytes]],
        app: str,
        signer: int = 0,
        uptime: tuple[int, str] | None = None,
    ) -> SealedTaken | Reply:
        """Hand over sealed boxes in the order of their numbers; none at all merely asks how things stand.

        `signer` is this phone's number where the boxes were made under an earlier one; `uptime` the phone's, and of which boot.
        Raises `NoAnswer`.
        """
        up, boot = uptime or (None, None)
        request = {
            "device": device,
            "signer": signer,
            "now": self._wall_ms(),
            "up": up,
            "boot": boot,
            "app": app,
            "boxes": [(n, encode64(box)) for n, box in boxes],
        }
        reply = self.post("/sealed", msgspec.json.encode(request))
        return msgspec.json.decode(reply.body, type=SealedTaken) if reply.status == 200 else reply

    def send_quick(self, device: int, entries: list[tuple[Id, bytes]], signer: int, now_ms: int) -> tuple[Id, ...]:
        """Hand over what was recorded on the locked screen; returns what the server has now. `now_ms` is what the clock says now
        that told its moments: by how far that is wrong the server mends them. Raises `NoAnswer`.
        """
        boxes = [(each, encode64(box)) for each, box in entries]
        request = {"device": device, "signer": signer, "now": now_ms, "entries": boxes}
        reply = self.post("/quick", msgspec.json.encode(request))
        return msgspec.json.decode(reply.body, type=QuickTaken).taken if reply.status == 200 else ()

    def close(self) -> None:
        """Hang up."""
        self._http.close()


def encode64(raw: bytes) -> str:
    """base64url without padding."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def checked_address(server_url: str) -> str:
    """The server's address without a trailing slash. Raises `AddressRefused`: nothing goes over plain HTTP but on
    this machine.
    """
    parts = urlsplit(server_url.strip())
    if parts.scheme not in {"https", "http"} or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise AddressRefused("That is not a server address. It looks like https://lantern.example.org")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise AddressRefused("The address must begin with https:// so that nobody on the way can read along.")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def read_date(said: str) -> int | None:
    """The moment of an HTTP `Date` header in milliseconds; None for one that is missing or no date."""
    try:
        return int(parsedate_to_datetime(said).timestamp() * 1000)
    except (TypeError, ValueError, OverflowError):
        return None
