"""What the doors cost, and how they held: pushes with policy asked for each change beside the same without, the proof of an audit
of 100,000 lines, and worlds with a phone that lies among them.

    python -m bench.doors [--store sqlite] [--store postgresql] [--rounds 3] [--worlds 300] [--out bench/results/doors.json]

Ten phones, after two that warm the server up, bring 200 contacts of 1 KB each (`bench.sync_night`) through the store and the
projection, in this process, by CPU time
of it and of PostgreSQL. "Without" switches the wall and its flags off, and nothing else; each way has a database of its own, one
after the other in each round, and the median of the rounds' ratios is told. Keys that others write into the file stay.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from litestar.testing import TestClient

from bench.sync import CHANGES, make_id, write_nights
from bench.sync_ground import calibrate, database_cpu_seconds, fresh_database, open_store, serving_role
from server.actions.operation.audit_sealing import Sealer
from server.actions.operation.enrolment import make_code
from server.actions.sync.projection import projection
from server.actions.sync.projection.wall import Verdicts
from server.actions.sync.validation import validate
from server.app import create_app, create_services
from server.database.context import Kind, acting
from server.database.engine import Database
from server.migrate import upgrade
from server.queries.operation import audit
from server.queries.operation.audit import AuditLine
from server.queries.sync import store
from sync.encoding import inflate
from sync.reading import decode_batch
from sync.wire import LIMITS
from tests.server.cast import make_cast, make_settings
from tests.server.phone import Phone
from tests.simulation.__main__ import live
from tests.simulation.world import LYING_FROM

PHONES, WARMING, LINES = 12, 2, 100_000
BAR_PUSH, BAR_VERIFY_S = 1.25, 10.0


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description="What the doors cost, and how they held.")
    parser.add_argument("--store", action="append", choices=["sqlite", "postgresql"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--worlds", type=int, default=300)
    parser.add_argument("--out", type=Path, default=Path("bench/results/doors.json"))
    options = parser.parse_args()
    result: dict[str, Any] = json.loads(options.out.read_text()) if options.out.exists() else {}
    result |= {"calibration_hashes_per_s": calibrate(), "rounds": options.rounds}
    for kind in options.store or ["sqlite", "postgresql"]:
        with tempfile.TemporaryDirectory(prefix="lantern-bench-") as folder, open_store(kind, Path(folder)) as url:
            result[kind] = measure_push(url, Path(folder), options.rounds)
            with fresh_database(url, Path(folder), "lantern_bench_audit") as own:
                result[kind] |= measure_audit(own, Path(folder))
    result["liars"] = measure_liars(options.worlds)
    options.out.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


# ---------------------------------------------------------------------------------------------------------------- pushes


def measure_push(url: str, folder: Path, rounds: int) -> dict[str, Any]:
    """CPU of a push with policy and without, a thousand changes."""
    told: list[tuple[float, float]] = []
    for number in range(rounds):
        costs = []
        for way, without in (("with", nullcontext), ("without", without_policy)):
            with fresh_database(url, folder, f"lantern_bench_{way}_{number}") as own:
                costs.append(push_cost(own, folder / f"{way}-{number}", without))
        told.append((costs[0], costs[1]))
    ratio = statistics.median(asked / bare for asked, bare in told)
    return {
        "push_with_policy_cpu_ms_per_1000": round(statistics.median(asked for asked, _ in told), 2),
        "push_without_policy_cpu_ms_per_1000": round(statistics.median(bare for _, bare in told), 2),
        "push_policy_ratio": round(ratio, 3),
        "push_policy_bar": BAR_PUSH,
    }


@contextmanager
def without_policy() -> Iterator[None]:
    """The projection with its wall taken down."""
    with (
        patch.object(projection, "judge", lambda session, accepted, timezone: Verdicts({}, {})),
        patch.object(projection, "flag_new_relations", lambda session, batch, new_id: None),
    ):
        yield


def push_cost(url: str, folder: Path, way: Callable[[], Any]) -> float:
    """What the server and its database use of the CPU for a thousand changes, in milliseconds."""
    upgrade(url)
    settings = make_settings(url, folder)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)  # noqa: E731
    services = create_services(settings, now, make_id)
    cast = make_cast(services.database, now(), make_id)
    with (
        serving_role(settings) as served,
        TestClient(create_app(replace(settings, database=served), now, make_id)) as client,
    ):
        leader, *phones = [enrol(client, services, cast, now) for _ in range(PHONES + 1)]
        nights = write_nights(leader, phones)
        batches = [
            (phone.number, inflate(night.push_body(CHANGES), "gzip", LIMITS.inflated_bytes_max))
            for phone, night in zip(phones, nights, strict=True)
        ]
        server = create_services(replace(settings, database=served), now, make_id)
        with way(), acting(Kind.SYNC):
            push_all(server, batches[:WARMING], url)
            cost = push_all(server, batches[WARMING:], url)
        server.database.close()
    services.database.close()
    return cost * 1_000_000 / ((PHONES - WARMING) * CHANGES)


def enrol(client: Any, services: Any, cast: Any, now: Callable[[], datetime]) -> Phone:
    """A phone of Aisha's."""
    with services.database.writing() as session:
        code = make_code(session, cast.aisha.id, cast.team.id, services.settings, now(), make_id).code
    phone = Phone(client, now, make_id)
    phone.enrol(code)
    return phone


