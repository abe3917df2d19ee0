"""Candidates that an agency or a team puts forward: on some evidence, for the coordinator to decide on, with an answer."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from server.actions.cases import cases as decisions
from server.actions.cases.arrivals import SAME_PERSON
from server.database.engine import Database
from server.problems import Invalid, NotFound
from server.queries.cases.cases import list_live_cases_of
from server.queries.people.verification import find_status
from server.queries.sync.store import list_changes
from shared.model.codes import CaseState, EvidenceBasis
from tests.server.conferences.conftest import Browser
from tests.web import county

SAM = {
    "name": "Sam Okoro", "born": "1988-05-03", "description": "Blue coat, by the library", "evidence": "seen_by_partner_agency",
    "reason": "Missed three appointments since losing the hostel place",
}  # fmt: skip


def put_forward(browser: Browser, new_id: Callable[[], str], **fields: str) -> Any:
    return browser.post("/put-forward", **{"district": county.WATFORD, "key": new_id(), **SAM, **fields})


def test_an_agency_puts_somebody_forward_and_hears_what_became_of_it(
    browser: Browser, watford: Database, new_id: Callable[[], str], clock: Any
) -> None:
    key = new_id()
    sent = put_forward(browser.sign_in("ruth"), new_id, key=key)
    assert sent.headers["location"] == f"/put-forward?district={county.WATFORD}&done=put_forward"
    put_forward(browser, new_id, key=key)
    with watford.reading() as session:
        (sam,) = session.execute(text("select id, date_of_birth from person where name = 'Sam Okoro'"))
        (case,) = list_live_cases_of(session, [sam.id])
        status = find_status(session, sam.id)
        told = [each.change.t for each in list_changes(session, sam.id) if each.change is not None]
    assert (case.state, case.put_forward_by, case.basis) == (
        CaseState.CANDIDATE, "ruth", EvidenceBasis.SEEN_BY_PARTNER_AGENCY,
    )  # fmt: skip
    assert status is not None and not status.verified
    assert status.reason.endswith("waits for a coordinator")
    assert told == ["person.patched", "verification.recorded"]
    assert "To decide" in browser.get("/put-forward").text
    clock.advance(minutes=1)
    record = browser.sign_in("priya").get(f"/people/{sam.id}").text
    assert "On the evidence: seen by a partner agency." in record
    assert SAM["reason"] in record
    browser.post(f"/people/{sam.id}/case", district=county.WATFORD, decision="decline", case_reason="Housed on Friday")
    assert "Housed on Friday" in browser.sign_in("ruth").get("/put-forward").text


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": "", "description": ""}, "Give a name, or say"),
        ({"evidence": "public_referral_only"}, "Choose the evidence."),
        ({"reason": " "}, "Say why"),
        ({"born": "spring"}, "Enter the date of birth"),
        ({"born": "2090-01-01"}, "in the future"),
        ({"born": "1/1/1066"}, "before 1900"),
        ({"name": "x" * 300}, "too long"),
    ],
)
def test_what_is_missing_is_said_with_nothing_typed_lost(
    browser: Browser, new_id: Callable[[], str], wrong: dict[str, str], words: str
) -> None:
    answer = put_forward(browser.sign_in("ruth"), new_id, **wrong)
    assert answer.status_code == 422
    assert words in answer.text
    assert "Blue coat" in answer.text or "description" in wrong


def test_an_agency_puts_forward_to_its_own_districts_only(browser: Browser, new_id: Callable[[], str]) -> None:
    assert put_forward(browser.sign_in("ruth"), new_id, district=county.THREE_RIVERS).status_code == 404
    assert put_forward(browser.sign_in("helen"), new_id).status_code == 403


def test_a_team_puts_forward_whom_it_works_with_and_the_coordinator_decides(enter) -> None:
    with enter("tom") as access:
        case = decisions.put_forward(
            access, "kay", county.WATFORD, EvidenceBasis.SITE_EVIDENCE, "Bedding in the doorway"
        )
    assert case.state is CaseState.CANDIDATE
    with enter("priya") as access:
        listed = decisions.list_case(access, case.id, "Agreed")
    assert listed.state is CaseState.LISTED


def test_nobody_puts_forward_whom_they_may_not_know(enter) -> None:
    with enter("ruth") as access, pytest.raises(NotFound):
        decisions.put_forward(access, "kay", county.WATFORD, EvidenceBasis.SELF_REPORT, "x")


def test_a_list_of_verified_people_only_takes_nobody_unverified_from_an_agency_either(enter, watford: Database) -> None:
    with watford.writing() as session:
        session.execute(text("update district set verified_only = true"))
    with enter("tom") as access:
        case = decisions.put_forward(
            access, "kay", county.WATFORD, EvidenceBasis.SITE_EVIDENCE, "Bedding in the doorway"
        )
    with enter("priya") as access, pytest.raises(Invalid) as why:
        decisions.list_case(access, case.id, "Agreed")
    assert "verified people only" in why.value.errors[0]


@pytest.mark.parametrize(
    ("parts", "status"), [(("1", "2", "1980"), 303), (("1", "Feb", "80"), 303), (("31", "2", "80"), 422)]
)
def test_a_date_of_birth_comes_in_three_fields(
    browser: Browser, watford: Database, new_id: Callable[[], str], parts: tuple[str, str, str], status: int
) -> None:
    named = dict(zip(("born_day", "born_month", "born_year"), parts, strict=True))
    answer = put_forward(browser.sign_in("ruth"), new_id, born="", **named)
    assert answer.status_code == status, answer.text
    if status == 422:
        assert 'href="#born"' in answer.text
        assert all(f'value="{each}"' in answer.text for each in parts)
        return
    with watford.reading() as session:
        born = session.execute(text("select date_of_birth from person where name = 'Sam Okoro'")).scalar()
    assert str(born) == "1980-02-01"


def test_what_others_learn_of_somebody_is_not_shown_to_whoever_put_them_forward(
    browser: Browser, watford: Database, new_id: Callable[[], str]
) -> None:
    put_forward(browser.sign_in("ruth"), new_id, name="", description="Blue coat, by the library")
    with watford.writing() as session:
        session.execute(
            text(
                "update person set name = 'Samuel Okoro', description = 'Tattoo of a swallow' where description like 'Blue%'"
            )
        )
        session.execute(
            text("update mdt_case set state = 'declined', outcome = :said where put_forward_by = 'ruth'"),
            {"said": SAME_PERSON},
        )
    shown = browser.get("/put-forward").text
    assert "Blue coat, by the library" in shown
    assert SAM["reason"] in shown
    for word in ("Samuel", "swallow", SAME_PERSON):
        assert word not in shown
