"""A person seen in two districts is on one list, where they bed down; the other district knows, and knows whom to ask."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from server.actions.cases import answers, chasing
from server.actions.cases import cases as decisions
from server.actions.cases.moves import hand_over
from server.actions.conferences import conferences, discussion
from server.actions.people.hiding import hide_person
from server.actions.sync.projection.verification import derive_verification
from server.database.engine import Database
from server.problems import Invalid, NotFound
from server.queries.cases import case_events, case_moves, cases
from server.queries.conferences.conferences import list_items
from server.queries.operation import outbox
from server.queries.sync.store import find_scopes
from server.tables.street.contact import contact, contact_person
from shared.model.codes import CaseState, CaseStep, EvidenceBasis
from shared.model.mail import MailKind
from tests.conftest import Clock
from tests.server.cast import WATFORD, Cast, say_same
from tests.server.conferences.conftest import Browser, item_at
from tests.server.conferences.test_at_once import while_held
from tests.server.phone import Phone
from tests.web import county

DACORUM = (51.75, -0.5)
"""In the middle of the cast's second square."""


def see(phone: Phone, person: str, at: tuple[float, float], *days_ago: int) -> Any:
    moments = [phone.clock() - timedelta(days=days) for days in days_ago]
    return phone.push(
        *(
            phone.contact(
                person_ids=[person], position={"latitude": at[0], "longitude": at[1]}, seen_at=moment.isoformat(),
                night=moment.date().isoformat(),
            )
            for moment in moments
        )
    )  # fmt: skip


def live(database: Database, person: str) -> list[Any]:
    with database.reading() as session:
        return cases.list_live_cases_of(session, [person])


def test_one_night_elsewhere_moves_nobody_and_the_other_district_is_told(
    phone: Phone, database: Database, cast: Cast, clock: Clock, new_id: Callable[[], str]
) -> None:
    marek = new_id()
    assert phone.push(phone.patch("person.patched", marek, name="Marek")).status_code == 200
    see(phone, marek, WATFORD, 3, 2)
    see(phone, marek, DACORUM, 1)
    (case,) = live(database, marek)
    assert (case.district_id, case.state) == (cast.watford.id, CaseState.CANDIDATE)
    with database.reading() as session:
        (told,) = case_moves.list_neighbour_cases(session, cast.dacorum.id, clock.now.date())
        assert case_moves.list_neighbour_cases(session, cast.watford.id, clock.now.date()) == []
        assert case_moves.list_whom_to_ask(session, [cast.watford.id]) == {
            cast.watford.id: ["Priya S, Watford Housing"]
        }
    assert (told.person_id, told.known_as, told.district_name, told.nights) == (marek, "Marek", "Watford", 1)


def test_a_candidate_follows_where_they_bed_down_and_the_move_is_kept(
    phone: Phone, database: Database, cast: Cast, clock: Clock, new_id: Callable[[], str]
) -> None:
    marek = new_id()
    assert phone.push(phone.patch("person.patched", marek, name="Marek")).status_code == 200
    see(phone, marek, WATFORD, 9)
    (before,) = live(database, marek)
    see(phone, marek, DACORUM, 2, 1)
    (after,) = live(database, marek)
    assert (before.district_id, after.district_id) == (cast.watford.id, cast.dacorum.id)
    assert before.id == after.id
    with database.reading() as session:
        (move,) = case_moves.list_moves(session, [after.id])[after.id]
        (told,) = case_moves.list_neighbour_cases(session, cast.watford.id, clock.now.date())
    assert move.worker_id is None
    assert move.reason == "Seen bedded down in Dacorum on 2 nights of the last 28, in Watford on 1"
    assert told.district_name == "Dacorum"


def test_a_listed_case_stays_until_a_coordinator_hands_it_over(
    phone: Phone, database: Database, cast: Cast, clock: Clock, new_id: Callable[[], str]
) -> None:
    marek = new_id()
    see(phone, marek, WATFORD, 9)
    with database.writing() as session:
        session.execute(text("update mdt_case set state = 'listed'"))
    see(phone, marek, DACORUM, 3, 2, 1)
    (case,) = live(database, marek)
    assert case.district_id == cast.watford.id
    with database.reading() as session:
        ((name, told),) = case_moves.list_told_elsewhere(session, [case.id], clock.now.date())[case.id]
    assert (name, told.nights) == ("Dacorum", 3)


