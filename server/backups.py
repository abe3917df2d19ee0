"""Backing the server up, and restoring it:

the database, the keys, and the ledger replayed over what the backup does not know.

SQLite is copied by its own online backup; PostgreSQL by pg_dump, pg_restore and psql, which must be installed. Backing up
changes no schema, so that a backup can be made before an upgrade; how one is loaded beside what stands is in
`server.restoring`. A backup is a folder with a manifest; one that is not whole is refused loudly. What every retained backup
contains is what phones may forget.
"""

import hashlib
import shutil
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from alembic.util import CommandError
from msgspec import Struct

from server import restoring
from server.actions.operation import ledger, orders
from server.actions.operation.audit_sealing import HEADS_FILE
from server.actions.operation.keyring import read_sealing_keys
from server.actions.street.put_back import say_put_back
from server.database.context import SETTING, Kind, acting, sign
from server.database.engine import Database, parse_url
from server.database.opening import open_database, teach_key
from server.migrate import find_revision, newest_revision, upgrade
from server.queries.operation import authority, jobs, processes, standing
from server.queries.operation.audit import LedgerEntry
from server.queries.operation.jobs import BACKUP, JobRun
from server.queries.sync import store as sync
from server.restoring import BackupFault, run_tool, sync_to_disk, tool_url
from server.settings import Settings
from sync.safety import safe_numbers

__all__ = [
    "BackupFault",
    "Manifest",
    "Restored",
    "list_backups",
    "make_backup",
    "read_manifest",
    "rehearse_restore",
    "repeat_orders",
    "restore_backup",
]

DUMP = "database"
MANIFEST = "manifest.json"
KEYS = "keys"
LEDGER = "ledger.jsonl"
STAMP = "%Y%m%dT%H%M%SZ"
HALF_KEPT = timedelta(days=1)
BACKUP_EVERY = timedelta(hours=26)
"""Each night, and as long as one may take."""


class Manifest(Struct, frozen=True, kw_only=True):
    """What a backup holds. `acked` is how far each phone's log was acknowledged (device number as text -> n)."""

    made_at: datetime
    backend: str
    revision: str | None
    sha256: str
    size_bytes: int
    acked: dict[str, int]
    counts: dict[str, int] = {}
    """How many of each kind of fact there were just before, or just after where something was let go of meanwhile: a restored
    database holds at least as many."""


class Restored(Struct, frozen=True, kw_only=True):
    """What a restore did."""

    made_at: datetime
    ledger_entries_replayed: int


def make_backup(settings: Settings, target: Path, now: datetime, *, retained: int, is_told: bool = True) -> Path:
    """Back up into a new folder under `target`; keep the newest `retained` ones, and tell phones what they may forget,
    unless `is_told` is not set. Raises BackupFault."""
    folder = target / f"{now:{STAMP}}"
    half = target / f".{folder.name}.part"
    _forget_halves(target, now)
    try:
        half.mkdir(parents=True, exist_ok=False, mode=0o700)
    except FileExistsError as error:
        raise BackupFault(f"Another backup into {target} began in the same second.") from error
    except OSError as error:
        raise BackupFault(f"No backup can be written into {target}: {error.strerror}.") from error
    database = open_database(settings, pool_size=1)
    try:
        acked, before = _read_acked(database), _read_counts(database)
        _dump(database, half / DUMP)
        after = _read_counts(database)
        counts = {name: min(count, after[name]) for name, count in before.items()}
        _write_manifest(half, database, acked, counts, now)
        _copy_outside(settings.data, half)
        half.rename(folder)
        _forget_old(target, retained)
        if is_told:
            _tell_what_is_safe(database, target, retained)
            _tell_that_it_is_made(database, now)
    finally:
        database.close()
        shutil.rmtree(half, ignore_errors=True)
    return folder


def restore_backup(settings: Settings, folder: Path, now: datetime) -> Restored:
    """Put a backup in the place of the database. The server must be stopped.

    It is loaded beside what stands, into a file or a schema of its own whatever its revision, brought up to date, proven, and
    told the orders of the ledger that it does not know. Only then it is put in the place of what stood, in one step; until then,
    and where anything fails, what stood stays. Keys that are there stay; missing ones come from the backup. Raises BackupFault.
    """
    manifest = read_manifest(folder)
    fresh, replayed = _load_beside(settings, folder, manifest, now)
    fresh.take_over()
    _put_heads_aside(settings.data)
    return Restored(made_at=manifest.made_at, ledger_entries_replayed=replayed)


