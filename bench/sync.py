"""How fast sync is over real HTTP, beside the raw limits of the same machine in the same run.

    python -m bench.sync [--store sqlite] [--store postgresql] [--rounds 3] [--out bench/results/sync.json]

50 phones push 200 contacts of 1 KB each (`bench.sync_night`), eight at once, to a server process with sign-in, signatures,
validation, policy, audit and projections on; then a fresh phone pulls all 10,000 and stores them. The whole push is
repeated. The raw limit is what sqlite3's executemany does with as many rows of 1 KB in 200s, WAL and FULL, just before and
just after.

Requests are written and signed beforehand, so that it is the server that is timed. It knows the team's people by then, from
one push. Client and server share the machine's cores, and wall times depend on who else uses it: CPU figures and ratios
travel better. The median of several rounds is told, each on a database of its own. PostgreSQL is the one of
LANTERN_TEST_POSTGRES, else one started from its wheel.
"""

import argparse
import json
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import httpx
from msgspec import Struct
from uuid_utils import uuid7

from bench.sync_ground import (
    calibrate,
    cpu_seconds,
    database_cpu_seconds,
    fresh_database,
    open_store,
    raw_seconds,
    serve,
    serving_role,
)
from bench.sync_night import APP, Night
from mobile.store.sync import SyncStore
from server.actions.operation.enrolment import make_code
from server.app import create_services
from server.migrate import upgrade
from server.settings import Settings, read_settings
from shared.model.value import Id
from sync.proof import HEADER
from sync.wire import Cursor, PullAnswer, PullRequest, encode, read_pull_answer, read_push_answer
from tests.server.cast import CHEAP, make_cast
from tests.server.phone import Phone

PHONES, CHANGES, AT_ONCE, PAGE = 50, 200, 8, 1_000
KNOWN, ROUND = 200, 40
COUNT = PHONES * CHANGES
PUSH, PULL = "/sync/v1/push", "/sync/v1/pull"

Used = Callable[[], tuple[float, float]]
"""Tells what server and database have used of the CPU so far, in seconds."""


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description="Sync over HTTP, beside the raw limits.")
    parser.add_argument("--store", action="append", choices=["sqlite", "postgresql"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path("bench/results/sync.json"))
    options = parser.parse_args()
    result: dict[str, Any] = {"calibration_hashes_per_s": calibrate(), "rounds": options.rounds}
    for store in options.store or ["sqlite", "postgresql"]:
        with tempfile.TemporaryDirectory(prefix="lantern-bench-") as folder, open_store(store, Path(folder)) as url:
            result[store] = measure_rounds(url, Path(folder), options.rounds)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


def measure_rounds(url: str, folder: Path, rounds: int) -> dict[str, float]:
    """The median of each figure."""
    told = []
    for number in range(rounds):
        with fresh_database(url, folder, f"lantern_bench_{number}") as own:
            told.append(measure(own, folder / str(number)))  # a ledger of its own, too: no other database's is served
    return {name: float(f"{statistics.median(each[name] for each in told):.5g}") for name in told[0]}


def measure(url: str, folder: Path) -> dict[str, float]:
    """Everything, on one empty database."""
    folder.mkdir()
    environment = {"LANTERN_DATABASE": url, "LANTERN_DATA": str(folder / "data")}
    upgrade(url)
    settings = read_settings(environment)
    with serving_role(settings) as served, serve(environment | {"LANTERN_DATABASE": served}) as (address, process):
        used = lambda: (cpu_seconds(process), database_cpu_seconds(url))  # noqa: E731
        reader, leader, *phones = enrol(replace(settings, password_cost=CHEAP), address)
        nights = write_nights(leader, phones)
        raw = [raw_seconds(folder / "raw", PHONES, CHANGES)]
        first = push_all(sign_pushes(phones, nights), used)
        raw.append(raw_seconds(folder / "raw", PHONES, CHANGES))
        again = push_all(sign_pushes(phones, nights), used)
        pulled = pull_all(reader, used)
    raw_s, raw_cpu_s = statistics.mean(wall for wall, _ in raw), statistics.mean(cpu for _, cpu in raw)
    return {
        "bytes_per_record_plain": statistics.mean(len(night.plain_push(CHANGES)) for night in nights) / CHANGES,
        "bytes_per_record_up": first.pop("bytes") / COUNT,
        **{f"push_{name}": value for name, value in first.items()},
        "push_again_per_s": again["per_s"],
        "push_again_server_cpu_ms_per_1000": again["server_cpu_ms_per_1000"],
        "push_again_cpu_against_first": again["server_cpu_ms_per_1000"] / first["server_cpu_ms_per_1000"],
        **pulled,
        "raw_limit_push_per_s": COUNT / raw_s,
        "raw_limit_push_cpu_ms_per_1000": raw_cpu_s * 1_000_000 / COUNT,
        "ratio_to_raw_push": COUNT / raw_s / first["per_s"],
        "ratio_to_raw_push_by_cpu": first["server_cpu_ms_per_1000"] / (raw_cpu_s * 1_000_000 / COUNT),
    }


# ------------------------------------------------------------------------------------------------------ the workload


def enrol(settings: Settings, address: str, count: int = PHONES + 2) -> list[Phone]:
    """So many enrolled phones of one team."""
    services = create_services(settings)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)  # noqa: E731
    cast = make_cast(services.database, now(), make_id)
    phones = []
    for _ in range(count):
        with services.database.writing() as session:
            code = make_code(session, cast.aisha.id, cast.team.id, settings, now(), make_id).code
        phone = Phone(httpx.Client(base_url=address, timeout=120), now, make_id)
        phone.enrol(code)
        phones.append(phone)
    services.database.close()
    return phones


