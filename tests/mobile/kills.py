"""Killing the phone at random moments, in real processes, and looking at what is left (reliability rule E2).

A child process enrols nothing: it opens a store that its parent made, does one kind of work without end, and writes
the id of each thing to a pipe only after the phone has said it is saved. The parent kills it (SIGKILL) after a random
time, opens the store again, and asks: is everything there that was said to be saved, once, whole? `python -m
tests.mobile.kills --kills 500` does more of it.
"""

import argparse
import contextlib
import json
import multiprocessing
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from mobile.field.views import ContactDraft, PersonDraft, VisitDraft
from mobile.store import schema
from mobile.store.database import open_store
from mobile.store.record import Record
from shared.model.codes import ContactState
from tests.mobile.rig import PIN, Rig

FORK = multiprocessing.get_context("fork")


@dataclass
class Tally:
    """What many kills came to."""

    kills: int = 0
    saved: int = 0
    lost: int = 0
    doubled: int = 0
    halved: int = 0
    would_not_open: int = 0
    by_work: dict[str, int] = field(default_factory=dict)

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.doubled or self.halved or self.would_not_open)


def save_without_end(directory: Path, told: Connection, seed: int) -> None:
    """Record contacts with someone new, corrections and visits, for ever."""
    rig = Rig(directory, family=f"{seed:08x}")
    assert rig.field.unlock(PIN).is_unlocked
    chance = random.Random(seed)
    told.send("ready")
    while True:
        new = (PersonDraft(alias=f"Red {seed}", description="red hat"),) if chance.random() < 0.5 else ()
        contact_id = rig.field.record_contact(
            ContactDraft(state=ContactState.BEDDED_DOWN, new_people=new, note="n" * 500)
        )
        told.send(contact_id)
        if chance.random() < 0.3:
            rig.field.refine_contact(contact_id, {"note": f"better {chance.random()}"})
        if chance.random() < 0.2:
            rig.field.record_visit(VisitDraft(bedding_present=True))


def unlock_without_end(directory: Path, told: Connection, seed: int) -> None:
    """Unlock, record, lock, try a wrong PIN, for ever."""
    rig = Rig(directory, family=f"{seed:08x}")
    told.send("ready")
    while True:
        rig.field.unlock("999123" if seed % 3 == 0 and rig.field.lock_state == "locked" else PIN)
        if rig.field.unlock(PIN).is_unlocked:
            told.send(rig.field.record_contact(ContactDraft(state=ContactState.NOT_FOUND)))
        rig.field.lock()


def migrate_without_end(directory: Path, told: Connection, seed: int) -> None:
    """Take three more steps of schema on copies of the store, for ever: the copy the parent looks at is `upgrade.db`."""
    key = (directory / "key").read_bytes()
    told.send("ready")
    while True:
        target = directory / "upgrade.db"
        for path in directory.glob("upgrade.db*"):
            path.unlink()
        shutil.copy(directory / "before.db", target)
        store = open_store(target, key)
        schema.migrate(store, MORE_STEPS)
        store.close()


def sync_without_end(directory: Path, told: Connection, seed: int) -> None:
    """Record and sync with the real server, for ever."""
    rig = Rig(directory, real_network=True, family=f"{seed:08x}")
    assert rig.field.unlock(PIN).is_unlocked
    told.send("ready")
    while True:
        told.send(rig.field.record_contact(ContactDraft(state=ContactState.BEDDED_DOWN, note="n" * 200)))
        rig.field.sync_once()


MORE_STEPS = (
    *schema.STEPS,
    "ALTER TABLE contact ADD COLUMN extra TEXT; UPDATE contact SET extra = json_extract(body, '$.note')",
    "CREATE TABLE later (id TEXT PRIMARY KEY); INSERT INTO later SELECT id FROM contact",
    "UPDATE contact SET extra = upper(extra); CREATE TABLE last (n INTEGER)",
)

