"""Loading a backup beside the database that stands, and putting it in that one's place in a single step.

SQLite: a file beside the live one. PostgreSQL: a schema beside `public` in the same database, made in one transaction, so that a
restore that is killed leaves either nothing or a schema that the next restore throws away.
"""

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from server.database.engine import Database, parse_url

TOOL_TIMEOUT_S = 3600
FRESH, STOOD = "lantern_restoring", "lantern_stood"
NEWER_SETTING = b"SET transaction_timeout = 0;"
ENDINGS = ("-wal", "-shm")


class BackupFault(Exception):
    """A backup that could not be made, or must not be restored; the message is a plain sentence."""


@dataclass(frozen=True)
class Fresh:
    """A backup loaded beside what stands: where it is, how it takes that one's place, and how it is thrown away."""

    url: str
    take_over: Callable[[], None]
    discard: Callable[[], None]


def prepare(database: str, dump: Path) -> Fresh:
    """Load a dump beside the database. Raises BackupFault: then what stood stays, untouched."""
    url = parse_url(database)
    return _prepare_file(url, dump) if url.get_backend_name() == "sqlite" else _prepare_schema(url, dump)


# ------------------------------------------------------------------------------------------------------------ SQLite


def _prepare_file(url: URL, dump: Path) -> Fresh:
    live = Path(str(url.database))
    fresh = live.with_name(f"{live.name}.restoring")
    live.parent.mkdir(parents=True, exist_ok=True)
    _remove(fresh)
    shutil.copyfile(dump, fresh)
    sync_to_disk(fresh)
    return Fresh(
        url=url.set(database=str(fresh)).render_as_string(hide_password=False),
        take_over=lambda: _replace(fresh, live),
        discard=lambda: _remove(fresh),
    )


def _replace(fresh: Path, live: Path) -> None:
    """Both files are whole by themselves before one is renamed over the other: no write-ahead log is left beside either."""
    for each in (fresh, live):
        if each.exists():
            _settle(each)
    for ending in ENDINGS:
        live.with_name(live.name + ending).unlink(missing_ok=True)
    sync_to_disk(fresh)
    fresh.replace(live)
    sync_to_disk(live.parent)


def _settle(path: Path) -> None:
    try:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("pragma wal_checkpoint(truncate)")
    except sqlite3.DatabaseError:
        return  # what stands is damaged: a reason for restoring, not against it


def _remove(path: Path) -> None:
    for ending in ("", *ENDINGS):
        path.with_name(path.name + ending).unlink(missing_ok=True)


# -------------------------------------------------------------------------------------------------------- PostgreSQL

_BEFORE = f"""
drop schema if exists {FRESH} cascade;
alter schema public rename to {STOOD};
create schema public;
"""
_AFTER = f"""
alter schema public rename to {FRESH};
alter schema {STOOD} rename to public;
"""


def _prepare_schema(url: URL, dump: Path) -> Fresh:
    with tempfile.TemporaryDirectory(prefix="lantern-restore-") as folder:
        script, before, after = (Path(folder) / name for name in ("restore.sql", "before.sql", "after.sql"))
        run_tool(["pg_restore", "--no-owner", "--no-privileges", "--schema=public", f"--file={script}", str(dump)], url)
        _forgo_newer_settings(script)
        before.write_text(_BEFORE)
        after.write_text(_AFTER)
        files = [f"--file={each}" for each in (before, script, after)]
        run_tool(
            ["psql", "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", *files, tool_url(url)],
            url,
        )
    return Fresh(
        url=url.update_query_dict({"options": f"-csearch_path={FRESH}"}).render_as_string(hide_password=False),
        take_over=lambda: _run(url, f"drop schema public cascade; alter schema {FRESH} rename to public"),
        discard=lambda: _run(url, f"drop schema if exists {FRESH} cascade"),
    )


def _forgo_newer_settings(script: Path) -> None:
    """pg_restore 17 begins with a setting that an older PostgreSQL does not know, and would stop at; it is the default anyway."""
    with script.open("r+b") as file:
        head = file.read(4096)
        file.seek(0)
        file.write(head.replace(NEWER_SETTING, b"--" + NEWER_SETTING[2:]))


def _run(url: URL, statements: str) -> None:
    """Carry statements out in one transaction."""
    database = Database(url.render_as_string(hide_password=False), pool_size=1)
    try:
        with database.writing() as session:
            for statement in statements.split("; "):
                session.execute(text(statement))
    except DBAPIError as error:
        raise BackupFault(f"PostgreSQL refused: {type(error.orig).__name__}. What stood stays.") from error
    finally:
        database.close()


# ------------------------------------------------------------------------------------------------------------- tools


def tool_url(url: URL) -> str:
    """The database as PostgreSQL's own programs are told it. Its password goes by the environment: others read command lines."""
    plain = URL.create(
        "postgresql", username=url.username, host=url.host, port=url.port, database=url.database, query=url.query
    )
    return plain.render_as_string(hide_password=False)


def run_tool(command: Sequence[str], url: URL, *, options: str = "") -> None:
    """Run one of PostgreSQL's client programs. Raises BackupFault where it is missing, or says no."""
    tool = shutil.which(command[0])
    if tool is None:
        raise BackupFault(f"{command[0]} is not installed: it comes with PostgreSQL's client programs.")
    environment = dict(os.environ) | ({"PGPASSWORD": str(url.password)} if url.password else {})
    environment |= {"PGOPTIONS": options} if options else {}
    done = subprocess.run(
        [tool, *command[1:]], capture_output=True, text=True, timeout=TOOL_TIMEOUT_S, check=False, env=environment
    )
    if done.returncode != 0:
        raise BackupFault(
            f"{command[0]} failed: {done.stderr.strip().splitlines()[-1] if done.stderr else 'no reason given'}"
        )


def sync_to_disk(path: Path) -> None:
    """Wait until a file, or a folder's list of files, is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