def push_all(services: Any, batches: Sequence[tuple[int, bytes]], url: str) -> float:
    """Push them one after another; seconds of CPU."""
    own, database = time.process_time(), database_cpu_seconds(url)
    for number, body in batches:
        now_ms = int(time.time() * 1000)
        with services.database.writing() as session:
            answer = store.push(session, number, decode_batch(body, validate=validate), now_ms, services.project)
        assert answer.acked == CHANGES
    used = time.process_time() - own + database_cpu_seconds(url) - database
    with services.database.reading() as session:
        held = store.list_quarantined(session)
    assert not held, held[0].reason
    return used


# ----------------------------------------------------------------------------------------------------------------- audit


def measure_audit(url: str, folder: Path) -> dict[str, Any]:
    """How long it takes to prove an audit of 100,000 lines as `lantern audit verify` does."""
    upgrade(url)
    database, now = Database(url), datetime.now(UTC) - timedelta(minutes=30)
    for first in range(0, LINES, 10_000):
        with database.writing() as session:
            audit.add_lines(session, [_line(number, now) for number in range(first, first + 10_000)])
    sealer = Sealer(database, Ed25519PrivateKey.from_private_bytes(bytes(range(32))), folder / "audit-heads")
    assert sealer.seal(now) == LINES
    wall, cpu = time.perf_counter(), time.process_time()
    assert sealer.verify(now + timedelta(minutes=1), now - timedelta(days=365 * 7), []) == []
    taken = time.perf_counter() - wall, time.process_time() - cpu
    database.close()
    return {
        "audit_lines": LINES,
        "audit_verify_s": round(taken[0], 2),
        "audit_verify_cpu_s": round(taken[1], 2),
        "audit_verify_bar_s": BAR_VERIFY_S,
    }


def _line(number: int, now: datetime) -> AuditLine:
    return AuditLine(
        id=f"line-{number:06}", at=now + timedelta(milliseconds=number % 1_000), actor_id="tom", action="see_person",
        subject_kind="person", subject_id=f"p{number}", address="192.0.2.1",
    )  # fmt: skip


# ----------------------------------------------------------------------------------------------------------------- liars


def measure_liars(worlds: int) -> dict[str, Any]:
    """Worlds with a phone that lies (`tests.simulation.liar`): every invariant held in each, and what became of the lies."""
    counts: Counter[str] = Counter()
    began = time.process_time()
    for seed in range(LYING_FROM, LYING_FROM + worlds):
        counts += live(seed).counts
    told = {name.removeprefix("lie: "): count for name, count in sorted(counts.items()) if name.startswith("lie: ")}
    fate = {name: count for name, count in sorted(counts.items()) if name.startswith("lies ")}
    return {
        "worlds": counts["worlds with a liar"],
        "told_by_kind": told,
        "held": fate.get("lies held", 0),
        "accepted": fate.get("lies accepted", 0),
        "mended_by_the_servers_clock": fate.get("lies mended", 0),
        "refused_with_their_push": fate.get("lies refused with their push", 0),
        "erased_by_order": fate.get("lies erased by order", 0),
        "lost_in_a_restore": fate.get("lies lost in a restore", 0),
        "cpu_s": round(time.process_time() - began, 1),
    }


if __name__ == "__main__":
    main()
