"""The database: one engine, and transactions that begin as what they are, reading or writing.

SQLite is the embedded default and PostgreSQL the real deployment; callers see one `Session` and need not know which.
SQLite runs in WAL with `synchronous=FULL` (with NORMAL a power cut loses acknowledged rows) and a writing transaction
takes its lock at once (`BEGIN IMMEDIATE`), so that it never fails half way for having begun as a reader. No table and
no query here.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import InvalidatePoolError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from server.database.context import KEY, begin_acting, tell_before_statements
from server.database.deadlocks import note_commit

BUSY_TIMEOUT_MS = 10_000
BUSY = (OperationalError, PoolTimeout)
"""What is raised when the database is busy, restarting or gone, or when every connection to it is taken: whoever asked may ask
again."""
BEGIN_OPTION = "lantern_begin"
OUTSIDE = "lantern_outside"
RESTS_SINCE = "lantern_rests_since"
ASK_AFTER_S = 5.0
"""A connection that has rested so long is asked whether the database is still there."""


class Database:
    """An engine with the two kinds of transaction that Lantern knows."""

    def __init__(self, url: str, *, pool_size: int = 10, context_key: bytes | None = None) -> None:
        self.url = parse_url(url)
        self.context_key = context_key
        """Signs whom a transaction is for (`server.database.context`); the owner's transactions need none."""
        self.engine = _make_engine(self.url, pool_size)
        self.writing_engine = _make_engine(self.url, 1) if self.is_sqlite else self.engine
        self._writer = self.writing_engine.execution_options(**{BEGIN_OPTION: "BEGIN IMMEDIATE"})
        self._reader = self._make_reader()
        self._one_writer = Lock() if self.is_sqlite else None
        self._glancer = self._make_glancer()
        self.outside: Callable[[Iterable[bytes]], None] | None = None
        """Where lines go that must outlive this database: the composition root says so, and transactions hand it on."""

    @property
    def is_sqlite(self) -> bool:
        """True for the embedded database."""
        return self.url.get_backend_name() == "sqlite"

    def has_table(self, name: str) -> bool:
        """Is there such a table?"""
        return inspect(self.engine).has_table(name)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session over one consistent view of the data; on PostgreSQL the database refuses to write in it."""
        with Session(self._reader, expire_on_commit=False) as session, session.begin():
            self._begin(session)
            yield session

    @contextmanager
    def glancing(self) -> Iterator[Session]:
        """A session for one statement that reads: on SQLite nothing is sent to begin or to end a transaction. PostgreSQL is told
        whom it is for, which holds in a transaction alone."""
        with Session(self._glancer, expire_on_commit=False) as session, session.begin():
            self._begin(session)
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session in one transaction: committed when the block ends, undone when it raises.

        SQLite has one writer. Threads of this process queue for it, each let in the moment it is free: the database
        itself would let them sleep and look again. They share one connection, whose pages stay in memory: what another
        connection has written makes it read all of them again. Raises OperationalError when it was not free for ten seconds.
        """
        with self._writer_lock(), Session(self._writer, expire_on_commit=False) as session, session.begin():
            session.info[OUTSIDE] = self.outside
            self._begin(session)
            yield session
        note_commit()

    def _begin(self, session: Session) -> None:
        session.info[KEY] = self.context_key
        begin_acting(session)

    @contextmanager
    def _writer_lock(self) -> Iterator[None]:
        if self._one_writer is None:
            yield
            return
        if not self._one_writer.acquire(timeout=BUSY_TIMEOUT_MS / 1000):
            raise OperationalError("BEGIN IMMEDIATE", None, TimeoutError("database is locked"))
        try:
            yield
        finally:
            self._one_writer.release()

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()
        self.writing_engine.dispose()

    def _make_reader(self) -> Engine:
        if self.is_sqlite:
            return self.engine
        return self.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    def _make_glancer(self) -> Engine:
        if self.is_sqlite:
            return self.engine.execution_options(**{BEGIN_OPTION: None})
        return self.engine.execution_options(postgresql_readonly=True)


def parse_url(text: str) -> URL:
    """A database URL with the driver that Lantern uses. Raises ValueError for a database it cannot use."""
    url = make_url(text)
    if url.get_backend_name() == "sqlite":
        return url.set(drivername="sqlite")
    if url.get_backend_name() in {"postgresql", "postgres"}:
        return url.set(drivername="postgresql+psycopg")
    raise ValueError(
        f"LANTERN_DATABASE names {url.get_backend_name()!r}: Lantern keeps its data in SQLite or PostgreSQL."
    )


def _make_engine(url: URL, pool_size: int) -> Engine:
    if url.get_backend_name() != "sqlite":
        engine = create_engine(url, pool_size=pool_size, max_overflow=pool_size, hide_parameters=True)
        event.listen(engine, "connect", _prepare_postgres)
        tell_before_statements(engine)
        _ask_rested_connections(engine)
        return engine
    if url.database:
        _keep_to_ourselves(Path(url.database))
    engine = create_engine(
        url, pool_size=pool_size, connect_args={"check_same_thread": False, "cached_statements": 512}
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _keep_to_ourselves(path: Path) -> None:
    """The file, and the folder where we make it, are for this server's user alone; SQLite gives its other files the same mode."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(mode=0o600)
    with suppress(PermissionError):  # of another user, who lets us write: theirs to say
        path.chmod(0o600)


def _ask_rested_connections(engine: Engine) -> None:
    """Ask a connection that has rested whether the database is still there; one that was used a moment ago was.

    When it is not, every connection of the pool is made anew before anybody gets one.
    """

    def note_rest(_connection: Any, entry: ConnectionPoolEntry) -> None:
        entry.info[RESTS_SINCE] = monotonic()

    def ask(connection: Any, entry: ConnectionPoolEntry, _proxy: Any) -> None:
        if monotonic() - entry.info.get(RESTS_SINCE, monotonic()) < ASK_AFTER_S:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as gone:
            raise InvalidatePoolError from gone

    event.listen(engine, "checkin", note_rest)
    event.listen(engine, "checkout", ask)


def _prepare_postgres(connection: Any, _entry: ConnectionPoolEntry) -> None:
    """Behind a pooler (pgbouncer in transaction mode) the next transaction may run in another process of the database, which does
    not know what was prepared in this one. A pooler is known by the number it gives: not that of the process that answers."""
    asked = connection.execute("select pg_backend_pid()").fetchone()
    connection.rollback()
    if asked[0] != connection.info.backend_pid:
        connection.prepare_threshold = None


def _prepare_sqlite(connection: Any, _entry: ConnectionPoolEntry) -> None:
    """Set one new SQLite connection up.

    The driver's own transaction handling is switched off: `_begin_sqlite` does it.
    """
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "page_size=8192",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "trusted_schema=OFF",
        "secure_delete=FAST",
        "cache_size=-65536",
        "wal_autocheckpoint=8000",
        "temp_store=MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    begin = connection.get_execution_options().get(BEGIN_OPTION, "BEGIN")
    if begin is not None:
        connection.exec_driver_sql(begin)
