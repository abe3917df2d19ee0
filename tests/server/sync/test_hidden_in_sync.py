"""A hidden person through sync (privacy rule A5): phones of teams that may not know lose them, are answered as if there were
no such record, and nothing that they bring is lost.
"""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from server.access import Door
from server.actions.partnership.recipients import admit
from server.actions.people.hiding import hide_person, show_person_again
from server.database.engine import Database
from server.queries.partnership import agencies, workers
from server.queries.people import person_page
from server.queries.sync.store import conceal, find_scopes, list_changes, place_entity
from shared.model.agency import Agency, Agreement, Team
from shared.model.codes import AgencyKind, AgreementKind, Role
from shared.model.worker import Worker
from tests.server.cast import Cast
from tests.server.phone import Phone

REASON = "Her brother looks for her and has asked at two hostels"
HERE = {"latitude": 51.65, "longitude": -0.4, "source": "gps"}
Doer = Callable[..., None]
LIKELY = "/sync/v1/likely-cells"


@pytest.fixture
def beas_phone(
    database: Database, cast: Cast, client: Any, clock: Any, new_id: Callable[[], str], issue_code: Callable[..., str]
) -> Phone:
    """Bea walks Watford as well, for another service."""
    one = Agency(id=new_id(), name="Day Centre", kind=AgencyKind.OUTREACH)
    team = Team(id=new_id(), agency_id=one.id, name="Day Centre outreach", district_ids=(cast.watford.id,))
    bea = Worker(
        id=new_id(), name="Bea Long", short_name="Bea L", agency_id=one.id, roles=frozenset({Role.WORKER}),
        team_ids=(team.id,), trained_on=date(2026, 9, 1),
    )  # fmt: skip
    with database.writing() as session:
        agencies.add_agency(session, one)
        for kind in AgreementKind:
            agencies.add_agreement(session, Agreement(
                id=new_id(), agency_id=one.id, kind=kind, version="1", signatory="The director",
                signed_on=date(2026, 2, 1), expires_on=date(2027, 1, 31),
            ))  # fmt: skip
        agencies.add_team(session, team)
        workers.add_worker(session, bea, email="bea@example.org", now=clock())
        assert admit(session, one.id, Role.WORKER, clock(), new_id)
    made = Phone(client, clock, new_id)
    made.enrol(issue_code(bea))
    return made


@pytest.fixture
def priya(database: Database, cast: Cast, clock: Any, new_id: Callable[[], str]) -> Callable[[], Any]:
    return lambda: Door(database, cast.priya, clock(), new_id, may_change=True).open()


def met(phone: Phone, person_id: str, **described: str) -> Any:
    answer = phone.push(
        phone.patch("person.patched", person_id, **described), phone.contact(person_ids=[person_id], position=HERE)
    )
    assert answer.status_code == 200, answer.text
    return answer


def read_on(phone: Phone, cursors: dict[str, Any] | None = None) -> tuple[list[tuple[str, str]], dict[str, Any]]:
    """The operations of a pull, and where it ends."""
    page = phone.pull(cursors).json()
    return [(op, change_id) for _, _, change_id, op, *_ in page["rows"]], page["next"]


def test_a_square_where_only_a_hidden_person_was_met_is_told_to_who_may_know_alone(
    phone: Phone, beas_phone: Phone, cast: Cast, priya: Any, new_id: Callable[[], str]
) -> None:
    joan = new_id()
    met(phone, joan, name="Joan")
    first = beas_phone.get(LIKELY)
    assert len(first.json()["squares"]) == 1
    with priya() as access:
        hide_person(access, joan, [cast.outreach.id], REASON)
    assert "squares" not in beas_phone.get(LIKELY, first.headers["etag"]).json()
    assert len(phone.get(LIKELY).json()["squares"]) == 1