def test_two_records_found_to_be_one_person_leave_one_case(
    phone: Phone, database: Database, cast: Cast, new_id: Callable[[], str], issue_code: Callable[..., str]
) -> None:
    marek, mars = new_id(), new_id()
    see(phone, marek, WATFORD, 9, 8)
    see(phone, mars, DACORUM, 1)
    assert len(live(database, marek) + live(database, mars)) == 2
    phone = Phone(phone.client, phone.clock, new_id)
    phone.enrol(issue_code(cast.tom))  # merging is for a lead
    say_same(database, mars, marek, cast.priya, phone.clock(), new_id)
    told = {"id": new_id(), "from_id": mars, "into_id": marek, "worker_id": cast.tom.id, "undone": False}
    merge = phone.make_change("person.merged", e=marek, p={**told, "at": phone.clock().isoformat()})
    assert phone.push(merge).status_code == 200
    (kept,) = live(database, marek) + live(database, mars)
    assert (kept.person_id, kept.district_id) == (marek, cast.watford.id)
    later = {**told, "id": new_id(), "undone": True, "at": (phone.clock() + timedelta(seconds=1)).isoformat()}
    assert phone.push(phone.make_change("person.merged", e=marek, p=later)).status_code == 200
    assert len(live(database, marek) + live(database, mars)) == 2


# ------------------------------------------------------------------------------------------------------- handing over


def test_a_case_is_handed_over_whole(enter, watford: Database, now: datetime) -> None:
    with enter("priya") as access:
        conference = conferences.schedule_conference(access, county.WATFORD, access.now, "", "priya", "tom")
        discussion.save_note(access, conference.id, item_at(access, conference.id, 1), base="", notes="Settled")
        discussion.save_outcome(access, conference.id, item_at(access, conference.id, 1), based_on=0, outcome="Well")
        discussion.agree_action(
            access,
            conference.id,
            item_at(access, conference.id, 1),
            text="assessment",
            agency_id="cgl",
            due_on=now.date() + timedelta(days=9),
        )
        discussion.finish_conference(access, conference.id, {})
        coming = conferences.schedule_conference(
            access, county.WATFORD, access.now + timedelta(days=28), "", "priya", "tom"
        )
        moved = hand_over(access, "case-joan", county.THREE_RIVERS, "Sleeps by the canal now")
        positions = [item.position for item in list_items(access.session, coming.id)]
    assert (moved.district_id, moved.state, moved.mdt_number) == (county.THREE_RIVERS, CaseState.OPEN, 3)
    with watford.reading() as session:
        last = case_events.list_events(session, ["case-joan"])["case-joan"][-1]
    assert (last.step, last.district_id, last.reason) == (
        CaseStep.MOVED,
        county.THREE_RIVERS,
        "Sleeps by the canal now",
    )
    assert positions == list(range(1, len(positions) + 1))
    with watford.writing() as session:
        lends = "insert into worker_district (worker_id, district_id) values ('priya', :there)"
        session.execute(text(lends), {"there": county.THREE_RIVERS})
    with enter("rowan") as access:
        agreed = conferences.schedule_conference(access, county.THREE_RIVERS, access.now, "", "rowan", "priya")
        (item,) = list_items(access.session, agreed.id)
        person = access.open_person("joan", "coordination")
    assert (item.case_id, item.carried_over) == ("case-joan", True)
    assert person.name == "Joan Carter"
    with watford.reading() as session:
        held = text("select count(*) from {} where case_id = 'case-joan'")
        for table in ("case_review", "case_action", "case_move"):
            assert session.execute(text(held.text.format(table))).scalar_one() == 1, table


