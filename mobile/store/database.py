"""Opening the encrypted file, and transactions on it: rules B1 and E1. What is inside the file is not known here.

One `Store` is one connection, shared by the threads of its owner under a lock; a thread of its own (sync) opens its
own Store. Every fault of SQLite leaves here under its name in `errors`.
"""

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from mobile.store import errors

CIPHER_VERSION_MIN: Final = (4, 5)
KEY_BYTES: Final = 32
BUSY_TIMEOUT_MS: Final = 10_000

Connection = Any
"""A DB-API connection of sqlcipher3 (its package ships no types)."""

SETTINGS: Final = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",
    "PRAGMA temp_store = MEMORY",
    f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}",
)

FAULTS: Final[tuple[tuple[str, type[errors.StoreError]], ...]] = (
    ("disk is full", errors.DiskFull),
    ("no space left", errors.DiskFull),
    ("file too large", errors.DiskFull),
    ("readonly", errors.DiskReadOnly),
    ("read-only", errors.DiskReadOnly),
    ("unable to open database", errors.DiskReadOnly),
    ("malformed", errors.StoreDamaged),
    ("not a database", errors.StoreDamaged),
    ("disk i/o error", errors.StoreDamaged),
    ("locked", errors.StoreBusy),
    ("busy", errors.StoreBusy),
)
"""Words in SQLite's messages, and the name each fault has here. The first that fits is taken."""


def default_driver() -> Any:
    """The DB-API module that can encrypt; imported at first use."""
    from sqlcipher3 import dbapi2

    return dbapi2


class Store:
    """The open, encrypted file. `reading` and `writing` hand out its connection inside one transaction."""

    def __init__(self, connection: Connection, driver: Any) -> None:
        self._connection = connection
        self._driver = driver
        self._guard = threading.RLock()
        self._depth = 0
        self._is_open = True
        self.is_damaged = False
        """A page of the file failed its check: what can still be read may be read, and a new code may be taken."""

    @property
    def is_open(self) -> bool:
        return self._is_open

    @property
    def connection(self) -> Connection:
        """The connection itself, for parts of the store that are built on it. Use them inside `reading` or `writing`."""
        return self._connection

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent view. Inside `writing` it is the same transaction."""
        with self._transaction("BEGIN") as connection:
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction, durable when the block is left without an error, and without a trace when it is left with one."""
        with self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection

    def close(self) -> None:
        """Close the file; the key leaves SQLCipher's memory with it."""
        with self._guard:
            self._is_open = False
            with contextlib.suppress(self._driver.Error):
                self._connection.close()

    @contextlib.contextmanager
    def _transaction(self, begin: str) -> Iterator[Connection]:
        with self._guard:
            if not self._is_open:
                raise errors.StoreLocked
            if self._depth:
                yield self._connection
                return
            with self._noting_damage(), naming_faults(self._driver):
                self._connection.execute(begin)
                self._depth = 1
                try:
                    yield self._connection
                    self._connection.execute("COMMIT")
                except BaseException:
                    with contextlib.suppress(self._driver.Error):
                        self._connection.execute("ROLLBACK")
                    raise
                finally:
                    self._depth = 0

    @contextlib.contextmanager
    def _noting_damage(self) -> Iterator[None]:
        try:
            yield
        except errors.StoreDamaged:
            self.is_damaged = True
            raise


def open_store(path: Path, key: bytes, driver: Any = None) -> Store:
    """Open, or make, the file at `path` with the raw 32-byte `key`.

    Raises `CipherMissing` when the driver cannot encrypt (nothing is then written), `WrongKey`, `StoreDamaged`,
    `DiskReadOnly`, `DiskFull`.
    """
    driver = driver if driver is not None else default_driver()
    if len(key) != KEY_BYTES:
        raise errors.WrongKey
    _refuse_without_cipher(driver)
    existed = path.exists() and path.stat().st_size > 0
    with naming_faults(driver):
        connection = driver.connect(
            str(path), timeout=BUSY_TIMEOUT_MS / 1000, isolation_level=None, check_same_thread=False
        )
        try:
            _unlock(connection, key, driver, existed)
        except BaseException:
            connection.close()
            raise
    return Store(connection, driver)


def _refuse_without_cipher(driver: Any) -> None:
    """Plain sqlite3 ignores `PRAGMA key` in silence, and would keep everything in the clear (rule B1)."""
    connection = driver.connect(":memory:")
    try:
        row = connection.execute("PRAGMA cipher_version").fetchone()
    finally:
        connection.close()
    if row is None or _version(str(row[0])) < CIPHER_VERSION_MIN:
        raise errors.CipherMissing


def _version(text: str) -> tuple[int, ...]:
    numbers = text.split(" ", maxsplit=1)[0].split(".")
    return tuple(int(number) for number in numbers if number.isdigit())


def _unlock(connection: Connection, key: bytes, driver: Any, existed: bool) -> None:
    connection.execute("PRAGMA cipher_log_level = NONE")
    connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except driver.DatabaseError as error:
        if existed and "not a database" in str(error).lower():
            raise errors.WrongKey from error
        raise
    for setting in SETTINGS:
        connection.execute(setting).fetchall()


@contextlib.contextmanager
def naming_faults(driver: Any) -> Iterator[None]:
    """Let no bare SQLite error out: each becomes the `StoreError` that says what to do."""
    try:
        yield
    except driver.Error as error:
        raise name_fault(error) from error


def name_fault(error: Exception) -> errors.StoreError:
    """The named fault for an error of the driver."""
    said = str(error).lower()
    kind = next((kind for words, kind in FAULTS if words in said), errors.StoreError)
    return kind(str(error))
