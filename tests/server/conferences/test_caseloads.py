"""Who leads on a case, what a caseload weighs, and what stays on record when either changes."""

import re
from datetime import date

import pytest
from sqlalchemy import update

from server.actions.cases.caseload import set_lead, set_weight
from server.database.engine import Database
from server.problems import Invalid, NotFound
from server.queries.cases import caseload
from server.queries.operation.audit import list_lines
from server.queries.partnership import workers
from server.tables.people.person import person_merge
from server.tables.people.stay import stay
from shared.model.codes import SupportPhase
from tests.server.conferences.conftest import Browser
from tests.web import county

TRANSITION, TRY_OUT = SupportPhase.TRANSITION, SupportPhase.TRY_OUT


def test_a_lead_is_named_and_changed_and_who_led_before_stays_on_record(enter) -> None:
    with enter("priya") as access:
        set_lead(access, "case-joan", "beacon", "aisha", TRANSITION)
        set_lead(access, "case-joan", "", "ruth", TRY_OUT, "Detox first")
        now = caseload.list_leads(access.session, ["case-joan"])["case-joan"]
        ever = caseload.list_leads_ever(access.session, "case-joan")
    assert (now.agency_name, now.worker_name, now.lead.phase) == ("CGL Spectrum", "Ruth A", TRY_OUT)
    assert [(each.worker_name, each.lead.ended_at is None) for each in ever if each.lead.ended_at] == [
        ("Aisha N", False)
    ]
    assert len(ever) == 2


@pytest.mark.parametrize(
    ("case_id", "agency_id", "worker_id", "words"),
    [
        ("case-joan", "beacon", "ruth", "works for another agency"),
        ("case-joan", "three-rivers-housing", None, "has a seat"),
        ("case-joan", "", None, "has a seat"),
        ("case-joan", "beacon", "nobody", "Choose somebody"),
        ("case-lee", "beacon", None, "has ended"),
    ],
)
def test_who_cannot_lead_is_refused_in_words(enter, case_id, agency_id, worker_id, words) -> None:
    with enter("priya") as access, pytest.raises(Invalid) as why:
        set_lead(access, case_id, agency_id, worker_id, TRANSITION)
    assert words in why.value.errors[0]


def test_why_somebody_leads_is_never_cut(enter) -> None:
    with enter("priya") as access, pytest.raises(Invalid) as why:
        set_lead(access, "case-joan", "beacon", "aisha", TRANSITION, "x" * 2_001)
    assert "Use 2,000 characters or fewer" in why.value.errors[0]


def test_another_districts_coordinator_names_nobody(enter) -> None:
    with enter("rowan") as access, pytest.raises(NotFound):
        set_lead(access, "case-joan", "beacon", None, TRANSITION)


def test_weights_are_the_standard_until_a_district_sets_its_own_and_each_change_is_kept(
    enter, watford: Database
) -> None:
    with enter("priya") as access:
        assert caseload.list_weights(access.session, county.WATFORD)[TRANSITION] == 2.0
        set_weight(access, county.WATFORD, TRANSITION, 2.5)
        assert set_weight(access, county.WATFORD, TRANSITION, 2.5) is None
        assert caseload.list_weights(access.session, county.WATFORD)[TRANSITION] == 2.5
        assert caseload.list_weights(access.session, county.THREE_RIVERS)[TRANSITION] == 2.0
        assert [each.weight for each in caseload.list_weights_ever(access.session, county.WATFORD)] == [2.5]
    with watford.reading() as session:
        lines = [line for line in list_lines(session, subject_id=county.WATFORD) if line.purpose == "caseload weights"]
    assert {line.detail for line in lines} == {"transition 2.5"}
    with enter("rowan") as access, pytest.raises(NotFound):
        set_weight(access, county.WATFORD, TRANSITION, 1.0)