def test_a_team_that_may_not_know_loses_the_record_and_the_others_keep_it(
    phone: Phone, beas_phone: Phone, cast: Cast, priya: Any, new_id: Callable[[], str]
) -> None:
    joan = new_id()
    met(phone, joan, name="Joan")
    met(beas_phone, joan, alias="Jo")
    before, at = read_on(beas_phone)
    assert [op for op, _ in before] == ["put", "put"]
    _, at_aisha = read_on(phone)
    with priya() as access:
        hide_person(access, joan, [cast.outreach.id], REASON)
    after, at = read_on(beas_phone, at)
    assert sorted(after) == sorted(("evict", change_id) for _, change_id in before)
    assert read_on(phone, at_aisha)[0] == []
    with priya() as access:
        show_person_again(access, joan, REASON)
    assert sorted(read_on(beas_phone, at)[0]) == sorted(before)
    assert read_on(phone, at_aisha)[0] == []


def speak_of(phone: Phone, person_id: str) -> list[str]:
    """What a phone hears when it sends a name and a contact of somebody and then listens: status and body of both answers,
    without what differs between any two changes (ids, numbers, stamps)."""
    _, at = read_on(phone)
    told = [
        phone.patch("person.patched", person_id, name="Joan", strengths="Sings"),
        phone.contact(person_ids=[person_id], note="Asked for a blanket", position=HERE),
    ]
    heard = []
    for answer in (phone.push(*told), phone.pull(at)):
        text = answer.text
        for known, name in ((person_id, "P"), (told[1]["e"], "C"), (told[0]["id"], "A"), (told[1]["id"], "B")):
            text = text.replace(known, name)
        text = re.sub(r'"[0-9a-f]{8,}"', "hash", text)
        heard.append(f"{answer.status_code} {re.sub(r'[0-9]+', '#', text)}")
    return heard


def test_a_phone_that_may_not_know_hears_of_a_hidden_person_what_it_hears_of_nobody(
    phone: Phone, beas_phone: Phone, cast: Cast, priya: Any, new_id: Callable[[], str], database: Database
) -> None:
    joan = new_id()
    met(phone, joan, name="Joan")
    with priya() as access:
        hide_person(access, joan, [cast.outreach.id], REASON)
    speak_of(beas_phone, new_id())
    hidden = speak_of(beas_phone, joan)
    nobody = speak_of(beas_phone, new_id())
    assert hidden == nobody
    assert hidden[1].count('"put"') == 2, "its own words, in its own feed"
    assert "elsewhere" not in hidden[1] and "held" not in hidden[1], "and nothing that tells of others"
    with priya() as access:
        page = access.open_person(joan, "look")
        assert page.strengths == "Sings", "what it brought is not lost"
        events = person_page.list_events(access.session, [joan], access.now + timedelta(minutes=1))
        assert [each.text for each in events if each.kind == "contact" and each.text] == ["Asked for a blanket"]
    with database.reading() as session:
        assert len(list_changes(session, joan)) == 2


def test_those_who_may_know_hear_what_the_others_bring(
    phone: Phone, beas_phone: Phone, cast: Cast, priya: Any, new_id: Callable[[], str], database: Database
) -> None:
    """A record that was placed in both feeds is heard in the one that may know, also when the other speaks of it."""
    joan = new_id()
    met(phone, joan, name="Joan")
    assert beas_phone.enrolled is not None
    theirs = f"team:{beas_phone.enrolled.config.team.id}"
    with database.writing() as session:
        place_entity(session, joan, [f"team:{cast.team.id}", theirs])
    _, at = read_on(phone)
    with priya() as access:
        hide_person(access, joan, [cast.outreach.id], REASON)
        assert find_scopes(access.session, joan) == {f"team:{cast.team.id}"}
    change = beas_phone.patch("person.patched", joan, strengths="Sings")
    assert beas_phone.push(change).status_code == 200
    assert read_on(phone, at)[0] == [("put", change["id"])]
    with database.writing() as session:
        place_entity(session, joan, [theirs])
        assert find_scopes(session, joan) == frozenset(), "moving a concealed record shows it to nobody new"


def test_concealing_twice_says_nothing_twice(phone: Phone, database: Database, cast: Cast, new_id: Any) -> None:
    joan = new_id()
    met(phone, joan, name="Joan")
    _, at = read_on(phone)
    for _ in range(2):
        with database.writing() as session:
            conceal(session, [joan], [])
    said, at = read_on(phone, at)
    assert [op for op, _ in said] == ["evict"]
    assert read_on(phone, at)[0] == []
