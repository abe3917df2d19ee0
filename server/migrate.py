"""The schema brought up to date, or taken down again, from code:

`lantern migrate`, the tests and `make demo` all come here.

The migrations stand in `migrations/` at the top of the tree; a wheel carries the same folder inside this package.
Every run is one transaction on both databases, so that a migration that is cut off leaves the schema as it was.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from server.database.context import SETTING, Kind, sign
from server.database.engine import Database

PACKAGE = Path(__file__).parent
MIGRATION_LOCK = 0x4C414E5445524E
"""An arbitrary number, the same in every process: PostgreSQL lets one of them migrate at a time."""


def find_folder() -> Path:
    """Where the migrations are: inside the installed package, else at the top of the tree."""
    installed = PACKAGE / "migrations"
    return installed if installed.is_dir() else PACKAGE.parent / "migrations"


Around = Callable[[Connection], AbstractContextManager[None]]
"""What is done before and after the steps, in their transaction: what it raises rolls them back."""


def _bare(_: Connection) -> AbstractContextManager[None]:
    return nullcontext()


def upgrade(url: str, revision: str = "head", *, around: Around = _bare) -> None:
    """Bring the database at `url` up to `revision`. Does nothing when it is there already."""
    _run(url, lambda config: command.upgrade(config, revision), around)


def downgrade(url: str, revision: str = "base") -> None:
    """Take the database at `url` down to `revision`; `base` leaves no table of ours."""
    _run(url, lambda config: command.downgrade(config, revision))


def find_revision(database: Database) -> str | None:
    """The revision a database stands at, or None when it was never migrated."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest_revision() -> str | None:
    """The revision that this version of Lantern wants."""
    return ScriptDirectory.from_config(_make_config()).get_current_head()


def is_known(revision: str) -> bool:
    """Is it one of this version's? One that is not is a newer version's."""
    return revision in {each.revision for each in ScriptDirectory.from_config(_make_config()).walk_revisions()}


def _run(url: str, run: Callable[[Config], None], around: Around = _bare) -> None:
    database = Database(url, pool_size=1)
    try:
        with database.engine.connect() as connection:
            _prepare(database, connection)
            with connection.begin():
                _take_lock(database, connection)
                _be_known(database, connection)
                config = _make_config()
                config.attributes["connection"] = connection
                with around(connection):
                    run(config)
    finally:
        database.close()


def _make_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(find_folder()).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _prepare(database: Database, connection: Connection) -> None:
    """SQLite alters a table by copying it: references must not be enforced meanwhile, which only holds from outside."""
    if database.is_sqlite:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute("PRAGMA foreign_keys=OFF")


def _be_known(database: Database, connection: Connection) -> None:
    """What a migration rewrites it has to see: row-level security is forced on the tables' owner, too."""
    if not database.is_sqlite:
        connection.exec_driver_sql(f"SELECT set_config('{SETTING}', '{sign(f'k:{Kind.MIGRATION}', None)}', true)")


def _take_lock(database: Database, connection: Connection) -> None:
    if not database.is_sqlite:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")
