"""Somebody whose case had ended is on the list again once outreach sees them bedded down, however the ending and the sighting
came about; on both databases, through the wire of a real phone."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from server.access import Door
from server.actions.cases.cases import close_case, decline_case, list_case
from server.actions.cases.moves import hand_over
from server.database.engine import Database
from server.queries.cases import case_events, cases
from server.queries.people import person_page
from shared.model.case import Case
from shared.model.codes import CaseState, CaseStep
from shared.model.device import Tokens
from tests.server.cast import WATFORD, Cast, say_same
from tests.server.phone import Phone

HERE = {"latitude": WATFORD[0], "longitude": WATFORD[1], "source": "gps", "accuracy_m": 12.0}


class Street:
    """Aisha's phone and Priya's decisions, one after another."""

    def __init__(self, phone: Phone, database: Database, cast: Cast, clock: Any, new_id: Callable[[], str]) -> None:
        self.phone, self.database, self.cast, self.clock, self.new_id = phone, database, cast, clock, new_id

    def see(self, person_id: str, **fields: Any) -> None:
        self.phone.tokens = msgspec.json.decode(self.phone.refresh().content, type=Tokens)
        answer = self.phone.push(self.phone.contact(person_ids=[person_id], position=HERE, **fields))
        assert answer.status_code == 200, answer.text

    def live(self, person_id: str) -> Case | None:
        with self.database.reading() as session:
            return next(iter(cases.list_live_cases_of(session, [person_id])), None)

    def decide(self, what: Callable[..., Case], case_id: str, *words: str) -> Case:
        with Door(self.database, self.cast.priya, self.clock(), self.new_id, may_change=True).open() as access:
            return what(access, case_id, *words)


@pytest.fixture
def street(phone: Phone, database: Database, cast: Cast, clock: Any, new_id: Callable[[], str]) -> Street:
    return Street(phone, database, cast, clock, new_id)


def put_vic_on_the_list_and_close(street: Street) -> tuple[str, Case]:
    vic = street.new_id()
    street.see(vic)
    first = street.live(vic)
    assert first is not None
    street.clock.advance(hours=1)
    street.decide(list_case, first.id, "Sleeps out every night")
    street.clock.advance(days=10)
    street.decide(close_case, first.id, "Housed in Hemel")
    return vic, first


def test_who_is_seen_after_their_case_was_closed_has_returned(street: Street, database: Database) -> None:
    vic, first = put_vic_on_the_list_and_close(street)
    assert street.live(vic) is None
    street.clock.advance(days=2)
    street.see(vic)
    again = street.live(vic)
    assert again is not None
    assert (again.state, again.id == first.id) == (CaseState.CANDIDATE, False)
    assert again.reason.startswith("Returned; case closed 22 Nov 2026: Housed in Hemel. Verified: seen bedded down")
    with database.reading() as session:
        (event,) = case_events.list_events(session, [again.id])[again.id]
    assert (event.step, event.worker_id) == (CaseStep.RETURNED, None)


def test_who_was_declined_returns_too(street: Street) -> None:
    vic = street.new_id()
    street.see(vic)
    first = street.live(vic)
    assert first is not None
    street.clock.advance(hours=1)
    street.decide(decline_case, first.id, "Was only passing through")
    street.clock.advance(days=1)
    street.see(vic)
    again = street.live(vic)
    assert again is not None
    assert again.reason.startswith("Returned; not taken on")


def test_a_sighting_from_before_the_closing_that_comes_late_brings_nobody_back(street: Street) -> None:
    vic, _ = put_vic_on_the_list_and_close(street)
    earlier = (street.clock() - timedelta(hours=5)).isoformat()
    street.clock.advance(days=1)
    street.see(vic, seen_at=earlier)
    assert street.live(vic) is None


def test_who_was_not_bedded_down_has_not_returned(street: Street) -> None:
    vic, _ = put_vic_on_the_list_and_close(street)
    street.clock.advance(days=1)
    street.see(vic, state="not_bedded_down")
    assert street.live(vic) is None


@pytest.mark.parametrize("closed_is_kept", [True, False])
def test_who_returns_under_another_record_returns_once_the_two_are_found_to_be_one(
    street: Street, closed_is_kept: bool
) -> None:
    vic, _ = put_vic_on_the_list_and_close(street)
    street.clock.advance(days=3)
    doc = street.new_id()
    street.see(doc)
    from_id, into_id = (doc, vic) if closed_is_kept else (vic, doc)
    told = {
        "id": street.new_id(), "from_id": from_id, "into_id": into_id, "at": street.clock().isoformat(),
        "worker_id": street.cast.aisha.id, "undone": False,
    }  # fmt: skip
    say_same(street.database, doc, vic, street.cast.priya, street.clock(), street.new_id)
    answer = street.phone.push(street.phone.make_change("person.merged", e=into_id, p=told))
    assert answer.status_code == 200, answer.text
    with street.database.reading() as session:
        live = cases.list_live_cases_of(session, [vic, doc])
    assert len(live) == 1


def test_who_was_handed_over_and_closed_there_returns(street: Street) -> None:
    vic = street.new_id()
    street.see(vic)
    first = street.live(vic)
    assert first is not None
    street.clock.advance(hours=1)
    street.decide(list_case, first.id, "Sleeps out")
    street.decide(hand_over, first.id, street.cast.dacorum.id, "By the canal now")
    with Door(street.database, street.cast.carol, street.clock(), street.new_id, may_change=True).open() as access:
        close_case(access, first.id, "Housed in Dacorum")
    assert street.live(vic) is None
    street.see(vic, seen_at=(street.clock() - timedelta(minutes=30)).isoformat())
    assert street.live(vic) is None
    street.clock.advance(days=1)
    street.see(vic)
    again = street.live(vic)
    assert again is not None
    assert "Housed in Dacorum" in again.reason


def test_the_timeline_has_each_step_on_its_day_with_its_author(street: Street, database: Database) -> None:
    vic, first = put_vic_on_the_list_and_close(street)
    with database.reading() as session:
        events = person_page.list_events(session, [vic], street.clock() + timedelta(days=1))
    told = [(event.code, event.at, event.by, event.text) for event in reversed(events) if event.kind == "case"]
    assert [(code, by) for code, _, by, _ in told] == [("came", ""), ("listed", "Priya S"), ("closed", "Priya S")]
    assert [at - first.since for _, at, _, _ in told] == [
        timedelta(), timedelta(hours=1), timedelta(days=10, hours=1)
    ]  # fmt: skip
    assert told[2][3] == "Housed in Hemel"
