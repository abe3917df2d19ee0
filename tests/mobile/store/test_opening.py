"""The encrypted file: it refuses to be anything else, names its faults, and loses nothing when the disk says no."""

import sqlite3
from pathlib import Path

import pytest

from mobile.store import errors
from mobile.store.database import Store, open_store
from mobile.store.schema import migrate

KEY = bytes(range(32))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def store(path: Path) -> Store:
    opened = open_store(path, KEY)
    migrate(opened)
    return opened


def put(store: Store, name: str, value: str = "x") -> None:
    with store.writing() as connection:
        connection.execute("INSERT INTO setting VALUES (?, ?)", (name, value))


def count(store: Store) -> int:
    with store.reading() as connection:
        return int(connection.execute("SELECT count(*) FROM setting").fetchone()[0])


def test_plain_sqlite_is_refused_and_nothing_is_written(path: Path) -> None:
    with pytest.raises(errors.CipherMissing):
        open_store(path, KEY, driver=sqlite3)
    assert not path.exists()


class OldCipher:
    """A driver whose cipher is too old."""

    Error = sqlite3.Error
    DatabaseError = sqlite3.DatabaseError

    @staticmethod
    def connect(*_: object, **__: object) -> "OldCipher":
        return OldCipher()

    def execute(self, sql: str) -> "OldCipher":
        assert sql == "PRAGMA cipher_version", "nothing else may be asked of it"
        return self

    def fetchone(self) -> tuple[str]:
        return ("4.4.3 community",)

    def close(self) -> None:
        pass


def test_an_old_cipher_is_refused(path: Path) -> None:
    with pytest.raises(errors.CipherMissing):
        open_store(path, KEY, driver=OldCipher)
    assert not path.exists()


def test_the_file_is_not_readable_without_the_key(store: Store, path: Path) -> None:
    put(store, "Marek", "sleeps in the station stairwell")
    store.close()
    raw = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert b"Marek" not in raw and b"SQLite format 3" not in raw and b"stairwell" not in raw
    with pytest.raises(sqlite3.DatabaseError):
        sqlite3.connect(path).execute("SELECT * FROM setting")


def test_another_key_does_not_open_it(store: Store, path: Path) -> None:
    store.close()
    with pytest.raises(errors.WrongKey):
        open_store(path, bytes(32))


def test_every_commit_is_synced_and_deleted_rows_are_overwritten(store: Store) -> None:
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1, "temp_store": 2}
    with store.reading() as connection:
        found = {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in wanted}
    assert found == wanted


def test_an_error_inside_a_transaction_leaves_no_trace(store: Store) -> None:
    with pytest.raises(RuntimeError), store.writing() as connection:
        connection.execute("INSERT INTO setting VALUES ('a', 'b')")
        raise RuntimeError
    assert count(store) == 0


def test_a_full_disk_is_named_and_what_was_saved_stays(store: Store) -> None:
    put(store, "first")
    with store.reading() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
    store.connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(errors.DiskFull) as told:
        put(store, "too much", "x" * 200_000)
    assert "full" in told.value.plain and "still here" in told.value.what_to_do
    assert count(store) == 1
    store.connection.execute("PRAGMA max_page_count = 1000000")
    put(store, "too much", "x" * 200_000)
    assert count(store) == 2


def test_a_disk_that_takes_no_writes_is_named(store: Store) -> None:
    put(store, "first")
    store.connection.execute("PRAGMA query_only = ON")
    with pytest.raises(errors.DiskReadOnly):
        put(store, "second")
    assert count(store) == 1


def test_a_damaged_page_is_named(store: Store, path: Path) -> None:
    with store.writing() as connection:
        connection.executemany("INSERT INTO setting VALUES (?, ?)", [(f"{n}", "x" * 900) for n in range(400)])
    store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()
    raw = bytearray(path.read_bytes())
    for page in range(40, len(raw) // 4096):
        raw[page * 4096 + 100] ^= 0xFF
    path.write_bytes(raw)
    again = open_store(path, KEY)
    with pytest.raises(errors.StoreDamaged), again.reading() as connection:
        connection.execute("SELECT sum(length(value)) FROM setting").fetchone()


def test_a_damaged_first_page_is_not_taken_for_a_new_store(store: Store, path: Path) -> None:
    put(store, "first")
    store.close()
    raw = bytearray(path.read_bytes())
    raw[20:60] = bytes(40)
    path.write_bytes(raw)
    with pytest.raises(errors.WrongKey):
        open_store(path, KEY)


def test_a_closed_store_says_that_the_phone_is_locked(store: Store) -> None:
    store.close()
    with pytest.raises(errors.StoreLocked), store.reading():
        pass


def test_every_error_says_what_happened_and_what_to_do() -> None:
    kinds = [errors.StoreError, *errors.StoreError.__subclasses__()]
    assert len(kinds) > 8
    for kind in kinds:
        assert kind.plain.endswith(".") and kind.what_to_do.endswith("."), kind  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("database or disk is full", errors.DiskFull),
        ("attempt to write a readonly database", errors.DiskReadOnly),
        ("database disk image is malformed", errors.StoreDamaged),
        ("database is locked", errors.StoreBusy),
        ("something nobody foresaw", errors.StoreError),
    ],
)
def test_sqlites_words_get_a_name(said: str, kind: type[errors.StoreError]) -> None:
    from mobile.store.database import name_fault

    assert type(name_fault(sqlite3.OperationalError(said))) is kind
