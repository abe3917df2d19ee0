"""SIGKILL of the server, of PostgreSQL and of a migration, on real processes, while phones push and pull (rule E2).
`python -m bench.crashes` does five hundred.
"""

from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import text

from server.database.engine import Database
from server.http.services import Services
from server.migrate import upgrade
from tests.conftest import Stores
from tests.server import kills
from tests.server.cast import Cast, make_settings
from tests.server.kills import Tally, look
from tests.server.own_postgres import own_postgres
from tests.server.phone import Phone
from tests.server.walker import Walker

pytestmark = pytest.mark.slow


def was_under_way(tally: Tally) -> bool:
    """Was a request cut off, or answered by a server whose database had just died? Else the test saw nothing."""
    return any(kind.endswith("cut off") or "busy" in kind for kind, times in tally.cut.items() if times)


def test_the_server_is_killed_on_sqlite_and_nothing_is_lost_or_doubled(
    templates: Callable[[str], tuple[Stores, str]], tmp_path: Path
) -> None:
    store, template = templates("sqlite")
    url = store.make("killed", template)
    settings = make_settings(url, tmp_path / "data")
    tally = kills.kill_while_phones_sync(settings, seed=20261113, kills=2, choose=lambda server: [server])
    store.drop(url)
    assert tally.is_clean, tally
    assert tally.acknowledged > 20 and was_under_way(tally)


@pytest.mark.postgres
def test_postgresql_and_the_server_are_killed_and_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    with own_postgres() as postgres:
        upgrade(postgres.url)
        settings = make_settings(postgres.url, tmp_path / "data")
        tally = kills.kill_while_phones_sync(settings, 20261113, 2, lambda server: [postgres, server])
    assert tally.is_clean, tally
    assert tally.acknowledged > 20 and was_under_way(tally)


def test_a_migration_that_is_killed_leaves_the_old_schema_or_the_new(
    database_kind: str, stores: Callable[[str], Stores]
) -> None:
    store = stores(database_kind)
    old = store.make("old", None)
    kills.prepare_old(old)
    numbers = count()
    tally = kills.kill_migration(lambda n: store.make(f"cut_{n}_{next(numbers)}", old), store.drop, seed=5, kills=3)
    store.drop(old)
    assert tally.is_clean, tally
    assert tally.kills == 3


@pytest.fixture
def walker(phone: Phone, database: Database) -> Walker:
    """Aisha's phone, which has sent two contacts."""
    made = Walker("http://testserver.local", phone.clock, phone.new_id)
    made.phone = phone
    assert phone.enrolled is not None
    made.take_up(phone.enrolled)
    made.record_contact(), made.record_contact()
    assert made.sync().trouble is None
    assert made.acknowledged == set(made.recorded)
    return made


def test_the_tally_of_a_quiet_night_is_clean(walker: Walker, services: Services) -> None:
    assert look(services.settings, [walker], walker).is_clean


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        ("delete from sync_change where n = 1", "lost"),
        ("delete from contact", "halved"),
        ("delete from sync_feed where seq = 1", "halved"),
        ("update sync_device set acked = 1", "halved"),
        ("update sync_change set reason = 'x'", "doubled"),
    ],
)
def test_the_tally_would_notice(
    walker: Walker, services: Services, database: Database, cast: Cast, spoil: str, fault: str
) -> None:
    with database.writing() as session:
        session.execute(text(spoil))
    tally = look(services.settings, [walker], walker)
    assert getattr(tally, fault) > 0
    assert not tally.is_clean
