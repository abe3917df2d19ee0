"""A phone for tests without screens: a real encrypted store, a software keystore, and clocks that move only when
told.

Enrolment is answered by a stand-in at the HTTP boundary; tests against the real server are in
`syncing/test_real_server.py`.
"""

import itertools
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from mobile.device.keystore import FileKeystore
from mobile.device.location import NowhereLocation
from mobile.device.ports import Location, RawFix
from mobile.field.service import FieldService, Phone
from mobile.opening.keys import Cost
from mobile.syncing.server_client import encode64
from shared.model.agency import Team
from shared.model.app_state import Weakness
from shared.model.codes import Role
from shared.model.device import Device, Enrolled, FieldConfig, Tokens
from shared.model.worker import Worker

PIN = "271828"
EVENING = datetime(2026, 11, 13, 23, 30, tzinfo=UTC)
CHEAP = Cost(memory_kib=1024, passes=1)

AISHA = Worker(
    id="aisha", name="Aisha Noor", short_name="Aisha N", agency_id="outreach", roles=frozenset({Role.WORKER})
)
DEAN = Worker(id="dean", name="Dean Reid", short_name="Dean R", agency_id="outreach", roles=frozenset({Role.WORKER}))
TEAM = Team(id="watford", agency_id="outreach", name="Watford Outreach", district_ids=("watford-district",))


class Clocks:
    """The wall clock and the uptime of a test, moved by hand."""

    def __init__(self, start: datetime = EVENING) -> None:
        self.wall = start
        self.up_ms = 1_000_000
        self.boot_name = "boot-a"

    def now(self) -> datetime:
        return self.wall

    def milliseconds(self) -> int:
        return self.up_ms

    def boot(self) -> str:
        return self.boot_name

    def pass_(self, **time: float) -> None:
        """Time passes on both clocks."""
        passed = timedelta(**time)
        self.wall += passed
        self.up_ms += int(passed.total_seconds() * 1000)

    def restart(self, off: timedelta = timedelta(0)) -> None:
        """The phone is switched off for so long, and on again."""
        self.wall += off
        self.up_ms = 0
        self.boot_name += "+"


class HandLocation(NowhereLocation):
    """Fixes handed in by the test."""

    def __init__(self, clocks: Clocks) -> None:
        self._clocks = clocks
        self.on_fix: Callable[[RawFix], None] | None = None

    def start(self, on_fix: Callable[[RawFix], None]) -> None:
        self.on_fix = on_fix

    def stop(self) -> None:
        self.on_fix = None

    def fix(self, latitude: float, longitude: float, at: datetime, accuracy_m: float | None = 10.0) -> None:
        assert self.on_fix is not None, "nobody listens"
        ms = int(at.timestamp() * 1000)
        ago_ms = int((self._clocks.wall - at).total_seconds() * 1000)
        made_ms = self._clocks.up_ms - ago_ms
        fix = RawFix(latitude=latitude, longitude=longitude, accuracy_m=accuracy_m, at_ms=ms, uptime_ms=made_ms)
        self.on_fix(fix)


class HandIntegrity:
    """What the phone says of itself, set by the test."""

    def __init__(self) -> None:
        self.found: frozenset[Weakness] = frozenset()

    def find(self) -> frozenset[Weakness]:
        return self.found


class StandIn(httpx.BaseTransport):
    """Answers enrolment as the server would; everything else is a dead network unless `answer` is set."""

    def __init__(self, clocks: Clocks) -> None:
        self.clocks = clocks
        self.private = X25519PrivateKey.generate()
        self.requests: list[httpx.Request] = []
        self.answer: Callable[[httpx.Request], httpx.Response] | None = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        if request.url.path == "/sync/v1/enrol":
            return httpx.Response(201, content=msgspec.json.encode(self.enrolled()))
        if self.answer is not None:
            return self.answer(request)
        raise httpx.ConnectError("no network")

    def enrolled(self) -> Enrolled:
        return Enrolled(
            device=Device(number=7, worker_id="aisha", team_id="watford", label="Phone", enrolled_at=self.clocks.now()),
            tokens=Tokens(access="a1", access_expires_at=self.clocks.now() + timedelta(minutes=10), refresh="r1"),
            config=FieldConfig(worker=AISHA, team=TEAM, colleagues=(DEAN,)),
            sealing_key=encode64(self.private.public_key().public_bytes_raw()),
            match_digits="4711",
        )


class Rig:
    """One phone on one data directory; `restart` is the process dying and starting again."""

    def __init__(self, directory: Path, cost: Cost = CHEAP, *, real_network: bool = False, family: str = "") -> None:
        self.data = directory / "app"
        self.keystore = FileKeystore(directory / "keystore")
        self.clocks = Clocks()
        self.server = StandIn(self.clocks)
        self.location = HandLocation(self.clocks)
        self.integrity = HandIntegrity()
        self._cost = cost
        self._is_real = real_network
        self._ids = itertools.count(1)
        self._family = family or f"{zlib.crc32(str(directory).encode()):08x}"
        if real_network:
            self.clocks.wall = datetime.now(UTC)
        self.field = self._build()

    def _build(self) -> FieldService:
        location: Location = self.location
        return FieldService(
            Phone(
                data=self.data,
                keystore=self.keystore,
                uptime=self.clocks,
                location=location,
                now=self.clocks.now,
                new_id=lambda: f"{self._family}-0000-7000-8000-{next(self._ids):012d}",
                app_version="0.1.0",
                integrity=self.integrity,
                transport=None if self._is_real else self.server,
                cost=self._cost,
            )
        )

    def enrol(self) -> FieldService:
        """Enrol and unlock."""
        answer = self.field.enrol("code", "https://lantern.test", PIN)
        assert answer.enrolled, answer.message
        return self.field

    def restart(self) -> FieldService:
        """The process ends without a word; another one starts on the same files."""
        self.field.close()
        self.field = self._build()
        return self.field
