"""One writer at a time on SQLite, and the next is let in the moment the writer is free."""

import threading
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from server.database import engine as module
from server.database.engine import Database


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(f"sqlite:///{tmp_path / 'lantern.sqlite'}")


def test_a_writer_waits_for_the_one_before(database: Database) -> None:
    order: list[str] = []

    def follow() -> None:
        with database.writing():
            order.append("second")

    second = threading.Thread(target=follow)
    with database.writing():
        second.start()
        second.join(timeout=0.05)
        order.append("first")
    second.join(timeout=60)
    assert order == ["first", "second"]


def test_a_writer_who_is_kept_waiting_is_told_that_the_database_is_busy(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BUSY_TIMEOUT_MS", 20)
    errors: list[BaseException] = []

    def follow() -> None:
        try:
            with database.writing():
                errors.append(AssertionError("let in"))
        except OperationalError as error:
            errors.append(error)

    with database.writing():
        second = threading.Thread(target=follow)
        second.start()
        second.join(timeout=60)
    assert [type(error) for error in errors] == [OperationalError]


def test_a_transaction_that_failed_gives_its_turn_back(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.writing():
        raise ZeroDivisionError
    with database.writing() as session:
        assert session.connection().exec_driver_sql("select 1").scalar_one() == 1


def test_writers_share_one_connection_so_that_its_pages_stay_in_memory(database: Database) -> None:
    seen = set()
    for _ in range(3):
        with database.writing() as session:
            seen.add(id(session.connection().connection.driver_connection))
    assert len(seen) == 1


def test_a_connection_that_reads_is_another_one(database: Database) -> None:
    with database.writing() as writer, database.reading() as reader:
        one, other = (each.connection().connection.driver_connection for each in (writer, reader))
        assert one is not other
