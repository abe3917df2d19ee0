"""A relationship ends: works with somebody, for ninety days or while an action is open; one that somebody made for themselves
is in the privacy reviewer's queue at once, and stays there (privacy rules A3, A4)."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from server.access import Door
from server.actions.cases import answers
from server.actions.conferences import discussion
from server.actions.people import notes
from server.actions.people.notes import SELF_MADE
from server.database.engine import Database
from server.problems import Forbidden
from server.queries.operation import audit
from server.queries.partnership.workers import get_worker
from server.queries.people import notes as stored
from server.queries.people import subjects
from server.queries.sync.touched import list_people
from server.tables.partnership.agency import agreement
from server.tables.people.person import person
from shared.model.worker import Worker
from tests.conftest import Clock
from tests.server.cast import PASSWORD, Cast
from tests.server.conferences.conftest import enter as enter
from tests.server.conferences.conftest import item_at
from tests.server.conferences.conftest import watford as watford
from tests.server.conferences.test_conferences import call
from tests.server.conftest import post_sign_in
from tests.server.phone import Phone
from tests.server.sync.test_wall import hire_elsewhere, who

DAY = timedelta(days=1)


def flagged(database: Database) -> list[tuple[str, str, str]]:
    """Whom, for whom and why: what waits for the privacy reviewer."""
    with database.reading() as session:
        return [(each.person_id, each.agency_id, each.cause) for each in stored.list_unreviewed(session)]


# ----------------------------------------------------------------------------------------------------- ninety days


@pytest.fixture
def marek(phone: Phone, services: Any, cast: Cast, clock: Clock, new_id: Any) -> str:
    """Somebody whom Aisha met now, described long ago; her service keeps a note. No agreement lapses meanwhile."""
    person_id = str(new_id())
    phone.push(phone.patch("person.patched", person_id, name="Marek"), phone.contact(person_ids=[person_id]))
    with services.database.writing() as session:
        session.execute(agreement.update().values(expires_on=clock().date() + timedelta(days=400)))
        session.execute(person.update().values(created_at=clock() - timedelta(days=400)))
    with at(services, cast.tom, clock()) as access:
        notes.write_note(access, person_id, "Takes insulin")
    return person_id


def at(services: Any, worker: Worker, moment: datetime) -> Any:
    return Door(services.database, worker, moment, services.new_id, may_change=True).open()


@pytest.mark.parametrize(
    ("later", "works_with_them"),
    [(90 * DAY, True), (90 * DAY + timedelta(seconds=1), False), (91 * DAY, False), (400 * DAY, False)],
)
def test_works_with_somebody_for_ninety_days_after_the_last_contact(
    later: timedelta, works_with_them: bool, marek: str, services: Any, cast: Cast, clock: Clock
) -> None:
    moment = clock() + later
    with services.database.reading() as session:
        told = list_people(session, [marek], moment - timedelta(days=subjects.WORKS_WITH_DAYS))[marek]
    assert (cast.outreach.id in told.working_agency_ids) is works_with_them
    if works_with_them:
        with at(services, cast.tom, moment) as access:
            assert [each.text for each in notes.read_notes(access, marek)] == ["Takes insulin"]
    else:
        with pytest.raises(Forbidden), at(services, cast.tom, moment) as access:
            notes.read_notes(access, marek)


@pytest.mark.parametrize("end", ["done", "taken back"])
def test_an_open_action_keeps_a_relation_and_its_end_ends_it(end: str, enter: Any, watford: Database) -> None:
    with enter("tom") as access:
        notes.write_note(access, "joan", "Takes insulin")
    with pytest.raises(Forbidden), enter("priya") as access:
        notes.read_notes(access, "joan")
    with enter("priya") as access:
        conference = call(access)
        item = item_at(access, conference.id, 1)
        told = {"text": "viewing", "agency_id": "watford-housing", "due_on": access.today + DAY}
        action = discussion.agree_action(access, conference.id, item, **told)
    assert flagged(watford) == [("joan", "watford-housing", "own_action")]
    with enter("priya", 2 * DAY) as access:
        assert notes.read_notes(access, "joan")
    with enter("priya", 2 * DAY) as access:
        if end == "taken back":
            discussion.take_back_action(access, conference.id, action.id)
        else:
            answers.finish_action(access, action.id, "seen")
    with pytest.raises(Forbidden), enter("priya", 2 * DAY) as access:
        notes.read_notes(access, "joan")
    assert flagged(watford) == [("joan", "watford-housing", "own_action")], "what was flagged stays on record"
    with watford.reading() as session:
        lines = audit.list_lines(session, subject_kind="case", subject_id="case-joan")
    taken_back = [(each.actor_id, each.detail) for each in lines if each.purpose == discussion.TOOK_BACK]
    assert taken_back == ([("priya", "watford-housing")] if end == "taken back" else [])


# ------------------------------------------------------------------------------------------------- made for oneself


@pytest.fixture
def neighbour(client: Any, services: Any, clock: Clock, new_id: Any, cast: Cast, issue_code: Any) -> Phone:
    """The phone of another agency that walks Watford too."""
    made = Phone(client, clock, new_id)
    made.enrol(issue_code(hire_elsewhere(services, clock(), new_id, cast.watford.id, "Nia Bell")))
    return made


def opens_notes(client: Any, person_id: str) -> int:
    assert post_sign_in(client, "nia@example.org", PASSWORD).status_code == 303
    return int(client.get(f"/people/{person_id}/notes", headers={"accept": "text/html"}).status_code)


@pytest.mark.parametrize("way", ["a contact", "a correction"])
def test_a_contact_from_a_phone_that_opens_the_notes_of_others_is_flagged_at_once(
    way: str, marek: str, neighbour: Phone, client: Any, services: Any, cast: Cast, new_id: Any
) -> None:
    assert opens_notes(client, marek) == 403
    own = neighbour.contact(person_ids=[marek] if way == "a contact" else [])
    neighbour.push(own)
    if way == "a correction":
        told = {"contact_id": own["e"], "fields": {"person_ids": [marek]}}
        told |= {"id": new_id(), "worker_id": who(neighbour), "at": neighbour.clock().isoformat()}
        neighbour.push(neighbour.make_change("contact.corrected", e=own["e"], p=told))
    assert opens_notes(client, marek) == 200
    with services.database.reading() as session:
        agency_id = get_worker(session, who(neighbour)).agency_id
    assert flagged(services.database) == [(marek, agency_id, "pushed_contact")]
    neighbour.push(neighbour.contact(person_ids=[marek]))
    assert len(flagged(services.database)) == 1, "they work with each other by now"
    assert post_sign_in(client, "olu@example.org", PASSWORD).status_code in {200, 303}
    page = client.get("/access-reviews", headers={"accept": "text/html"}).text
    assert SELF_MADE["pushed_contact"] in page


def test_a_contact_from_a_phone_that_opens_nothing_is_not_flagged(
    phone: Phone, neighbour: Phone, services: Any, new_id: Any, marek: str
) -> None:
    """Of somebody new, of somebody nobody keeps notes of, of somebody whom one's own service keeps notes of."""
    known = new_id()
    phone.push(phone.patch("person.patched", known, alias="Red"), phone.contact(person_ids=[known]))
    neighbour.push(neighbour.contact(person_ids=[known, new_id()]))
    phone.push(phone.contact(person_ids=[marek]))
    assert flagged(services.database) == []
