"""What stays flat: a push, and the device page, against how much was said before.

    python -m bench.growth [--changes 1000000] [--out bench/results/growth.json]

One server in this process, over SQLite, with everything on. Rows that statements read are counted; CPU is this process's, the
median of fifteen, so that who else uses the machine matters little.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from litestar.testing import TestClient

from server.actions.operation.enrolment import make_code
from server.app import create_app, create_services, make_id
from server.database.engine import Database
from server.database.sql import Sql
from server.migrate import upgrade
from server.queries.sync import store
from tests.server.cast import WATFORD, make_cast, make_settings
from tests.server.phone import Phone

TIMES = 15


@contextmanager
def rows_read() -> Iterator[list[int]]:
    """How many rows the plain statements of sync read."""
    told: list[int] = []
    plain = Sql.rows

    def rows(self: Sql, query: str, *given: Any) -> Any:
        found = plain(self, query, *given)
        told.append(len(found))
        return found

    Sql.rows = rows  # type: ignore[assignment, method-assign]
    try:
        yield told
    finally:
        Sql.rows = plain  # type: ignore[method-assign]


def measure(act: Callable[[], Any]) -> dict[str, float]:
    """Rows read and statements of the last of several times, and the median of their CPU."""
    took = []
    for _ in range(TIMES):
        with rows_read() as told:
            began = time.process_time()
            act()
            took.append((time.process_time() - began) * 1_000)
    return {"rows": sum(told), "statements": len(told), "cpu_ms": round(statistics.median(took), 2)}


def one_field(phone: Phone) -> dict[str, Any]:
    """A push of one write of a field that was written 30 and 3,000 times."""
    person, told = make_id(), {}

    def push() -> None:
        assert phone.push(phone.patch("person.patched", person, name="Marek")).status_code == 200

    written = count(1)
    for wanted in (30, 3_000):
        while next(written) < wanted - TIMES:
            push()
        told[str(wanted)] = measure(push)
    return told


def one_person(phone: Phone, rounds: int) -> dict[str, Any]:
    """A round of 5 writes and a contact about one person: the first rounds and the last."""
    person = make_id()
    place = {"latitude": WATFORD[0], "longitude": WATFORD[1]}

    def push() -> None:
        patches = [phone.patch("person.patched", person, description=f"hat {n}") for n in range(5)]
        assert phone.push(*patches, phone.contact(person_ids=[person], position=place)).status_code == 200

    first = measure(push)
    for _ in range(rounds - 2 * TIMES):
        push()
    return {"first": first, f"round_{rounds}": measure(push)}


def device_page(database: Database, changes: int) -> dict[str, Any]:
    """The list of phones over so many changes of one of them, a hundred of which wait."""
    rows = (
        (f"made-{n}", 1, 10_000_000 + n, 1, None, "team:x", "visit.recorded", 1, "held" if n < 100 else None, b"{}")
        for n in range(changes)
    )
    with database.writing() as session:
        cursor = session.connection().connection.cursor()
        cursor.executemany(
            "insert into sync_change (id, device, n, eff, entity, scope, type, received_at_ms, reason, body) "
            "values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            rows,  # type: ignore[arg-type]
        )

    def look() -> None:
        with database.reading() as session:
            (health,) = store.list_device_health(session)
            assert health.held == 100

    return {str(changes): measure(look)}


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description="What stays flat as more is said.")
    parser.add_argument("--changes", type=int, default=1_000_000)
    parser.add_argument("--out", type=Path, default=Path("bench/results/growth.json"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lantern-growth-") as folder:
        settings = make_settings(f"sqlite:///{folder}/growth.sqlite", Path(folder) / "data")
        upgrade(settings.database)
        moment = datetime(2026, 11, 12, 21, 30, tzinfo=UTC)
        services = create_services(settings, lambda: moment)
        cast = make_cast(services.database, moment, make_id)
        with TestClient(create_app(settings, lambda: moment)) as client:
            phone = Phone(client, lambda: moment, make_id)
            with services.database.writing() as session:
                code = make_code(session, cast.aisha.id, cast.team.id, settings, moment, make_id).code
            phone.enrol(code)
            result = {
                "push_of_one_write_after": one_field(phone),
                "push_about_one_person": one_person(phone, 100),
                "device_page_after": device_page(services.database, options.changes),
            }
        services.database.close()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