def test_the_page_weighs_each_worker_and_each_agency_and_names_whom_nobody_leads(browser: Browser) -> None:
    browser.sign_in("priya")
    for person, fields in (
        ("joan", {"lead_agency": "beacon", "lead_worker": "aisha", "phase": "transition"}),
        ("stefan", {"lead_agency": "beacon", "lead_worker": "aisha", "phase": "transfer_of_care"}),
        ("p01", {"lead_agency": "beacon", "phase": "pre_cti"}),
        ("p02", {"lead_worker": "ruth", "phase": "try_out"}),
    ):
        sent = browser.post(f"/people/{person}/lead", district=county.WATFORD, **fields)
        assert sent.headers["location"] == f"/people/{person}?done=lead_set", sent.text
    page = browser.get("/caseloads").text
    assert "Beacon Outreach: 3 people, weight 4" in page
    assert "CGL Spectrum: 1 person, weight 1" in page
    assert "2.5 (2 people)" in page
    assert "Nobody leads yet: 14 people" in page
    assert page.count(", until 12 February 2027") == 3 and "phase over" not in page, "only support that began is timed"
    assert "Aisha N, Beacon Outreach. Transition, since 12 Nov 2026" in browser.get("/people/joan").text
    with browser.watford.writing() as session:
        joined = {"id": "m1", "from_id": "p05", "into_id": "joan", "at": browser.now, "worker_id": "priya"}
        county.add(session, person_merge, joined)
        moved = {"person_id": "p05", "district_id": county.WATFORD, "kind": "social_tenancy", "recorded_by": "priya"}
        county.add(session, stay, {**moved, "id": "s1", "moved_in_on": date(2026, 11, 2), "recorded_at": browser.now})
    page = browser.get("/caseloads").text
    assert page.count(", until 12 February 2027") == 2 and ", until 2 February 2027" in page, (
        "the move began it, under whatever record"
    )
    with browser.watford.writing() as session:
        session.execute(update(person_merge).values(undone=True))
    browser.post(
        "/people/joan/lead", district=county.WATFORD, lead_worker="aisha", phase="transition", lead_reason="On days"
    )
    history = browser.get("/people/joan/lead").text
    assert "until 12 Nov 2026" in history
    assert "set by Priya S: On days" in history
    wrong = browser.post("/caseloads/weights", district=county.WATFORD, pre_cti="heavy", transition="2")
    assert wrong.status_code == 422
    assert "A weight is a number from 0 to 10" in wrong.text
    weights = {"pre_cti": "1,5", "transition": "3", "try_out": "1", "transfer_of_care": "0.5"}
    done = browser.post("/caseloads/weights", district=county.WATFORD, **weights)
    assert done.headers["location"] == f"/caseloads?district={county.WATFORD}&done=weights_set"
    page = browser.get("/caseloads").text
    assert "Beacon Outreach: 3 people, weight 5" in page
    assert "Priya S set Transition to 3" in page


def test_a_lead_whom_somebody_else_named_meanwhile_is_not_written_over_unread(browser: Browser) -> None:
    path = "/people/joan/lead"

    def shown(page: str) -> str:
        found = re.search(r'name="was" value="([^"]*)"', page)
        assert found is not None
        return found[1]

    was = shown(browser.sign_in("priya").get(path).text)
    form = {"district": county.WATFORD, "phase": "transition", "was": was}
    assert browser.post(path, **form, lead_worker="aisha").status_code == 303
    asked = browser.post(path, **form, lead_worker="ruth")
    assert asked.status_code == 422
    assert "Meanwhile somebody else named Aisha N, Beacon Outreach." in asked.text
    assert "Aisha N, Beacon Outreach. Transition" in browser.get("/people/joan").text
    again = {**form, "was": shown(asked.text), "lead_worker": "ruth"}
    assert browser.post(path, **again).status_code == 303
    assert "Ruth A, CGL Spectrum. Transition" in browser.get("/people/joan").text


def test_whoever_leads_and_has_left_is_said_to(browser: Browser) -> None:
    browser.sign_in("priya")
    sent = {"lead_agency": "beacon", "lead_worker": "aisha", "phase": "transition"}
    browser.post("/people/joan/lead", district=county.WATFORD, **sent)
    assert "has left" not in browser.get("/caseloads").text
    with browser.watford.writing() as session:
        workers.set_active(session, "aisha", False)
    assert "Aisha N (has left)" in browser.get("/caseloads").text
    assert "Aisha N (has left), Beacon Outreach" in browser.get("/people/joan").text


def test_a_lead_without_an_agency_is_refused_beside_its_field(browser: Browser) -> None:
    answer = browser.sign_in("priya").post("/people/joan/lead", district=county.WATFORD, phase="try_out")
    assert answer.status_code == 422
    assert 'id="lead_agency-error"' in answer.text


@pytest.mark.parametrize("reader", ["ruth", "tom", "helen", "omar"])
def test_only_a_coordinator_reads_caseloads(browser: Browser, reader: str) -> None:
    assert browser.sign_in(reader).get("/caseloads").status_code == 403
