"""Upgrades and restores that are killed at a chosen step (SIGKILL, real processes), over databases of every revision with rows
in every table.

A step is what another process could see done or half done: a file opened to be written, renamed or removed, a program of
PostgreSQL's begun, a revision of the schema written down, a transaction begun or ended; `finely`, every statement.
"""

import json
import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import sqlalchemy as sa
from alembic.script import ScriptDirectory
from sqlalchemy import event
from sqlalchemy.engine import Engine

from server.backups import make_backup, restore_backup
from server.database.engine import Database
from server.migrate import _make_config, newest_revision, upgrade
from server.upgrading import bring_up_to_date
from tests.conftest import Stores
from tests.server.cast import make_settings
from tests.server.kills import FORKSERVER
from tests.server.live import PATIENCE_S

NOW = datetime(2026, 11, 12, 21, 30, tzinfo=UTC)
FILE_STEPS = frozenset({"os.rename", "os.remove", "os.mkdir", "shutil.copyfile", "shutil.rmtree", "sqlite3.connect"})
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def list_revisions() -> list[str]:
    """Every revision of the schema, oldest first."""
    scripts = ScriptDirectory.from_config(_make_config()).walk_revisions()
    return [script.revision for script in scripts][::-1]


# ------------------------------------------------------------------------------------------------- rows in every table


def fill(url: str, key: str) -> set[str]:
    """Put a row into each table that has none; returns the tables that still have none, because a check asks for more than
    a row of plain values."""
    database = Database(url, pool_size=1)
    left = set()
    try:
        with database.writing() as session:
            metadata = sa.MetaData()
            metadata.reflect(session.connection())
            checks = _choices(session)
            for table in metadata.sorted_tables:
                if table.name == "alembic_version" or session.execute(sa.select(table).limit(1)).first():
                    continue
                row = {column.name: _value(session, column, checks, key) for column in table.columns}
                nested = session.begin_nested()
                try:
                    session.execute(table.insert(), row | SPECIAL.get(table.name, {}))
                    nested.commit()
                except sa.exc.IntegrityError:
                    nested.rollback()
                    left.add(table.name)
    finally:
        database.close()
    return left


SPECIAL: dict[str, dict[str, Any]] = {
    "identity_judgement": {"other_id": "z", "saw_one": True},
    "likely_same": {"other_id": "z"},
    "alarm_event": {"step": ""},
    "offer": {"answer": None, "answered_on": None, "why_refused": None},
    "home_asked": {"months": 3},
    "boundary_change": {"called_off_at": None},
    "hotspot_publication": {"threshold": 10},
    "person_merge": {"into_id": "another"},
    "case_conference": {"minute_taker_id": None},
    "person_hidden": {"reason": "An ex-partner works for the agency."},
    "document": {"site_id": None},
    "credential": {"password_hash": "$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaGhhc2g"},
    "hotspot_region": {"shown": 5},
    "import_batch": {"rows_read": 5},
    "mail": {"state": "waiting", "sent_at": None},
    "break_glass": {"ends_at": NOW + timedelta(hours=1), "reason": "Found unconscious at the station."},
    "shift_plan": {"back_at": NOW + timedelta(hours=4)},
    "consent": {"until": None},
    "leave": {"ends_at": NOW + timedelta(days=7)},
    "named_analyst": {"named_by": "another"},
    "plan_goal": {"ended": "reached"},
    "snapshot": {"second_agency_id": None, "second_by": None, "second_at": None},
    "snapshot_pair": {"other_id": "~"},
    "recipient": {"second_agency_id": None, "second_by": None, "second_at": None},
    "publication": {"second_agency_id": None, "second_by": None, "second_at": None},
}
"""What checks ask of a row beyond one column's codes."""
NEVER_FILLED = {"case_move"}
"""It wants two districts."""
SECRET = "what signs for whom a transaction is: else chance makes it anew in each copy's folder"
BODY = b'{"id":"drill","dev":1,"n":1,"hlc":1,"t":"visit.recorded","s":"team:a","e":"x","p":{}}'


