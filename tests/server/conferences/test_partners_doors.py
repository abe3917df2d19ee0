"""What leads a partner on: names to the records that policy opens, a birthday to its case, letters to whom they concern; and a
table at which only those sit who were asked."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from server.actions.cases.cases import decline_case, list_case
from server.actions.cases.moves import hand_over
from server.actions.conferences.seating import ask_to_table, let_go
from server.database.engine import Database
from server.problems import Invalid, NotFound
from server.queries.conferences import seats
from server.queries.operation import outbox
from server.tables.cases.case import case_event, mdt_case
from server.tables.partnership.agency import agency, agreement
from server.tables.partnership.worker import worker, worker_role
from server.tables.people.person import person
from shared.model.mail import MailKind
from tests.server.conferences.conftest import Browser, Enter
from tests.server.conferences.test_pages import call
from tests.server.conferences.test_today import agree
from tests.web import county


def told(watford: Database, kind: MailKind) -> list[tuple[str | None, str]]:
    with watford.reading() as session:
        return [
            (each.mail.worker_id, each.mail.facts.district)
            for each in outbox.list_posted(session)
            if each.mail.kind is kind
        ]


@pytest.mark.parametrize("words", ["1 January 1980", "1/1/80", "1980-01-01"])
def test_a_partner_finds_somebody_by_their_birthday(browser: Browser, words: str) -> None:
    found = browser.sign_in("ruth").find(district=county.WATFORD, words=words)
    assert found.status_code == 200, found.text
    assert "Person 01" in found.text
    assert "Person 02" not in found.text


def test_a_partners_timeline_says_nowhere_where_somebody_sleeps(
    browser: Browser, enter: Enter, watford: Database, now: Any
) -> None:
    agree(enter, call(browser), "case-p01", 9)  # so that CGL works with them
    with watford.writing() as session:
        county.add(session, case_event, {
            "id": "came", "case_id": "case-p01", "number": 77, "at": now, "step": "came", "to_state": "candidate",
            "reason": "verified: seen bedded down by Aisha N, 9 Nov, site 'Station stairwell'", "district_id": county.WATFORD,
        })  # fmt: skip
    shown = browser.sign_in("ruth").get("/people/p01")
    assert shown.status_code == 200
    assert "Verified: seen bedded down by Aisha N, 9 Nov." in shown.text
    assert "stairwell" not in shown.text
    assert "Station stairwell" in browser.sign_in("tom").get("/people/p01").text


@pytest.mark.parametrize("words", ["Lukasz", "lukasz obrien", "Łukasz O'Brien", "Lukash"])
def test_a_partner_finds_somebody_however_the_name_is_typed_and_nobody_by_a_description(
    browser: Browser, watford: Database, words: str
) -> None:
    with watford.writing() as session:
        named = {"name": "Łukasz O’Brien", "alias": "", "description": "Grey coat, behind the bins"}
        session.execute(update(person).where(person.c.id == "p01").values(**named))
    ruth = browser.sign_in("ruth")
    assert "Łukasz O’Brien" in ruth.find(district=county.WATFORD, words=words).text
    assert "Łukasz O’Brien" not in ruth.find(district=county.WATFORD, words="bins").text


def test_a_name_leads_to_the_record_just_where_policy_lets_it(
    browser: Browser, enter: Enter, watford: Database
) -> None:
    before = browser.sign_in("ruth").get("/cases").text
    assert 'href="/people/p01"' not in before
    assert browser.get("/people/p01").status_code == 404
    path = call(browser)
    from server.actions.conferences import discussion
    from server.queries.conferences import conferences as stored

    conference_id = path.rsplit("/", 1)[1]
    with enter("priya") as access:
        item = next(each for each in stored.list_items(access.session, conference_id) if each.case_id == "case-p01")
        discussion.agree_action(
            access, conference_id, item.id, text="assessment", agency_id="cgl", due_on=access.today + timedelta(days=9)
        )
    browser.circulate(path)
    for page in ("/cases", path.replace("/conferences/", "/agendas/")):
        shown = browser.sign_in("ruth").get(page).text
        assert 'href="/people/p01"' in shown
        assert 'href="/people/p02"' not in shown
    assert browser.get("/people/p01").status_code == 200


@pytest.mark.parametrize("decide", [list_case, decline_case])
def test_whoever_put_somebody_forward_hears_of_the_decision_once_and_without_a_name(
    enter: Enter, watford: Database, decide: Any
) -> None:
    with watford.writing() as session:
        session.execute(
            update(mdt_case).where(mdt_case.c.id == "case-p01").values(state="candidate", put_forward_by="ruth")
        )
    with enter("priya") as access:
        decide(access, "case-p01", "Seen every night")
    assert told(watford, MailKind.PUT_FORWARD_DECIDED) == [("ruth", "Watford")]


def test_the_other_districts_coordinator_hears_of_a_hand_over(enter: Enter, watford: Database) -> None:
    with enter("priya") as access:
        hand_over(access, "case-p01", county.THREE_RIVERS, "Sleeps by the canal in Rickmansworth")
    assert told(watford, MailKind.CASE_HANDED_OVER) == [("rowan", "Three Rivers")]


# ----------------------------------------------------------------------------------------------------------------- seats
@pytest.fixture
def elsewhere(watford: Database, now: Any) -> str:
    """Bucks Probation: it has signed everything, and acts for no district of this county."""
    with watford.writing() as session:
        county.add(session, agency, {"id": "bucks", "name": "Bucks Probation", "kind": "probation"})
        for kind in ("terms_of_reference", "information_sharing"):
            county.add(session, agreement, {
                "id": f"bucks-{kind}", "agency_id": "bucks", "kind": kind, "version": "1", "signatory": "Chief",
                "signed_on": now.date() - timedelta(days=9), "expires_on": now.date() + timedelta(days=200),
            })  # fmt: skip
    return "bucks"


def test_another_countys_agency_sits_at_no_table_that_it_was_not_asked_to(
    browser: Browser, enter: Enter, elsewhere: str
) -> None:
    path = call(browser)
    assert "Bucks Probation will receive" not in browser.get(path).text
    assert browser.get(f"{path}/paper/{elsewhere}").status_code == 404
    assert browser.get(f"{path}/agenda.pdf?agency={elsewhere}").status_code == 404
    asked = browser.post(f"{path}/seat", agency=elsewhere)
    assert asked.headers["location"] == f"{path}?done=seat_changed"
    assert browser.get(f"{path}/paper/{elsewhere}").status_code == 200
    with enter("priya") as access:
        assert elsewhere in [each.id for each in seats.list_seats(access.session, county.WATFORD)]
        assert elsewhere not in [each.id for each in seats.list_seats(access.session, county.THREE_RIVERS)]
    browser.post(f"{path}/seat", agency=elsewhere, press="let_go")
    assert browser.get(f"{path}/paper/{elsewhere}").status_code == 404


def test_an_agency_whose_last_worker_here_left_has_no_seat_that_nobody_can_use_and_can_be_asked(
    browser: Browser, enter: Enter, watford: Database, now: Any
) -> None:
    path = call(browser)
    with watford.writing() as session:
        session.execute(update(worker).where(worker.c.id == "ruth").values(active=False))
        county.add(session, worker, {
            "id": "bea", "name": "Bea Hall", "short_name": "Bea H", "agency_id": "cgl", "email": "bea@example.org",
            "trained_on": now.date(), "created_at": now,
        })  # fmt: skip
        county.add(session, worker_role, {"worker_id": "bea", "role": "agency_member"})
    assert browser.sign_in("priya").get(f"{path}/paper/cgl").status_code == 404
    with enter("priya") as access:
        ask_to_table(access, county.WATFORD, "cgl")
    browser.sign_in("priya").circulate(path)
    # Before, it had a seat for ever by whoever left: it was sent what Bea, who acts for no district, could not open.
    assert browser.sign_in("bea").get(path.replace("/conferences/", "/agendas/")).status_code == 200


def test_only_the_districts_coordinator_asks_and_nobody_who_acts_for_a_district_is_asked(
    enter: Enter, elsewhere: str
) -> None:
    with enter("priya") as access:
        for wrong in ("three-rivers-housing", "cgl", "county", "nobody"):
            with pytest.raises(Invalid):
                ask_to_table(access, county.WATFORD, wrong)
    with enter("rowan") as access:
        for act in (ask_to_table, let_go):
            with pytest.raises(NotFound):
                act(access, county.WATFORD, elsewhere)
