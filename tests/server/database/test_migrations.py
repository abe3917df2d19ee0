"""The schema goes up, equals the tables, goes down to nothing, and up again, on SQLite and on PostgreSQL."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect
from sqlalchemy import text as sql

from server.database.engine import Database
from server.migrate import downgrade, find_revision, newest_revision, upgrade
from server.tables import metadata


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "target_metadata": metadata})
    return list(compare_metadata(context, metadata))


def list_tables(database: Database) -> set[str]:
    with database.engine.connect() as connection:
        return set(inspect(connection).get_table_names()) - {"alembic_version"}


def test_the_schema_goes_up_down_and_up_again(blank_database_url: str) -> None:
    database = Database(blank_database_url)
    for _ in range(2):
        upgrade(blank_database_url)
        assert list_tables(database) == set(metadata.tables)
        assert find_revision(database) == newest_revision()
        downgrade(blank_database_url)
        assert list_tables(database) == set()
    database.close()


def test_the_migrated_schema_equals_the_tables(database: Database) -> None:
    with database.engine.connect() as connection:
        assert differences(connection) == []


def test_every_check_of_the_tables_is_in_the_migrated_schema(database: Database) -> None:
    with database.engine.connect() as connection:
        inspector = inspect(connection)
        for table in metadata.sorted_tables:
            wanted = {str(c.name) for c in table.constraints if type(c).__name__ == "CheckConstraint"}
            found = {str(check["name"]) for check in inspector.get_check_constraints(table.name)}
            assert wanted == found, table.name


def test_upgrading_twice_changes_nothing(database_url: str) -> None:
    upgrade(database_url)
    database = Database(database_url)
    assert find_revision(database) == newest_revision()
    database.close()


def test_an_older_database_learns_who_met_whom(blank_database_url: str) -> None:
    upgrade(blank_database_url, "0007")
    at = "'2026-11-12 02:11:00+00:00'"
    database = Database(blank_database_url)
    with database.writing() as session:
        session.execute(
            sql(
                "INSERT INTO contact (id, state, seen_at, recorded_at, received_at, night, worker_id, team_id, referral_id, "
                "unidentified_people, offered, given, safety_needs, strengths, next_step, note, corrections) VALUES "
                f"('c1', 'bedded_down', {at}, {at}, {at}, '2026-11-11', 'aisha', 'beacon', 'r1', 0, '[]', '[]', '', '', '', "
                "'', 0)"
            )
        )
        session.execute(
            sql(
                "INSERT INTO contact_person (contact_id, person_id, seen_at, night, state) "
                f"VALUES ('c1', 'marek', {at}, '2026-11-11', 'bedded_down'), ('lost', 'red', {at}, '2026-11-11', 'not_found')"
            )
        )
    upgrade(blank_database_url)
    with database.reading() as session:
        met = session.execute(
            sql("SELECT person_id, team_id, referral_id FROM contact_person ORDER BY person_id")
        ).all()
    database.close()
    assert [tuple(row) for row in met] == [("marek", "beacon", "r1"), ("red", None, None)]