def _choices(session: Any) -> dict[tuple[str, str], str]:
    """The first code that a check allows, by table and column."""
    inspector, found = sa.inspect(session.connection()), {}
    for name in inspector.get_table_names():
        for check in inspector.get_check_constraints(name):
            plain = re.sub(r"::[a-z ]+|[()]", "", check["sqltext"])
            told = re.search(r"(\w+) ?(?:IN|= ANY)[^']*'([^']+)'", plain, re.IGNORECASE)
            if told:
                found[name, told[1]] = told[2]
    return found


def _value(session: Any, column: sa.Column[Any], choices: dict[tuple[str, str], str], key: str) -> Any:
    chosen = choices.get((column.table.name, column.name))
    if chosen is not None:
        return chosen
    for reference in column.foreign_keys:
        return session.execute(sa.select(reference.column).limit(1)).scalar()
    if isinstance(column.type, sa.DateTime):
        return NOW
    if isinstance(column.type, sa.Date):
        return date(2026, 11, 12)
    if isinstance(column.type, sa.Boolean):
        return False
    if isinstance(column.type, sa.LargeBinary):
        return BODY
    if isinstance(column.type, (sa.Integer, sa.Numeric, sa.Float)):
        return 1
    length = getattr(column.type, "length", None)
    return key[:length] if length else "{}"


def people(store: Stores, revisions: Sequence[str], name: str) -> dict[str, str]:
    """Databases with rows in every table, one for each of these revisions; each has the rows of the ones before it."""
    made: dict[str, str] = {}
    before = None
    for revision in sorted(set(revisions)):
        url = store.make(f"{name}_{revision}", before)
        upgrade(url, revision)
        assert fill(url, revision) <= NEVER_FILLED
        made[revision] = before = url
    return made


def read_all(url: str) -> dict[str, list[str]]:
    """Every row of every table, and so also the revision."""
    database = Database(url, pool_size=1)
    try:
        with database.reading() as session:
            connection = session.connection()
            names = sa.inspect(connection).get_table_names()
            return {
                name: sorted(str(dict(row._mapping)) for row in connection.exec_driver_sql(f'select * from "{name}"'))
                for name in names
            }
    finally:
        database.close()


# ------------------------------------------------------------------------------------------------------------- killing


@dataclass(frozen=True)
class Deed:
    """What is done to the database at `url`: brought up to `to`, or a backup in `folder` restored over it."""

    url: str
    data: Path
    to: str = ""
    folder: Path | None = None
    at: datetime = NOW

    def do(self) -> None:
        settings = make_settings(self.url, self.data, secret=SECRET)
        if self.folder is not None:
            restore_backup(settings, self.folder, NOW)
        elif self.to == newest_revision():
            bring_up_to_date(settings, self.at)
        else:
            upgrade(self.url, self.to)


@dataclass
class Steps:
    """Counts the steps of this process, and ends it at one of them, with all that it started."""

    kill_at: int = 0
    finely: bool = False
    names: list[str] = field(default_factory=list)

    def watch(self) -> None:
        sys.addaudithook(self._hear)
        event.listen(Engine, "before_cursor_execute", self._execute)
        for each in ("begin", "commit"):
            event.listen(Engine, each, lambda _connection, name=each: self.step(name))

    def step(self, name: str) -> None:
        self.names.append(name)
        if len(self.names) == self.kill_at:
            os.killpg(0, signal.SIGKILL)

    def _execute(self, _connection: Any, _cursor: Any, statement: str, *_others: Any) -> None:
        if self.finely or ("alembic_version" in statement and not statement.startswith("SELECT")):
            self.step(statement[:60])

    def _hear(self, name: str, arguments: tuple[Any, ...]) -> None:
        if name in FILE_STEPS or (name == "open" and self._is_written(arguments)):
            self.step(f"{name} {arguments[0]}")
        elif name == "subprocess.Popen":
            if len(self.names) + 1 == self.kill_at:  # while the program runs, not before it
                threading.Timer(0.02, os.killpg, (0, signal.SIGKILL)).start()
                self.kill_at = 0
            self.step(f"{name} {arguments[0]}")

    def _is_written(self, arguments: tuple[Any, ...]) -> bool:
        return isinstance(arguments[0], (str, Path)) and bool(arguments[2] & WRITING)