WORKS: dict[str, Callable[[Path, Connection, int], None]] = {
    "save": save_without_end,
    "unlock": unlock_without_end,
    "migrate": migrate_without_end,
    "sync": sync_without_end,
}


ANSWERS_WITHIN_S = 120
"""How long a child may take to say anything at all, on whatever machine."""


def kill_once(work: str, directory: Path, seed: int, seconds_max: float = 0.12) -> list[str]:
    """Let a child save one or two things, or none, and work on for a random moment; kill it, and return what it said was saved.

    What is waited for is what it says, never a time in which a quick machine would have done it.
    """
    chance = random.Random(seed)
    mine, theirs = FORK.Pipe(duplex=False)
    child = FORK.Process(target=WORKS[work], args=(directory, theirs, seed), daemon=True)
    child.start()
    theirs.close()
    said: list[str] = []
    try:
        if mine.recv() == "ready":
            heard = 0 if work == "migrate" else chance.choice((0, 1, 1, 2))
            said = _hear(mine, heard) + _listen(mine, chance.uniform(0.0, seconds_max))
        os.kill(child.pid or 0, signal.SIGKILL)
        child.join(60)
        said += _rest(mine)
    finally:
        mine.close()
    return said


def _hear(mine: Connection, count: int) -> list[str]:
    said: list[str] = []
    while len(said) < count and mine.poll(ANSWERS_WITHIN_S):
        said.append(mine.recv())
    return said


def _listen(mine: Connection, seconds: float) -> list[str]:
    said: list[str] = []
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if mine.poll(left):
            said.append(mine.recv())
    return said


def _rest(mine: Connection) -> list[str]:
    said: list[str] = []
    try:
        while mine.poll(0):
            said.append(mine.recv())
    except (EOFError, OSError):
        pass
    return said


def look(directory: Path, said: list[str], tally: Tally, *, real_network: bool = False) -> None:
    """Open what is left as the app would, and count what is missing, double or half.

    A phone that syncs with a real server keeps to that server's time: else its lease would end between two looks.
    """
    rig = Rig(directory, family="1ook0000", real_network=real_network)
    rig.clocks.pass_(minutes=21)  # five kills while unlocking are five tries: the block has passed
    if not rig.field.unlock(PIN).is_unlocked:
        tally.would_not_open += 1
        return
    rig.field._door.renew_lease()
    try:
        record = rig.field._open.record  # the store itself, behind the service
        _count(record, said, tally)
    finally:
        rig.field.close()


def _count(record: Record, said: list[str], tally: Tally) -> None:
    with record.store.reading() as connection:
        shown = {row[0] for row in connection.execute("SELECT id FROM contact")}
        logged = [
            row[0]
            for row in connection.execute(
                "SELECT json_extract(CAST(body AS TEXT), '$.e') FROM sync_log"
                " WHERE json_extract(CAST(body AS TEXT), '$.t') = 'contact.recorded'"
            )
        ]
        numbers = [row[0] for row in connection.execute("SELECT n FROM sync_log ORDER BY n")]
        named = {row[0] for row in connection.execute("SELECT person_id FROM contact_person")}
        known = {row[0] for row in connection.execute("SELECT id FROM person")}
        whole = connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        state = record.sync.get_state()
    tally.saved += len(said)
    tally.lost += len([contact_id for contact_id in said if contact_id not in shown or contact_id not in logged])
    tally.doubled += len(logged) - len(set(logged))
    gapless = numbers == list(range(1, len(numbers) + 1)) and state.last_n == len(numbers)
    tally.halved += int(not whole or not gapless or set(logged) != shown or not named <= known)


