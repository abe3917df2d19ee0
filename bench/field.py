"""What the phone's store and services cost, beside the bare thing in the same run; and what five hundred kills leave.

    python -m bench.field [--kills 500] [--saves 300] [--out bench/results/field.json]

Saving a contact (everything `record_contact` does: the change, the read tables, the commit with `synchronous=FULL`,
the seal) beside one bare insert of as many bytes, encrypted and not, each with `synchronous=FULL`, interleaved.
Searching and nearing among 5,000 people, in CPU milliseconds; unlocking at the real cost of a PIN; memory after as many
actions as a busy week holds. Frames are measured by `bench.field_ui`, an hour on the glass by `bench.field_hour`.
"""

import argparse
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from mobile.field.views import ContactDraft, PersonDraft, VisitDraft
from mobile.opening.keys import Cost
from mobile.store import people
from mobile.store.database import open_store
from shared.model.codes import ContactState
from shared.model.person import Person
from shared.model.position import Position
from tests.mobile.feeding import acknowledge
from tests.mobile.rig import PIN, Rig

PEOPLE = 5_000
NOTE = "Asleep in the stairwell, woke, took tea, asked about the day centre. " * 3
ROW_BYTES = 1_100
"""About what one contact's change weighs."""


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description="The phone's store and services, measured.")
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--saves", type=int, default=300)
    parser.add_argument("--actions", type=int, default=1_500)
    parser.add_argument("--out", type=Path, default=Path("bench/results/field.json"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        rig = Rig(Path(name), Cost())
        started = time.perf_counter()
        rig.enrol()
        result: dict[str, Any] = {"enrol_ms": _ms(started)}
        result["save"] = measure_saves(rig, Path(name), options.saves)
        result["unlock_ms"] = _unlocks(rig)
        result["among_5000_people"] = _looks(rig)
        result["memory"] = _hour(rig, options.actions)
        rig.field.close()
    if options.kills:
        result["kills"] = _kills(options.kills)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))
    return 0