def _do_and_die(deed: Deed, kill_at: int, finely: bool, told: str, path: str) -> None:
    """In a process of its own, which began with the PATH of an earlier moment."""
    os.setsid()
    os.environ["PATH"] = path
    steps = Steps(kill_at, finely)
    steps.watch()
    deed.do()
    names = list(steps.names)
    Path(told).write_text(json.dumps(names))


def run(deed: Deed, told: Path, kill_at: int = 0, *, finely: bool = False) -> list[str]:
    """Do it in another process, which is killed at a step; returns the steps where it was not."""
    told.unlink(missing_ok=True)
    process = FORKSERVER.Process(
        target=_do_and_die, args=(deed, kill_at, finely, str(told), os.environ["PATH"]), daemon=True
    )
    process.start()
    process.join(PATIENCE_S)
    assert not process.is_alive(), "an upgrade or a restore hangs"
    if process.exitcode == 0:
        return list(json.loads(told.read_text()))
    assert process.exitcode == -signal.SIGKILL, f"it ended with {process.exitcode}, not by our hand"
    return []


@dataclass
class Drill:
    """Kills one kind of deed at its steps over fresh copies of one database; says what was found that should not be."""

    store: Stores
    template: str
    deed_over: Callable[[str, Path], Deed]
    folder: Path
    finely: bool = False
    kills: int = 0
    copies: int = 0
    stood: dict[str, list[str]] = field(default_factory=dict)
    whole: dict[str, list[str]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def hold(self, chance: Random, kills: int) -> None:
        """Kill it at so many of its steps, chosen by chance: at all of them where there are no more."""
        steps = list(enumerate(self.measure(), start=1))
        for step, name in sorted(chance.sample(steps, min(kills, len(steps)))):
            self.kill_at(step, name)

    def measure(self) -> list[str]:
        """The steps of it, when nothing kills it; what it makes of the database is what every later try must come to."""
        self.stood = read_all(self.template)
        url, deed = self._copy()
        steps = run(deed, self.folder / "steps.json", finely=self.finely)
        self.whole = read_all(url)
        self.store.drop(url)
        assert self.whole != self.stood, "nothing was done"
        return steps

    def kill_at(self, step: int, name: str) -> None:
        """Killed there the database is as it was or as it shall be; and the next try succeeds."""
        url, deed = self._copy()
        if run(deed, self.folder / "steps.json", step, finely=self.finely):
            self.faults.append(f"step {step} ({name}) was never reached")
        found = read_all(url)
        if found not in (self.stood, self.whole):
            self.faults.append(f"killed at {step} ({name}): {_differences(found, self.stood, self.whole)}")
        replace(deed, at=NOW + timedelta(minutes=1)).do()
        if (again := read_all(url)) != self.whole:
            self.faults.append(f"begun again after {step} ({name}): {_differences(again, self.whole)}")
        self.store.drop(url)
        self.kills += 1

    def _copy(self) -> tuple[str, Deed]:
        self.copies += 1
        url = self.store.make(f"{self.folder.name}_{self.copies}", self.template)
        return url, self.deed_over(url, self.folder / f"data-{self.copies}")


def _differences(found: dict[str, list[str]], *expected: dict[str, list[str]]) -> str:
    """The tables in which it is neither."""
    names = sorted(found.keys() | {name for each in expected for name in each})
    return ", ".join(name for name in names if all(found.get(name) != each.get(name) for each in expected)) or "mixed"


def drill_upgrade(store: Stores, made: dict[str, str], old: str, new: str, folder: Path) -> Drill:
    """From one revision to a later one."""
    folder.mkdir(parents=True)
    return Drill(store, made[old], lambda url, data: Deed(url, data, to=new), folder)


def drill_restore(store: Stores, made: dict[str, str], backed_up: str, standing: str, folder: Path) -> Drill:
    """A backup of one revision, over a database of another or the same."""
    folder.mkdir(parents=True)
    settings = make_settings(made[backed_up], folder / "elsewhere")
    backup = make_backup(settings, folder / "backups", NOW, retained=1, is_told=False)
    return Drill(store, made[standing], lambda url, data: Deed(url, data, folder=backup), folder)
