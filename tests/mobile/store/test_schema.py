"""Steps of the schema: taken once, whole or not at all, never backwards; and stores of released versions still open."""

import json
import shutil
from pathlib import Path

import pytest

from mobile.store import errors, people
from mobile.store.database import Connection, Store, open_store
from mobile.store.record import Record
from mobile.store.schema import STEPS, migrate, version_of

KEY = bytes(range(32))
GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(tmp_path / "store.db", KEY)


def tables(store: Store) -> set[str]:
    with store.reading() as connection:
        return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def test_migrating_twice_takes_no_step_again(store: Store) -> None:
    assert migrate(store) == len(STEPS)
    assert migrate(store) == 0
    assert version_of(store) == len(STEPS)


def test_a_step_that_fails_leaves_the_store_before_it(store: Store) -> None:
    migrate(store)

    def fail(connection: Connection) -> None:
        connection.execute("CREATE TABLE half_done (id TEXT)")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        migrate(store, (*STEPS, fail))
    assert version_of(store) == len(STEPS)
    assert "half_done" not in tables(store)


def test_an_upgrade_can_be_taken_after_it_failed(store: Store) -> None:
    migrate(store)
    with pytest.raises(errors.StoreError):
        migrate(store, (*STEPS, "CREATE TABLE a (id TEXT); THIS IS NOT SQL"))
    assert migrate(store, (*STEPS, "CREATE TABLE a (id TEXT)")) == 1
    assert "a" in tables(store)


def test_a_store_of_a_newer_lantern_is_left_alone(store: Store) -> None:
    migrate(store, (*STEPS, "CREATE TABLE newer (id TEXT)"))
    with pytest.raises(errors.StoreTooNew):
        migrate(store)
    assert "newer" in tables(store)


@pytest.mark.parametrize("golden", sorted(GOLDEN.glob("*.db")), ids=lambda path: path.stem)
def test_a_golden_store_opens_and_shows_what_was_recorded(golden: Path, tmp_path: Path) -> None:
    told = json.loads(golden.with_suffix(".json").read_text())
    copy = tmp_path / "store.db"
    shutil.copy(golden, copy)
    opened = open_store(copy, bytes.fromhex(told["key"]))
    migrate(opened)
    record = Record(opened)
    record.rebuild()
    with opened.reading() as connection:
        assert [row.known_as for row in people.list_recent(connection, 100)] == told["people"]
        assert connection.execute("SELECT count(*) FROM contact").fetchone()[0] == told["contacts"]
    assert record.sync.unsent_count == told["unsent"]


def test_there_is_a_golden_store_of_this_version() -> None:
    assert (GOLDEN / f"store-{len(STEPS)}.db").exists()