def rehearse_restore(settings: Settings, folder: Path, now: datetime) -> Restored:
    """Do all of a restore but the last step, and throw away what was loaded: no second copy that anybody can read stays. Raises
    BackupFault where the backup could not be restored."""
    manifest = read_manifest(folder)
    fresh, replayed = _load_beside(settings, folder, manifest, now)
    database = Database(fresh.url, pool_size=1)
    try:
        with acting(Kind.COMMAND), database.reading() as session:
            read_sealing_keys(session, settings)
    except ValueError as error:
        raise BackupFault(str(error)) from error
    finally:
        database.close()
        fresh.discard()
    return Restored(made_at=manifest.made_at, ledger_entries_replayed=replayed)


def _load_beside(settings: Settings, folder: Path, manifest: Manifest, now: datetime) -> tuple[restoring.Fresh, int]:
    """The backup beside what stands, ready to take its place, and how many orders were repeated."""
    backend = parse_url(settings.database).get_backend_name()
    if backend != manifest.backend:
        raise BackupFault(f"This backup is of {manifest.backend}; LANTERN_DATABASE names {backend}.")
    _copy_missing_keys(folder, settings.data)
    fresh = restoring.prepare(settings.database, folder / DUMP)
    try:
        _bring_up_to_date(fresh.url)
        _prove(fresh.url, manifest)  # before the orders are repeated: an erasure leaves less than was counted
        replayed = _replay(replace(settings, database=fresh.url), folder, now)
        teach_key(replace(settings, database=fresh.url))  # no backup holds what contexts are signed with
    except BaseException:
        fresh.discard()
        raise
    return fresh, replayed


def _bring_up_to_date(url: str) -> None:
    try:
        upgrade(url)
    except CommandError as error:
        raise BackupFault(
            "This backup was made by a newer version of Lantern: install that version to restore it. What stood stays."
        ) from error


def _prove(url: str, manifest: Manifest) -> None:
    """Nothing that was counted before the backup is missing, and the database holds together."""
    database = Database(url, pool_size=1)
    try:
        with database.reading() as session:
            found = standing.count_facts(session)
            broken = standing.find_broken(session)
    finally:
        database.close()
    short = [name for name, count in manifest.counts.items() if found.get(name, 0) < count]
    if short or broken:
        raise BackupFault(
            f"The restored database is not whole ({', '.join([*short, *broken])}). It was thrown away; what stood stays."
        )


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a backup whose dump is whole. Raises BackupFault for any other."""
    try:
        manifest = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.MsgspecError) as error:
        raise BackupFault(f"{folder.name} is not a whole backup: its manifest cannot be read.") from error
    dump = folder / DUMP
    if not dump.is_file() or dump.stat().st_size != manifest.size_bytes or _digest(dump) != manifest.sha256:
        raise BackupFault(f"{folder.name} is damaged: the database in it is not the one that was backed up.")
    return manifest


def list_backups(target: Path) -> list[Path]:
    """The finished backups in a folder, oldest first."""
    return sorted(path.parent for path in target.glob(f"[0-9]*/{MANIFEST}"))


def _read_acked(database: Database) -> dict[str, int]:
    """Read before the dump is taken: what was acknowledged by then is certainly in it."""
    with database.reading() as session:
        return {str(number): n for number, n in sync.list_acked(session).items()}


def _read_counts(database: Database) -> dict[str, int]:
    with database.reading() as session:
        return standing.count_facts(session)


def _dump(database: Database, path: Path) -> None:
    if database.is_sqlite:
        _copy_sqlite(str(database.url.database), path)
    else:
        _dump_postgres(database, path)
    sync_to_disk(path)


def _dump_postgres(database: Database, path: Path) -> None:
    """What the policies do not show to pg_dump would be missing, and nothing would say so: we ask whether we are known."""
    known_as = sign(f"k:{Kind.BACKUP}", database.context_key)
    with acting(Kind.BACKUP), database.reading() as session:
        if not authority.is_believed(session):
            raise BackupFault(
                "PostgreSQL does not know this server's key: run `lantern migrate` as the owner of the tables."
            )
    arguments = ["--format=custom", "--schema=public", "--enable-row-security", "--exclude-table=public.context_key"]
    run_tool(
        ["pg_dump", *arguments, f"--file={path}", tool_url(database.url)],
        database.url,
        options=f"-c {SETTING}={known_as}",
    )


def _copy_sqlite(source: str, path: Path) -> None:
    with sqlite3.connect(source) as reading, sqlite3.connect(path) as writing:
        reading.backup(writing)
        verdict = writing.execute("PRAGMA integrity_check").fetchone()[0]
    reading.close()
    writing.close()
    if verdict != "ok":
        raise BackupFault("The copy of the database is damaged; the backup was not kept.")


def _write_manifest(
    folder: Path, database: Database, acked: dict[str, int], counts: dict[str, int], now: datetime
) -> None:
    dump = folder / DUMP
    manifest = Manifest(
        made_at=now,
        backend=database.url.get_backend_name(),
        revision=find_revision(database),
        sha256=_digest(dump),
        size_bytes=dump.stat().st_size,
        acked=acked,
        counts=counts,
    )
    (folder / MANIFEST).write_bytes(msgspec.json.encode(manifest))
    sync_to_disk(folder / MANIFEST)


def _copy_outside(data: Path, folder: Path) -> None:
    """What stands beside the database: the server's keys and its ledger."""
    if (data / KEYS).is_dir():
        shutil.copytree(data / KEYS, folder / KEYS)
    if (data / LEDGER).is_file():
        shutil.copyfile(data / LEDGER, folder / LEDGER)