def look_at_upgrade(directory: Path, tally: Tally) -> None:
    """The store stands before or after a step, with every row; taking the rest of the steps succeeds."""
    target = directory / "upgrade.db"
    if not target.exists() or target.stat().st_size < (directory / "before.db").stat().st_size:
        return  # the kill came while the file was being copied
    store = open_store(target, (directory / "key").read_bytes())
    try:
        schema.migrate(store, MORE_STEPS)
        with store.reading() as connection:
            rows = connection.execute("SELECT count(*) FROM later").fetchone()[0]
            upper = connection.execute("SELECT count(*) FROM contact WHERE extra = 'NOTE'").fetchone()[0]
            tally.halved += int(rows != UPGRADE_ROWS or upper != UPGRADE_ROWS)
    finally:
        store.close()


UPGRADE_ROWS = 300


def prepare(directory: Path) -> None:
    """An enrolled phone, and beside it a store to upgrade."""
    rig = Rig(directory, family="00000000")
    rig.enrol()
    rig.field.close()
    key = os.urandom(32)
    (directory / "key").write_bytes(key)
    store = open_store(directory / "before.db", key)
    schema.migrate(store)
    with store.writing() as connection:
        connection.executemany(
            "INSERT INTO contact (id, seen_at, night, state, worker_id, body) VALUES (?, 0, '', '', '', ?)",
            [(f"c{n}", json.dumps({"note": "note"})) for n in range(UPGRADE_ROWS)],
        )
    store.close()


def run(kills: int, seed: int, works: tuple[str, ...] = ("save", "save", "unlock", "migrate")) -> Tally:
    """So many kills, each kind of work in turn, all on one phone that lives on."""
    tally = Tally()
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        prepare(directory)
        for n in range(kills):
            work = works[n % len(works)]
            said = kill_once(work, directory, seed + n)
            tally.kills += 1
            tally.by_work[work] = tally.by_work.get(work, 0) + 1
            if work == "migrate":
                look_at_upgrade(directory, tally)
            else:
                look(directory, said, tally)
    return tally


def run_sync(kills: int, seed: int) -> Tally:
    """Kills while syncing with the real server in a process of its own; at the end both sides hold everything, once."""
    tally = Tally()
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        command = [sys.executable, "-m", "tests.mobile.serve", str(directory / "server")]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None and server.stdin is not None
            told = json.loads(server.stdout.readline())
            said = _kill_while_syncing(directory / "phone", told, kills, seed, tally)
            _compare(directory / "phone", Path(told["database"]), said, tally)
            server.stdin.close()
    return tally


def _kill_while_syncing(directory: Path, server: dict[str, Any], kills: int, seed: int, tally: Tally) -> list[str]:
    directory.mkdir()
    rig = Rig(directory, real_network=True, family="00000000")
    assert rig.field.enrol(server["codes"][0], server["url"], PIN).enrolled
    rig.field.close()
    said: list[str] = []
    for n in range(kills):
        new = kill_once("sync", directory, seed + n, seconds_max=0.35)
        said += new
        look(directory, new, tally, real_network=True)
        tally.kills += 1
    tally.by_work["sync"] = kills
    return said


def _compare(directory: Path, database: Path, said: list[str], tally: Tally) -> None:
    """After one undisturbed sync the server holds every contact that was said to be saved, once."""
    rig = Rig(directory, real_network=True, family="ffffffff")
    assert rig.field.unlock(PIN).is_unlocked
    rig.field.sync_once()
    tally.lost += rig.field.unsent()
    with rig.field._open.record.store.reading() as connection:
        held = [row[0] for row in connection.execute("SELECT id FROM contact ORDER BY id")]
    rig.field.close()
    with contextlib.closing(sqlite3.connect(database)) as connection:
        kept = [row[0] for row in connection.execute("SELECT id FROM contact ORDER BY id")]
    tally.lost += len(set(said) - set(kept))
    tally.doubled += len(kept) - len(set(kept))
    tally.halved += int(held != kept)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    syncing = options.kills // 5
    alone, with_server = run(options.kills - syncing, options.seed), run_sync(syncing, options.seed)
    told = {"seed": options.seed, "alone": alone.__dict__, "syncing": with_server.__dict__}
    sys.stdout.write(json.dumps(told) + "\n")
    return 0 if alone.is_clean and with_server.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
