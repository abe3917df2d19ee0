"""Whoever lets held changes in holds the records that they are about before the feed counter, as a push does: the other way round
each would wait for the other on PostgreSQL, and one of the two would be ended."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.orm import Session

from server.access import Door
from server.actions.street.contacts import ContactDraft, record_contact
from server.actions.sync import held, judging
from server.actions.sync.projection import projection
from server.database import locks
from server.database.engine import Database
from server.http.services import Services
from server.queries.people.merges import store_merges
from server.queries.sync import applying, feed
from server.queries.sync import store as sync
from shared.model.codes import ContactState
from shared.model.person import PersonMerged
from shared.model.position import Position
from tests.conftest import Clock
from tests.server.cast import WATFORD, Cast
from tests.server.phone import Phone


class Order:
    """What would be locked on PostgreSQL before a transaction took the feed counter, and what after."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.before, self.after = set[str](), set[str]()
        self._is_taken, take = False, feed.lock_counter
        monkeypatch.setattr(locks, "Sql", lambda _: self)
        monkeypatch.setattr(feed, "lock_counter", lambda *args: self._take(take, *args))

    is_postgres = True

    def rows(self, _: str, names: list[str] | int) -> None:
        if isinstance(names, list):
            (self.after if self._is_taken else self.before).update(names)

    def _take(self, take: Any, *args: Any) -> Any:
        self._is_taken = True
        return take(*args)


@pytest.mark.parametrize("who", ["a supervisor", "the server"])
def test_the_counter_is_taken_last(
    phone: Phone, database: Database, services: Services, cast: Cast, clock: Clock, new_id: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch, who: str,
) -> None:  # fmt: skip
    one, other = new_id(), new_id()
    named = [phone.patch("person.patched", each, name="Marek") for each in (one, other)]
    assert phone.push(*named, phone.contact(person_ids=[one])).json()["acked"] == 3
    with database.writing() as session:
        store_merges(
            session, [PersonMerged(id=new_id(), from_id=other, into_id=one, worker_id=cast.tom.id, at=clock())]
        )
    place = {"latitude": WATFORD[0], "longitude": WATFORD[1]}
    told = hold(phone, monkeypatch, phone.contact(person_ids=[one], position=place))
    order = Order(monkeypatch)
    if who == "the server":
        with database.writing() as session:
            assert judging.judge_faults_again(session, services.project, clock(), new_id) == 1
    else:
        with Door(database, cast.tom, clock(), new_id, may_change=True).open() as access:
            held.let_in(access, services.project, [told["id"]])
    with database.reading() as session:
        assert sync.list_quarantined(session) == []
    assert {one, other} <= order.before and order.after <= order.before


def test_a_contact_of_the_web_form_takes_it_last_too(
    phone: Phone, database: Database, services: Services, cast: Cast, clock: Clock, new_id: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """All who write contacts of one night hold the looks of that night."""
    person = new_id()
    assert phone.push(phone.patch("person.patched", person, name="Marek")).status_code == 200
    assert phone.push(phone.contact(person_ids=[person])).status_code == 200
    draft = ContactDraft(
        form_id=new_id(), team_id=cast.team.id, state=ContactState.BEDDED_DOWN, seen_at=clock(), person_ids=(person,),
        position=Position(latitude=WATFORD[0], longitude=WATFORD[1]),
    )  # fmt: skip
    order = Order(monkeypatch)
    with Door(database, cast.tom, clock(), new_id, may_change=True).open() as access:
        record_contact(access, services.project, draft)
    assert person in order.before and any(each.startswith("look ") for each in order.after)
    assert order.after <= order.before


def hold(phone: Phone, monkeypatch: pytest.MonkeyPatch, told: dict[str, Any]) -> dict[str, Any]:
    """Have a change set aside as the server's fault."""

    def fail(session: Session, batch: Any) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as failing:
        failing.setattr(projection, "project_needs", fail)
        failing.setattr(applying, "GIVE_UP_MS", 0)
        assert phone.push(told).status_code == 503
        assert phone.push(told).status_code == 200
    return told