def test_a_case_that_is_being_discussed_stays_until_the_conference_is_over(enter) -> None:
    with enter("priya") as access:
        conference = conferences.schedule_conference(access, county.WATFORD, access.now, "", "priya", "tom")
        item = item_at(access, conference.id, 1)
        discussion.save_note(access, conference.id, item, base="", notes="Foot sore")
    with enter("priya") as access, pytest.raises(Invalid) as why:
        hand_over(access, "case-joan", county.THREE_RIVERS, "Sleeps by the canal now")
    assert "is being discussed" in why.value.errors[0]
    with enter("priya") as access:
        discussion.save_note(access, conference.id, item, base="Foot sore", notes="")  # it was about somebody else
        gone = hand_over(access, "case-joan", county.THREE_RIVERS, "Sleeps by the canal now")
    assert gone.district_id == county.THREE_RIVERS


def test_two_presses_at_the_same_moment_hand_a_case_over_once(enter, watford: Database) -> None:
    if watford.is_sqlite:
        pytest.skip("on SQLite one transaction follows another")
    refusals: list[str] = []

    def press() -> None:
        try:
            with enter("priya") as other:
                hand_over(other, "case-joan", county.THREE_RIVERS, "Sleeps by the canal now")
        except Invalid as refused:
            refusals.extend(refused.errors)

    with enter("priya") as access:
        hand_over(access, "case-joan", county.THREE_RIVERS, "Sleeps by the canal now")
        pressing = while_held(watford, press)
    pressing.join(20)
    assert refusals == ["Choose the district that the case goes to."]
    with watford.reading() as session:
        assert len(case_moves.list_moves(session, ["case-joan"])["case-joan"]) == 1


@pytest.mark.parametrize("hidden", [False, True])
def test_of_somebody_hidden_no_coordinator_who_may_not_know_hears_anything(
    enter, watford: Database, hidden: bool
) -> None:
    with enter("priya") as access:
        due = access.today + timedelta(days=3)
        owed = chasing.add_between(access, county.WATFORD, "case-joan", text="Ring her", agency_id="cgl", due_on=due)
        if hidden:
            hide_person(access, "joan", ["cgl"], "Her brother looks for her and has asked at two hostels")
    with enter("ruth") as access:
        answers.refuse_action(access, owed.id, "Ours is drink only")
    with enter("priya") as access:
        hand_over(access, "case-joan", county.THREE_RIVERS, "Sleeps by the canal now")
    with watford.reading() as session:
        every = [each.mail for each in outbox.list_posted(session)]
    told = {
        (each.kind, each.worker_id)
        for each in every
        if each.kind in (MailKind.CASE_HANDED_OVER, MailKind.ACTION_RETURNED)
    }
    # Each goes to the coordinator of the district that it concerns, and to no other.
    handed = set() if hidden else {(MailKind.CASE_HANDED_OVER, "rowan")}
    assert told == {(MailKind.ACTION_RETURNED, "priya")} | handed


@pytest.mark.parametrize(
    ("to", "reason", "words"),
    [
        (county.THREE_RIVERS, "  ", "Say why"),
        (county.THREE_RIVERS, "x" * 2_001, "Use 2,000 characters or fewer: these are 2,001"),
        (county.WATFORD, "x", "Choose the district"),
        ("none", "x", "Choose the district"),
    ],
)
def test_handing_over_needs_another_district_and_a_reason(enter, to: str, reason: str, words: str) -> None:
    with enter("priya") as access, pytest.raises(Invalid) as why:
        hand_over(access, "case-joan", to, reason)
    assert words in why.value.errors[0]


def test_only_the_coordinator_who_has_the_case_hands_it_over(enter) -> None:
    with enter("rowan") as access, pytest.raises(NotFound):
        hand_over(access, "case-joan", county.THREE_RIVERS, "Mine")


def test_a_person_is_on_one_list_and_the_refusal_says_whom_to_ask(enter, watford: Database, now: datetime) -> None:
    with watford.writing() as session:
        county.see_again(session, now, "noor", county.WATFORD)
    with enter("priya") as access, pytest.raises(Invalid) as why:
        decisions.put_forward(access, "noor", county.WATFORD, EvidenceBasis.SELF_REPORT, "Says she sleeps here")
    assert why.value.errors == (
        "Three Rivers has this person on its list already. Ask Rowan P, Three Rivers Housing to hand the case over.",
    )