def _copy_missing_keys(folder: Path, data: Path) -> None:
    for kept in sorted((folder / KEYS).glob("*")) if (folder / KEYS).is_dir() else []:
        target = data / KEYS / kept.name
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            shutil.copyfile(kept, target)
            target.chmod(0o600)


def _put_heads_aside(data: Path) -> None:
    """The seals of the audit that were made since the backup are gone with their lines: say so, and begin the file anew."""
    heads = data / HEADS_FILE
    if heads.exists():
        heads.replace(data / f"{HEADS_FILE}.until-restore")


def _replay(settings: Settings, folder: Path, now: datetime) -> int:
    """What the ledger outside knows, in any of its places, the backup's copy among them."""
    here = orders.open_ledger(settings)
    entries = orders.Ledger(here.path, here.copy, folder / LEDGER).read()
    return repeat_orders(settings, entries, now)


def repeat_orders(settings: Settings, entries: Sequence[LedgerEntry], now: datetime) -> int:
    """Do again what a database does not know that was put back to an earlier state; returns how many orders that were.

    The server writes as a device from now on that it never was before. Whoever served when that state was kept does so no more.
    """
    database = Database(settings.database, pool_size=1)
    try:
        with database.writing() as session:
            sync.begin_again(session, int(now.timestamp() * 1000))
            processes.end_all(session, now)
            replayed = ledger.replay(session, entries, now, settings.timezone)
            say_put_back(session, now, settings.alarm.ladder)  # whom the orders let go is not told
            return replayed
    finally:
        database.close()


def _forget_halves(target: Path, now: datetime) -> None:
    """What backups left that were killed more than a day ago."""
    for half in target.glob(".*Z.part"):
        if half.name < f".{now - HALF_KEPT:{STAMP}}":
            shutil.rmtree(half, ignore_errors=True)


def _forget_old(target: Path, retained: int) -> None:
    for folder in list_backups(target)[:-retained]:
        shutil.rmtree(folder)


def _tell_what_is_safe(database: Database, target: Path, retained: int) -> None:
    acked = [{int(number): n for number, n in read_manifest(each).acked.items()} for each in list_backups(target)]
    with database.writing() as session:
        sync.set_safe(session, safe_numbers(acked, retained))


def _tell_that_it_is_made(database: Database, now: datetime) -> None:
    """For the page “Server” and its mails. A schema of another version is left as it is: backing up asks nothing of it."""
    if find_revision(database) == newest_revision():
        with database.writing() as session:
            jobs.set_run(session, JobRun(name=BACKUP, started_at=now, done=1, late_after=now + BACKUP_EVERY))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