def measure_saves(rig: Rig, directory: Path, count: int) -> dict[str, Any]:
    """Three ways of saving, taking turns, so that a slow moment of the disk strikes all."""
    bare, encrypted = _bare(directory / "bare.db"), _encrypted(directory / "encrypted.db")
    red = rig.field.add_person(PersonDraft(alias="Red", description="red hat")).id
    draft = ContactDraft(state=ContactState.BEDDED_DOWN, person_ids=(red,), note=NOTE)
    ways: dict[str, Callable[[], object]] = {
        "contact": lambda: rig.field.record_contact(draft),
        "bare_encrypted_insert": encrypted,
        "bare_sqlite3_insert": bare,
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    cpu: list[float] = []
    for _ in range(count):
        for name, way in ways.items():
            started, cpu_started = time.perf_counter(), time.thread_time()
            way()
            times[name].append((time.perf_counter() - started) * 1000)
            if name == "contact":
                cpu.append((time.thread_time() - cpu_started) * 1000)
    told = {f"{name}_ms": _spread(taken) for name, taken in times.items()} | {"contact_cpu_ms": _spread(cpu)}
    contact = statistics.median(times["contact"])
    return told | {
        "times_a_bare_encrypted_insert": round(contact / statistics.median(times["bare_encrypted_insert"]), 2),
        "times_a_bare_sqlite3_insert": round(contact / statistics.median(times["bare_sqlite3_insert"]), 2),
        "bar": "3 times a bare encrypted insert",
    }


def _bare(path: Path) -> Callable[[], object]:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE contact (id INTEGER PRIMARY KEY, body BLOB)")
    return lambda: connection.execute("INSERT INTO contact (body) VALUES (?)", (os.urandom(ROW_BYTES),))


def _encrypted(path: Path) -> Callable[[], object]:
    store = open_store(path, bytes(32))
    connection = store.connection
    connection.execute("CREATE TABLE contact (id INTEGER PRIMARY KEY, body BLOB)")
    return lambda: connection.execute("INSERT INTO contact (body) VALUES (?)", (os.urandom(ROW_BYTES),))


def _unlocks(rig: Rig) -> dict[str, float]:
    times = []
    for _ in range(5):
        rig.field.lock()
        started = time.perf_counter()
        assert rig.field.unlock(PIN).is_unlocked
        times.append(_ms(started))
    return _spread(times)


def _looks(rig: Rig) -> dict[str, Any]:
    """Searching, nearing and tonight, at 5,000 people each seen somewhere."""
    fill(rig)
    here = Position(latitude=51.66, longitude=-0.39)
    ways: dict[str, Callable[[], object]] = {
        "search_two_words": lambda: rig.field.search_people("red ha"),
        "search_one_letter": lambda: rig.field.search_people("a"),
        "people_near": lambda: rig.field.people_near(here),
        "possible_duplicates": lambda: rig.field.possible_duplicates(
            PersonDraft(description="red hat, small dog"), here
        ),
        "tonight": rig.field.tonight,
        "sync_tray": rig.field.sync_tray,
    }
    told: dict[str, Any] = {}
    for name, way in ways.items():
        times = []
        for _ in range(20):
            started = time.thread_time()
            way()
            times.append((time.thread_time() - started) * 1000)
        told[f"{name}_cpu_ms"] = _spread(times)
    return told | {"bar": "search in 30 ms"}


def fill(rig: Rig) -> None:
    """5,000 people, each seen somewhere, put straight into the read tables."""
    chance = Random(20261113)
    words = ["red", "hat", "dog", "tall", "beard", "Irish", "quiet", "green", "tent", "guitar", "scar", "young"]
    now_ms = int(rig.clocks.now().timestamp() * 1000)
    with rig.field._open.record.store.writing() as connection:
        for n in range(PEOPLE):
            person = Person(id=f"p{n}", alias=f"Alias {n}", description=" ".join(chance.sample(words, 4)))
            people.put_person(connection, person, False)
            seen = (now_ms - n * 60_000, 51.6 + chance.random() / 10, -0.45 + chance.random() / 10, person.id)
            connection.execute(
                "UPDATE person SET last_seen_at = ?, last_state = 'bedded_down', latitude = ?, longitude = ? WHERE id = ?",
                seen,
            )


def _hour(rig: Rig, actions: int) -> dict[str, Any]:
    """Resident memory after a first hundred actions, and after as many as an hour of work holds."""
    sizes = []
    for n in range(actions):
        person = rig.field.people_near(limit=6)[n % 6].id
        contact = rig.field.record_contact(ContactDraft(state=ContactState.BEDDED_DOWN, person_ids=(person,)))
        rig.field.refine_contact(contact, {"note": f"note {n}"})
        if n % 5 == 0:
            rig.field.search_people("red")
            rig.field.person(person)
            rig.field.record_visit(VisitDraft())
        if n % 50 == 0:
            acknowledge(rig)
            rig.field._sealed.drop_until(rig.field._open.record.sync.get_state().acked)
            rig.field.lock()
            assert rig.field.unlock(PIN).is_unlocked
        if n in (100, actions - 1):
            sizes.append(resident_kib())
        rig.clocks.pass_(seconds=2)
    grown = (sizes[-1] - sizes[0]) / sizes[0]
    return {"actions": actions, "start_kib": sizes[0], "end_kib": sizes[-1], "grown": round(grown, 4), "bar": "5 %"}


def resident_kib() -> int:
    """What this process holds in memory now."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1])


def _kills(count: int) -> dict[str, Any]:
    """SIGKILL at random moments, in real processes."""
    command = [sys.executable, "-m", "tests.mobile.kills", "--kills", str(count)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _spread(times: list[float]) -> dict[str, float]:
    ordered = sorted(times)
    return {"median": round(statistics.median(ordered), 3), "p95": round(ordered[int(len(ordered) * 0.95) - 1], 3)}


def _ms(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 3)


if __name__ == "__main__":
    sys.exit(main())
