"""The schema goes up, equals the tables, goes down to nothing, and up again, on SQLite and on PostgreSQL."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect

from server.database import Database
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
