"""What the database itself promises every request: a connection that has rested is asked first whether PostgreSQL is there."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from server.database.engine import ASK_AFTER_S, Database

ONLY_POSTGRES = pytest.mark.parametrize("database_kind", [pytest.param("postgresql", marks=pytest.mark.postgres)])


def ask(database: Database) -> int:
    with database.glancing() as session:
        return int(session.execute(text("SELECT 1")).scalar_one())


def end_every_connection(url: str) -> None:
    """What a restart of PostgreSQL does to the connections that rest in a pool."""
    other = Database(url)
    with other.writing() as session:
        session.execute(
            text(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )
        )
    other.close()


@ONLY_POSTGRES
def test_a_connection_that_rested_through_a_restart_is_made_anew(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.database.engine.monotonic", lambda: 0.0)
    assert ask(database) == 1
    end_every_connection(database_url)
    monkeypatch.setattr("server.database.engine.monotonic", lambda: ASK_AFTER_S)
    assert ask(database) == 1


@ONLY_POSTGRES
def test_a_connection_used_a_moment_ago_is_not_asked_and_fails_plainly(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.database.engine.monotonic", lambda: 0.0)
    assert ask(database) == 1
    end_every_connection(database_url)
    with pytest.raises(OperationalError):
        ask(database)
    assert ask(database) == 1


def test_a_glance_and_a_reading_see_what_was_written(database: Database) -> None:
    with database.writing() as session:
        session.execute(text("INSERT INTO agency (id, name, kind) VALUES ('a', 'Beacon', 'outreach')"))
    for kind in (database.glancing, database.reading):
        with kind() as session:
            assert session.execute(text("SELECT name FROM agency")).scalar_one() == "Beacon"
