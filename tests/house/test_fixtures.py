"""The suite's own fixtures: what every other test leans on must itself hold."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.conftest import EVENING, LONGEST, Clock, Stores
from tests.paths import ROOT
from tests.worlds import Write, register


def test_the_clock_moves_only_when_told(clock: Clock) -> None:
    before = clock()

    assert clock() == before
    assert (clock.advance(minutes=5) - before).total_seconds() == 300


def test_ids_are_version_seven_and_in_order(new_id: Callable[[], str]) -> None:
    ids = [new_id() for _ in range(50)]

    assert ids == sorted(set(ids))
    assert {UUID(one).version for one in ids} == {7}
    assert {UUID(one).variant for one in ids} == {"specified in RFC 4122"}


def test_what_asks_for_a_database_of_the_servers_is_left_out_of_check(
    database_url: str, request: pytest.FixtureRequest
) -> None:
    assert "not database" in (ROOT / "Makefile").read_text()
    assert request.node.get_closest_marker("database")


def test_what_asks_for_none_is_not(request: pytest.FixtureRequest) -> None:
    assert request.node.get_closest_marker("database") is None


def test_no_test_reaches_another_machine() -> None:
    with pytest.raises(RuntimeError, match=r"192\.0\.2\.1"), socket.socket() as line:
        line.connect(("192.0.2.1", 80))


@pytest.mark.slow
def test_the_server_of_a_bench_keeps_the_settings_it_was_given() -> None:
    """It fills itself from `tests.web.county`, which must not bring `tests.conftest` with it: that clears the settings."""
    asked = "import os, bench.mdt_server; print(os.environ['LANTERN_DATABASE'])"
    environment = os.environ | {"LANTERN_DATABASE": "postgresql://bench"}
    told = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, env=environment, capture_output=True, check=True)

    assert told.stdout.strip() == b"postgresql://bench"


def test_a_copied_database_holds_what_its_template_held(stores: Callable[[str], Stores], database_kind: str) -> None:
    from sqlalchemy import create_engine, text

    from server.database.engine import parse_url

    store = stores(database_kind)
    template = store.make("template_of_this_test", None)
    engine = create_engine(parse_url(template))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE lamp (lit INTEGER)"))
        connection.execute(text("INSERT INTO lamp VALUES (7)"))
    engine.dispose()

    copy = store.make("copy_of_this_test", template)

    engine = create_engine(parse_url(copy))
    with engine.begin() as connection:
        assert connection.execute(text("SELECT lit FROM lamp")).scalar_one() == 7
        connection.execute(text("DELETE FROM lamp"))
    engine.dispose()
    store.drop(copy)
    store.drop(template)


WRITTEN: list[str] = []


@register
def lone_district(database: Any, now: datetime, new_id: Callable[[], str]) -> str:
    from server.queries.partnership.districts import add_district
    from shared.model.district import District

    WRITTEN.append(str(database.url))
    one = District(id=new_id(), code="E07000103", name="Watford")
    with database.writing() as session:
        add_district(session, one)
    return one.id


@pytest.fixture(name="lone_district")
def begin_lone_district(world: Callable[[Write], Any]) -> Any:
    return world(lone_district)


@pytest.mark.parametrize("_", ["for one test", "for the next"])
def test_a_world_is_written_once_and_copied_whole_for_each_test(
    lone_district: str, database: Any, new_id: Callable[[], str], _: str
) -> None:
    from server.queries.partnership.districts import add_district, list_districts
    from shared.model.district import District

    with database.writing() as session:
        assert [each.id for each in list_districts(session)] == [lone_district]
        add_district(
            session, District(id=new_id(), code="E07000096", name="Dacorum")
        )  # with an id that the world did not take
    assert str(database.url) not in WRITTEN
    assert len(set(WRITTEN)) == len(WRITTEN)


class TestAnHourLater:
    @pytest.fixture
    def clock(self) -> Clock:
        return Clock(EVENING + timedelta(hours=1))

    def test_a_world_is_written_where_the_clock_is_another(self, lone_district: str, database: Any) -> None:
        assert WRITTEN[-1] == str(database.url)


def test_the_files_that_begin_are_there() -> None:
    named = LONGEST.read_text().split()

    assert len(named) == len(set(named))
    assert [name for name in named if not (ROOT / name).is_file()] == []
