"""The meeting room: every case there at once, each field saved alone by the hand that types, those who must leave first."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, update

from server.actions.cases.caseload import set_lead
from server.actions.conferences import discussion, room
from server.database.engine import Database
from server.problems import Failure, Forbidden, Invalid, NotFound
from server.queries.cases.caseload import list_leads
from server.queries.conferences import conferences as stored
from server.queries.conferences import room as rows
from server.queries.conferences.seats import add_seat
from server.queries.people import people, person_page
from server.tables.cases.case import case_action
from server.tables.operation.audit import audit
from server.tables.partnership.worker import worker
from shared.model.case import CaseLead
from shared.model.codes import SupportPhase
from shared.model.conference import CaseConference
from tests.server.conferences.conftest import Browser, Enter, item_at
from tests.server.conferences.test_conferences import call
from tests.web import county


@pytest.fixture
def meeting(enter: Enter, now: Any) -> CaseConference:
    """Called by Priya; Tom, of the outreach agency, takes the minutes."""
    with enter("priya") as access:
        return call(access, now + timedelta(hours=1))


@pytest.fixture
def project(settings: Any, clock: Any, new_id: Any) -> Any:
    from server.app import create_services

    services = create_services(settings, clock, new_id)
    yield services.project
    services.database.close()


def field_of(
    enter: Enter, who: str, project: Any, meeting: CaseConference, at: int, name: str, value: str, was: str
) -> Any:
    with enter(who) as access:
        return room.save_field(access, project, meeting.id, item_at(access, meeting.id, at), name, value, was)


def person_at(enter: Enter, meeting: CaseConference, at: int) -> str:
    with enter("priya") as access:
        opened = room.open_room(access, meeting.id)
        case = next(each.case for each in opened.cases if each.item.position == at)
        assert case is not None
        return case.person_id


def test_every_case_is_there_at_once(browser: Browser, meeting: CaseConference) -> None:
    shown = browser.sign_in("priya").get(f"/conferences/{meeting.id}/room").text
    assert len(re.findall(r'<section class="lantern-room__case"', shown)) == 15
    assert len(re.findall(r'data-jump="', shown)) == 15
    assert "Person 01" in shown and "Case 15" not in shown


def test_the_room_opens_in_three_times_the_statements_of_one_case(browser: Browser, meeting: CaseConference) -> None:
    browser.sign_in("priya")
    one = browser.case(f"/conferences/{meeting.id}", 1)
    single, whole = statements(browser, one), statements(browser, f"/conferences/{meeting.id}/room")
    assert whole <= 3 * single, (whole, single)


def statements(browser: Browser, path: str) -> int:
    from sqlalchemy import Engine

    seen: list[str] = []

    def hear(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        assert browser.get(path).status_code == 200
    finally:
        event.remove(Engine, "before_cursor_execute", hear)
    return len(seen)


def test_the_hand_that_types_writes_a_date_of_birth_and_it_is_on_record_who(
    enter: Enter, meeting: CaseConference, project: Any, watford: Database
) -> None:
    who = person_at(enter, meeting, 2)
    saved = field_of(enter, "tom", project, meeting, 2, "date_of_birth", "2/4/79", "1 January 1980")
    assert (saved.says, saved.stale) == ("2 April 1979", False)
    with watford.reading() as session:
        found = people.find_person(session, who)
        lines = session.execute(select(audit.c.actor_id, audit.c.detail).where(audit.c.detail.like(f"{who}:%"))).all()
    assert found is not None and found.date_of_birth == date(1979, 4, 2)
    assert [tuple(each) for each in lines] == [("tom", f"{who}: date_of_birth")]


def test_a_stale_fact_stands_beside_the_newer_and_is_not_written(
    enter: Enter, meeting: CaseConference, project: Any, watford: Database
) -> None:
    who = person_at(enter, meeting, 2)
    field_of(enter, "priya", project, meeting, 2, "date_of_birth", "3 March 1980", "1 January 1980")
    late = field_of(enter, "tom", project, meeting, 2, "date_of_birth", "4 May 1981", "1 January 1980")
    assert late.stale and late.says == "3 March 1980"
    with watford.reading() as session:
        found = people.find_person(session, who)
    assert found is not None and found.date_of_birth == date(1980, 3, 3)


@pytest.mark.parametrize("typed", ["31/2/80", "1 January 2031", "1066", "soon"])
def test_no_day_that_cannot_be_is_a_date_of_birth(
    typed: str, enter: Enter, meeting: CaseConference, project: Any
) -> None:
    with pytest.raises(Invalid):
        field_of(enter, "tom", project, meeting, 2, "date_of_birth", typed, "1 January 1980")


def test_a_need_and_general_data_and_the_lead_are_saved_alone(
    enter: Enter, meeting: CaseConference, project: Any, watford: Database
) -> None:
    who = person_at(enter, meeting, 2)
    assert field_of(enter, "tom", project, meeting, 2, "need_alcohol", "no", "").says == "no"
    assert field_of(enter, "priya", project, meeting, 2, "need_alcohol", "yes", "").stale
    field_of(enter, "tom", project, meeting, 2, "general_eviction_risk", "yes", "")
    field_of(enter, "priya", project, meeting, 2, "general_temporarily_housed", "yes", "")
    lead = field_of(enter, "tom", project, meeting, 2, "lead", "cgl transition", "")
    assert field_of(enter, "priya", project, meeting, 2, "lead", "beacon transition", "").stale
    assert (
        field_of(enter, "priya", project, meeting, 2, "lead", "beacon transition", lead.version).says
        == "beacon transition"
    )
    with enter("priya") as access:
        case = next(each for each in room.open_room(access, meeting.id).cases if each.item.position == 2)
        needs = {each.need: each.receiving_support for each in person_page.list_needs(access.session, [who])}
    assert needs == {"alcohol": "no"}
    assert (case.general.eviction_risk, case.general.temporarily_housed) == (True, True), (
        "neither takes the other's away"
    )
    assert case.lead is not None and case.lead.lead.agency_id == "beacon"


def test_who_leads_stays_where_the_meeting_says_another_phase_alone(
    enter: Enter, meeting: CaseConference, project: Any, watford: Database
) -> None:
    def say(value: str, was: str) -> CaseLead:
        saved = field_of(enter, "tom", project, meeting, 2, "lead", value, was)
        with enter("priya") as access:
            lead = list_leads(access.session, [case_id])[case_id].lead
        assert (saved.stale, saved.version) == (False, lead.id)
        return lead

    with enter("priya") as access:
        (case_id,) = [each.case_id for each in stored.list_items(access.session, meeting.id) if each.position == 2]
        first = set_lead(access, case_id, "cgl", "ruth", SupportPhase.TRANSITION)
    again = say("cgl try_out", first.id)
    assert (again.worker_id, again.phase) == ("ruth", SupportPhase.TRY_OUT)
    other = say("beacon try_out", again.id)
    assert other.worker_id is None
    with enter("priya") as access:
        back = set_lead(access, case_id, "cgl", "ruth", SupportPhase.TRY_OUT)
    with watford.writing() as session:
        session.execute(update(worker).where(worker.c.id == "ruth").values(active=False))
        add_seat(session, county.WATFORD, "cgl", meeting.starts_at, "priya")
    assert say("cgl transition", back.id).worker_id is None


def test_the_day_it_comes_back_has_a_version_of_its_own(enter: Enter, meeting: CaseConference, project: Any) -> None:
    first = field_of(enter, "tom", project, meeting, 1, "next_on", "12 Dec", "0")
    assert (first.says, first.version) == ("12 December 2026", "1")
    assert field_of(enter, "priya", project, meeting, 1, "next_on", "19 Dec", "0").stale
    assert field_of(enter, "priya", project, meeting, 1, "next_on", "", "1").says == ""
    with pytest.raises(Invalid):
        field_of(enter, "tom", project, meeting, 1, "next_on", "when it rains", "2")


def test_whoever_does_not_run_the_meeting_writes_nothing(enter: Enter, meeting: CaseConference, project: Any) -> None:
    for who in ("ruth", "rowan", "aisha"):
        with pytest.raises((NotFound, Forbidden)):
            with enter("priya") as access:
                item = item_at(access, meeting.id, 1)
            with enter(who) as access:
                room.save_field(access, project, meeting.id, item, "general_evicted", "yes", "")


@pytest.mark.parametrize(
    "field", ["name", "need_wings", "general_is_admin", "lead", "", "wants_first", "general_case_id"]
)
def test_no_other_field_is_written_by_this_road(
    field: str, enter: Enter, meeting: CaseConference, project: Any
) -> None:
    with pytest.raises(Invalid):
        field_of(enter, "tom", project, meeting, 1, field, "yes", "")


def test_a_meeting_that_has_ended_takes_nothing_more(enter: Enter, meeting: CaseConference, project: Any) -> None:
    with enter("priya") as access:
        item = item_at(access, meeting.id, 1)
        discussion.finish_conference(access, meeting.id, {})
    with enter("priya") as access, pytest.raises(Failure):
        room.save_field(access, project, meeting.id, item, "general_evicted", "yes", "")


def test_an_outcome_has_a_code_beside_its_words_and_both_are_in_the_review(
    enter: Enter, meeting: CaseConference
) -> None:
    with enter("tom") as access:
        item = item_at(access, meeting.id, 1)
        saved = discussion.save_outcome(
            access, meeting.id, item, based_on=0, outcome="Flat in Vicarage Road", code="long_term_home"
        )
        assert (saved.outcome_code, saved.outcome_version) == ("long_term_home", 1)
        words = discussion.save_outcome(access, meeting.id, item, based_on=1, outcome="Flat, keys on Friday")
        assert words.outcome_code == "long_term_home", "a page that asks for no code leaves it"
        assert discussion.save_outcome(access, meeting.id, item, based_on=1, outcome="x", code="in_prison").stale
        with pytest.raises(Invalid):
            discussion.save_outcome(access, meeting.id, item, based_on=2, outcome="x", code="abducted")
    with enter("priya") as access:
        discussion.finish_conference(access, meeting.id, {})
        written = rows.list_written(access.session, meeting.id, stored.list_items(access.session, meeting.id))
    (review,) = written[item].reviews
    assert (review.outcome, review.outcome_code) == ("Flat, keys on Friday", "long_term_home")


def test_an_action_that_is_sent_twice_is_one(browser: Browser, meeting: CaseConference, watford: Database) -> None:
    case = browser.sign_in("tom").case(f"/conferences/{meeting.id}", 1)
    key = "01a1d1aa-e3c1-7000-8000-0000000000aa"
    for _ in range(2):
        answer = browser.post(f"{case}/action", accept="application/json", line="CGL: assessment by 16 Nov", key=key)
        assert answer.status_code == 200 and answer.json()["said"].startswith("CGL Spectrum · assessment · Mon 16 Nov")
    other = browser.case(f"/conferences/{meeting.id}", 2)
    taken = browser.post(f"{other}/action", accept="application/json", line="CGL: assessment by 16 Nov", key=key)
    assert taken.status_code == 409
    with watford.reading() as session:
        assert session.scalars(select(case_action.c.id).where(case_action.c.id == key)).all() == [key]
    wrong = browser.post(f"{case}/action", accept="application/json", line="CGL: assessment by 16 Nov", key="x' or 1=1")
    assert wrong.status_code == 400


def test_those_who_must_leave_are_first(browser: Browser, enter: Enter, meeting: CaseConference, project: Any) -> None:
    field_of(enter, "tom", project, meeting, 9, "lead", "cgl transition", "")
    browser.sign_in("priya")
    path = f"/conferences/{meeting.id}/attendance"
    assert browser.post(path, agency="cgl", came="yes", leaves="tomorrow").status_code == 422
    assert browser.post(path, agency="cgl", came="yes", leaves="22:40").status_code == 303
    with enter("priya") as access:
        opened = room.open_room(access, meeting.id)
    assert [each.item.position for each in opened.cases][:3] == [9, 1, 2]
    assert opened.cases[0].first == "CGL Spectrum"
    shown = browser.get(f"/conferences/{meeting.id}/room").text
    assert "CGL Spectrum leaves early" in shown and "leaves at 22:40" in shown
    field_of(enter, "tom", project, meeting, 4, "lead", "beacon transition", "")
    field_of(enter, "tom", project, meeting, 5, "lead", "beacon transition", "")
    browser.post(path, agency="beacon", came="yes", leaves="22:30")
    with enter("priya") as access:
        opened = room.open_room(access, meeting.id)
    assert [each.item.position for each in opened.cases][:5] == [4, 5, 9, 1, 2]  # the earliest leaver's before all


def test_a_screen_hears_who_is_there_and_what_is_newer(
    browser: Browser, enter: Enter, meeting: CaseConference, now: Any
) -> None:
    with enter("tom") as access:
        item = item_at(access, meeting.id, 3)
        room.read_news(access, meeting.id, item)
        discussion.save_note(access, meeting.id, item, base="", notes="Foot sore")
    browser.sign_in("priya")
    told = browser.client.get(
        f"/conferences/{meeting.id}/room/news?item=x", headers={"accept": "application/json"}
    ).json()
    assert told["versions"] == {item: [1, 0, 0]}
    assert [each["name"] for each in told["present"]] == ["Priya S", "Tom E"]
    with enter("priya", timedelta(minutes=2)) as access:
        assert rows.list_present(access.session, meeting.id, access.now) == []
        rows.forget_presence(access.session, access.now + timedelta(days=2))


def test_words_of_another_worker_are_not_saved_in_ones_name(browser: Browser, meeting: CaseConference) -> None:
    case = browser.sign_in("priya").case(f"/conferences/{meeting.id}", 1)
    answer = browser.post(
        f"{case}/field", accept="application/json", field="general_evicted", value="yes", typed_by="tom"
    )
    assert answer.status_code == 409