def test_the_phones_of_the_new_districts_team_carry_the_person_and_the_old_ones_only_while_they_meet_them(
    enter, watford: Database, now: datetime
) -> None:
    with watford.writing() as session:
        county.add_team(session, "rickmansworth", county.THREE_RIVERS)
    with enter("priya") as access:
        hand_over(access, "case-joan", county.THREE_RIVERS, "Sleeps by the canal now")
    with watford.reading() as session:
        assert find_scopes(session, "joan") == {"team:rickmansworth", "team:watford-outreach"}
    with watford.writing() as session:
        session.execute(text("update contact_person set seen_at = :long_ago"), {"long_ago": now - timedelta(days=60)})
    with enter("priya") as access:
        hand_over(access, "case-p01", county.THREE_RIVERS, "Sleeps by the canal now")
    with watford.reading() as session:
        assert find_scopes(session, "p01") == {"team:rickmansworth"}


def test_the_lists_of_both_districts_tell_of_each_other(browser: Browser, clock: Clock) -> None:
    form = browser.sign_in("priya").get("/people/joan/hand-over").text
    assert "Seen bedded down in Watford on 5 nights of the last 28." in form
    sent = browser.post(
        "/people/joan/hand-over",
        district=county.WATFORD,
        to_district=county.THREE_RIVERS,
        move_reason="By the canal now",
    )
    assert sent.headers["location"] == f"/cases?district={county.WATFORD}&done=handed_over"
    clock.advance(minutes=1)
    page = browser.get("/cases").text
    assert "Seen here, on a neighbour’s list" in page
    assert "is on the list of Three Rivers since" in page
    assert "Ask Rowan P, Three Rivers Housing." in page
    record = browser.get("/people/joan").text
    assert "On the list of Three Rivers. Ask Rowan P, Three Rivers Housing." in record
    assert "Case went from Watford to Three Rivers" in record
    assert "Hand the case over" not in record
    there = browser.sign_in("rowan").get("/cases").text
    assert "Joan Carter" in there
    assert "Came from Watford on" in there
    assert "1 case came from another district." in there
    assert "Seen bedded down in Watford" in there
    assert "By the canal now" in browser.get("/people/joan").text


def test_a_hand_over_without_a_reason_says_so_and_moves_nothing(browser: Browser) -> None:
    answer = browser.sign_in("priya").post(
        "/people/joan/hand-over", district=county.WATFORD, to_district=county.THREE_RIVERS, move_reason=""
    )
    assert answer.status_code == 422
    assert 'id="move_reason-error"' in answer.text
    assert f'<option value="{county.THREE_RIVERS}" selected>' in answer.text
    assert "Joan Carter" in browser.get("/cases").text


def test_a_district_is_not_told_of_somebody_who_is_hidden_from_it(enter, watford: Database) -> None:
    with enter("priya") as access:
        hand_over(access, "case-joan", county.THREE_RIVERS, "Sleeps by the canal now")
        assert len(case_moves.list_neighbour_cases(access.session, county.WATFORD, access.today)) == 1
    with enter("tom") as access:
        hide_person(access, "joan", [], "Her former partner works for the council")
    with enter("priya") as access:
        assert case_moves.list_neighbour_cases(access.session, county.WATFORD, access.today) == []


@pytest.mark.parametrize(("zone", "nights"), [("Europe/London", 2), ("Asia/Tokyo", 1)])
def test_the_four_weeks_end_with_the_day_here(
    watford: Database, now: datetime, new_id: Callable[[], str], zone: str, nights: int
) -> None:
    late = now.replace(hour=23)  # in Tokyo it is tomorrow
    first = late - timedelta(days=27)
    with watford.writing() as session:
        county.see_again(session, late, "p01", county.THREE_RIVERS)
        where = {"state": "bedded_down", "seen_at": first, "night": first.date(), "district_id": county.THREE_RIVERS,
                 "team_id": "watford-outreach"}  # fmt: skip
        county.add(session, contact, {"id": "first", "worker_id": "aisha", "recorded_at": first, "received_at": first,
                                      **where, **county.point_of(None)})  # fmt: skip
        county.add(session, contact_person, {"contact_id": "first", "person_id": "p01", **where})
        derive_verification(session, ["p01"], set(), late, new_id, zone)
    with watford.reading() as session:
        ((_, told),) = case_moves.list_told_elsewhere(session, ["case-p01"], late.date())["case-p01"]
    assert told.nights == nights
