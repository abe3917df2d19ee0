"""Who may see (privacy rule A11): two people of two agencies agree before another sees anything, and a role given in any other
way is no role."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from server.actions.operation.enrolment import make_code
from server.actions.partnership import recipients
from server.problems import Failure, Forbidden, Invalid
from server.queries.partnership import workers
from server.queries.partnership.recipients import find_recipient, list_recipients
from shared.model.codes import Role
from shared.policy.recipients import ROLES_THAT_APPROVE, ROLES_TO_APPROVE
from tests.server.conferences.conftest import Browser, Enter
from tests.web import county

REASON = "They visit people in hospital before they are discharged"


def give(database: Any, worker_id: str, role: str) -> None:
    """Behind everybody's back."""
    with database.writing() as session:
        session.execute(
            text("insert into worker_role (worker_id, role) values (:id, :role)"), {"id": worker_id, "role": role}
        )


def roles_of(database: Any, worker_id: str) -> frozenset[Role]:
    with database.reading() as session:
        return workers.get_worker(session, worker_id).roles


def test_which_roles_need_agreement_and_which_agree() -> None:
    assert frozenset(Role) - {Role.ADMINISTRATOR} == ROLES_TO_APPROVE
    assert {Role.COORDINATOR, Role.COMMISSIONER} == ROLES_THAT_APPROVE


def test_a_role_given_in_any_other_way_is_no_role(watford: Any, enter: Enter, browser: Browser) -> None:
    give(watford, "ruth", "commissioner")
    give(watford, "aisha", "coordinator")
    assert roles_of(watford, "ruth") == {Role.AGENCY_MEMBER}
    with enter("ruth") as access:
        assert Role.COMMISSIONER not in access.actor.roles
    assert browser.sign_in("ruth").get("/hotspots").status_code == 403
    assert browser.sign_in("aisha").get(f"/priorities?district={county.WATFORD}").status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [
        "first_agency_id = 'county', first_at = :now, second_agency_id = 'county', second_at = :now",
        "second_agency_id = 'county', second_at = :now",
        "founding = true, first_agency_id = 'county', first_at = :now",
    ],
)
def test_the_database_itself_refuses_a_line_that_two_have_not_agreed_to(watford: Any, now: Any, wrong: str) -> None:
    with watford.writing() as session:
        session.execute(
            text("insert into recipient (id, agency_id, role, founding, proposed_at, reason) "
                 "values ('x', 'cgl', 'commissioner', false, :now, '')"), {"now": now.replace(tzinfo=None)},
        )  # fmt: skip
    with pytest.raises(IntegrityError), watford.writing() as session:
        session.execute(text(f"update recipient set {wrong} where id = 'x'"), {"now": now.replace(tzinfo=None)})


def test_two_agencies_agree_and_from_then_on_the_role_holds(watford: Any, enter: Enter) -> None:
    give(watford, "ruth", "coordinator")
    with enter("priya") as access:
        proposed = recipients.propose(access, "cgl", Role.COORDINATOR, REASON)
        assert not proposed.holds
        with pytest.raises(Invalid):
            recipients.agree(access, proposed.id)
    assert Role.COORDINATOR not in roles_of(watford, "ruth")
    with enter("rowan") as access:
        assert recipients.agree(access, proposed.id).holds
    assert Role.COORDINATOR in roles_of(watford, "ruth")
    with enter("helen") as access, pytest.raises(Failure):
        recipients.agree(access, proposed.id)
    with watford.reading() as session:
        (line,) = [each for each in list_recipients(session) if each.recipient.id == proposed.id]
    assert (line.recipient.first_by, line.recipient.second_by, line.people) == ("priya", "rowan", 1)


def test_nobody_is_two_agencies_voices_by_changing_agencies(watford: Any, enter: Enter) -> None:
    with enter("priya") as access:
        proposed = recipients.propose(access, "cgl", Role.COORDINATOR, REASON)
    with watford.writing() as session:
        session.execute(text("update worker set agency_id = 'three-rivers-housing' where id = 'priya'"))
    with enter("priya") as access, pytest.raises(Invalid):
        recipients.agree(access, proposed.id)
    with enter("rowan") as access:
        assert recipients.agree(access, proposed.id).holds


def test_only_some_agree_and_never_without_a_reason(enter: Enter) -> None:
    for who in ("tom", "ruth", "omar", "aisha"):
        with enter(who) as access, pytest.raises(Forbidden):
            recipients.propose(access, "cgl", Role.COORDINATOR, REASON)
    for agency_id, role, reason in (
        ("nobody", Role.COORDINATOR, REASON),
        ("cgl", Role.ADMINISTRATOR, REASON),
        ("cgl", Role.COORDINATOR, "because"),
        ("beacon", Role.WORKER, REASON),
    ):
        with enter("priya") as access, pytest.raises(Invalid):
            recipients.propose(access, agency_id, role, reason)


def test_the_terminal_founds_a_partnership_and_then_only_proposes(database: Any, now: Any, new_id: Any) -> None:
    with database.writing() as session:
        for agency_id in ("one", "two", "three"):
            county.add(session, county.agency, {"id": agency_id, "name": agency_id, "kind": "housing"})
        assert recipients.admit(session, "one", Role.COORDINATOR, now, new_id)
        assert recipients.admit(session, "one", Role.AGENCY_MEMBER, now, new_id)
        assert not recipients.is_founded(session)
        assert recipients.admit(session, "two", Role.COMMISSIONER, now, new_id)
        assert recipients.is_founded(session)
        assert recipients.admit(session, "one", Role.COORDINATOR, now, new_id), "what holds is not asked for again"
        assert recipients.admit(session, "three", Role.ADMINISTRATOR, now, new_id), "it sees nothing"
        assert not recipients.admit(session, "three", Role.WORKER, now, new_id)
        waits = find_recipient(session, "three", Role.WORKER)
        assert waits is not None and not waits.founding and not waits.holds
        with pytest.raises(Failure):
            recipients.found_partnership(session, now, new_id)


def test_a_worker_whose_role_waits_is_given_no_phone(watford: Any, settings: Any, now: Any, new_id: Any) -> None:
    with watford.writing() as session:
        session.execute(text("delete from recipient where agency_id = 'beacon' and role = 'worker'"))
    with pytest.raises(Invalid), watford.writing() as session:
        make_code(session, "aisha", "watford-outreach", settings, now, new_id)


def test_the_open_list_says_who_agreed_and_takes_the_second_voice(browser: Browser, watford: Any) -> None:
    opened = browser.sign_in("aisha").get("/who-can-see").text
    assert "There when the partnership was founded" in opened
    assert "Propose another" not in opened
    browser.sign_in("priya")
    refused = browser.post("/who-can-see", agency="cgl", role="coordinator", reason="x")
    assert refused.status_code == 422
    assert browser.post("/who-can-see", agency="cgl", role="coordinator", reason=REASON).status_code == 303
    waiting = browser.get("/who-can-see").text
    assert "Agreed: Priya S, Watford Housing." in waiting
    assert "Agree for my organisation" not in waiting
    assert "Agree for my organisation" in browser.sign_in("rowan").get("/who-can-see").text
    with watford.reading() as session:
        found = find_recipient(session, "cgl", Role.COORDINATOR)
    assert found is not None
    done = browser.post(f"/who-can-see/{found.id}/agree")
    assert done.headers["location"] == "/who-can-see?done=recipient_agreed"
    assert "Priya S, Watford Housing and Rowan P, Three Rivers Housing" in browser.get("/who-can-see").text
