"""A visit that did not happen: struck out from a phone, put back; the newest word stands in whatever order they come."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from server.database.engine import Database
from server.queries.street.visits import find_visit, list_wrong, settle_strikes
from server.queries.sync.store import list_quarantined
from server.tables.street.look import look
from server.tables.street.shift import visit, visit_strike
from tests.server.cast import WATFORD
from tests.server.phone import Phone

Say = Callable[..., dict[str, Any]]


@pytest.fixture
def looked(phone: Phone) -> str:
    """A visit of Aisha's."""
    assert phone.enrolled is not None
    config, now = phone.enrolled.config, phone.clock()
    told = {
        "id": phone.new_id(), "team_id": config.team.id, "worker_id": config.worker.id, "at": now.isoformat(),
        "night": now.date().isoformat(), "position": {"latitude": WATFORD[0], "longitude": WATFORD[1]},
    }  # fmt: skip
    assert phone.push(phone.make_change("visit.recorded", e=told["id"], p=told)).status_code == 200
    return str(told["id"])


@pytest.fixture
def say(phone: Phone, looked: str) -> Say:
    def make(*, is_struck: bool, minutes: int = 0, **more: Any) -> dict[str, Any]:
        assert phone.enrolled is not None
        told = {
            "id": phone.new_id(), "visit_id": looked, "at": (phone.clock() - timedelta(minutes=minutes)).isoformat(),
            "worker_id": phone.enrolled.config.worker.id, "reason": "wrong tile", "is_struck": is_struck,
        } | more  # fmt: skip
        return phone.make_change("visit.struck", e=told["visit_id"], p=told)

    return make


def count_looks(database: Database) -> int:
    with database.reading() as session:
        return len(session.execute(select(look)).all())


def test_a_struck_visit_is_no_look_and_one_put_back_is(phone: Phone, looked: str, say: Say, database: Database) -> None:
    assert count_looks(database) == 1
    assert phone.push(say(is_struck=True)).status_code == 200
    with database.reading() as session:
        found = find_visit(session, looked)
        assert found is not None and found.why == "wrong tile" and list_quarantined(session) == []
    assert count_looks(database) == 0
    phone.clock.advance(minutes=1)  # type: ignore[attr-defined]
    phone.push(say(is_struck=False))
    with database.reading() as session:
        found = find_visit(session, looked)
    assert found is not None and found.why == "" and count_looks(database) == 1


def test_the_newest_word_stands_in_whatever_order_they_come(
    phone: Phone, looked: str, say: Say, database: Database
) -> None:
    phone.push(say(is_struck=False, minutes=1))
    phone.push(say(is_struck=True, minutes=5))
    assert count_looks(database) == 1, "struck out before it was put back, and heard of later"


def test_nobody_strikes_under_anothers_name_or_elsewhere(
    phone: Phone, looked: str, say: Say, database: Database
) -> None:
    phone.push(say(is_struck=True, worker_id=phone.new_id()))
    with database.writing() as session:
        assert len(list_quarantined(session)) == 1
        session.execute(update(visit).values(team_id=phone.new_id(), worker_id=phone.new_id(), district_id=None))
    phone.push(say(is_struck=True))
    with database.reading() as session:
        assert len(list_quarantined(session)) == 2, "another team's visit, in no district of theirs"
        assert not session.scalar(select(visit.c.is_struck))


def test_a_strike_that_is_heard_before_its_visit_holds_for_it(phone: Phone, say: Say, database: Database) -> None:
    assert phone.enrolled is not None
    config, now = phone.enrolled.config, phone.clock()
    told = {
        "id": phone.new_id(), "team_id": config.team.id, "worker_id": config.worker.id, "at": now.isoformat(),
        "night": now.date().isoformat(), "position": {"latitude": WATFORD[0] + 0.1, "longitude": WATFORD[1]},
    }  # fmt: skip
    phone.push(say(is_struck=True, visit_id=told["id"]), phone.make_change("visit.recorded", e=told["id"], p=told))
    with database.reading() as session:
        assert session.scalar(select(visit.c.is_struck).where(visit.c.id == told["id"]))
    assert count_looks(database) == 1, "the first visit alone"


def test_a_rebuild_finds_a_visit_that_stands_otherwise_than_its_newest_word(
    phone: Phone, looked: str, say: Say, database: Database
) -> None:
    phone.push(say(is_struck=True))
    with database.writing() as session:
        assert list_wrong(session) == []
        session.execute(update(visit).values(is_struck=False))
        assert list_wrong(session) == [looked]
        settle_strikes(session, [looked])
        assert list_wrong(session) == [] and session.scalar(select(visit.c.is_struck))
        assert len(session.execute(select(visit_strike)).all()) == 1