def make_id() -> Id:
    """A fresh id, as phones make them."""
    return str(uuid7())


def write_nights(leader: Phone, phones: Sequence[Phone]) -> list[Night]:
    """What each phone brings home. The people they meet are described, and sent, by their leader's
    phone; each worker goes a round of forty of them, and neighbours' rounds overlap."""
    began = datetime.now(UTC) - timedelta(hours=14)
    evening = night_of(leader, began)
    known = evening.meet(KNOWN)
    answer = leader.post(PUSH, evening.push_body(KNOWN), headers={"content-encoding": "gzip"})
    assert answer.status_code == 200, answer.text
    nights = [night_of(phone, began) for phone in phones]
    for number, night in enumerate(nights):
        first = number * KNOWN // len(nights)
        night.walk([known[(first + one) % KNOWN] for one in range(ROUND)], CHANGES)
    return nights


def night_of(phone: Phone, began: datetime) -> Night:
    """A night of one phone."""
    assert phone.enrolled is not None
    return Night(phone.enrolled, began, make_id)


class Signed(Struct, frozen=True):
    """A push, ready to be sent."""

    address: str
    body: bytes
    headers: dict[str, str]

    @property
    def size(self) -> int:
        """What it weighs on the wire, above TCP."""
        return len(self.body) + sum(len(name) + len(value) + 4 for name, value in self.headers.items())


def sign_pushes(phones: Sequence[Phone], nights: Sequence[Night]) -> list[Signed]:
    """Each phone's push with the headers that a phone sends; its nonce is good once."""
    return [_sign(phone, night.push_body(CHANGES)) for phone, night in zip(phones, nights, strict=True)]


def _sign(phone: Phone, body: bytes) -> Signed:
    assert phone.tokens is not None
    url = phone.client.base_url
    headers = {
        "host": f"{url.host}:{url.port}",
        HEADER: phone.sign("POST", PUSH, body, phone.tokens.access),
        "authorization": f"Bearer {phone.tokens.access}",
        "content-type": "application/json",
        "content-length": str(len(body)),
        "content-encoding": "gzip",
        "accept-encoding": "gzip",
        "user-agent": "lantern-phone",
    }
    return Signed(f"{url.host}:{url.port}", body, headers)


def push_all(requests: Sequence[Signed], used: Used) -> dict[str, float]:
    """Every phone pushes, eight at once."""
    began, own, (server, database) = time.perf_counter(), time.process_time(), used()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        took_s = sorted(pool.map(_send, requests))
    wall, own_after, (server_after, database_after) = time.perf_counter() - began, time.process_time(), used()
    return {
        "per_s": COUNT / wall,
        "p95_ms": took_s[int(len(took_s) * 0.95)] * 1_000,
        "server_cpu_ms_per_1000": (server_after - server) * 1_000_000 / COUNT,
        "database_cpu_ms_per_1000": (database_after - database) * 1_000_000 / COUNT,
        "client_cpu_ms_per_1000": (own_after - own) * 1_000_000 / COUNT,
        "bytes": float(sum(request.size for request in requests)),
    }


def _send(request: Signed) -> float:
    """Push over a connection of its own, as a phone does; returns how long that took, in seconds."""
    began = time.perf_counter()
    connection = HTTPConnection(request.address, timeout=120)
    connection.request("POST", PUSH, request.body, request.headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    assert answer.status == 200, body
    assert read_push_answer(body).acked == CHANGES
    return time.perf_counter() - began


def pull_all(phone: Phone, used: Used) -> dict[str, float]:
    """A fresh phone pulls everything, page by page, and stores it."""
    pages: list[PullAnswer] = []
    cursors: dict[str, Cursor] = {}
    down = 0
    began, (server, database) = time.perf_counter(), used()
    while not pages or pages[-1].more:
        question = PullRequest(device=phone.number, cursors=cursors, limit=PAGE, now=phone.now_ms, app=APP)
        answer = phone.post(PULL, encode(question), headers={"accept-encoding": "gzip"})
        assert answer.status_code == 200, answer.text
        pages.append(read_pull_answer(answer.content))
        cursors = pages[-1].next
        down += answer.num_bytes_downloaded + sum(len(name) + len(value) + 4 for name, value in answer.headers.raw)
    wall, (server_after, database_after) = time.perf_counter() - began, used()
    count = sum(len(page.rows) for page in pages)
    assert count == COUNT + KNOWN, count
    return {
        "pull_per_s": count / wall,
        "pull_server_cpu_ms_per_1000": (server_after - server) * 1_000_000 / count,
        "pull_database_cpu_ms_per_1000": (database_after - database) * 1_000_000 / count,
        "pull_and_store_per_s": count / (wall + store_pages(phone.number, pages)),
        "bytes_per_record_down": down / count,
    }


def store_pages(number: int, pages: Sequence[PullAnswer]) -> float:
    """How long a phone's store takes for these pages, in seconds (plain SQLite, WAL, FULL)."""
    with tempfile.TemporaryDirectory() as folder:
        db = sqlite3.connect(Path(folder) / "phone.sqlite", isolation_level=None)
        db.execute("pragma journal_mode = wal")
        db.execute("pragma synchronous = full")
        store = SyncStore(db)
        store.enrol(number)
        began = time.perf_counter()
        for page in pages:
            assert store.apply_pulled(page, page.server_now)
        took = time.perf_counter() - began
        db.close()
    return took


if __name__ == "__main__":
    main()
