"""Plans are looked at together on CTI's clock, and as people agreed: whoever leads, or looked last, is reminded by e-mail and
sees it on a page; of nobody who died, is hidden from them, or is not theirs to open."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from server.actions.cases.caseload import set_lead
from server.actions.people.hiding import hide_person
from server.actions.people.plans import review_plan
from server.database.engine import Database
from server.queries.operation import addressees, outbox
from server.tables.cases.case import case_lead
from server.tables.partnership.agency import agreement
from server.tables.partnership.worker import worker
from server.tables.people.person import person
from server.tables.people.stay import stay
from shared.model.codes import SupportPhase
from shared.model.mail import MailKind
from tests.conftest import KINDS, Clock
from tests.server.conferences.conftest import Browser, Enter
from tests.server.mail.conftest import PAGES
from tests.server.mail.postbox import Postbox
from tests.web import county

Told = tuple[str | None, str | None, int, int]
ENDS_IN_3_DAYS = datetime(2026, 8, 15, 9, tzinfo=UTC)
"""When a phase began that ends three days after the tests' day."""


@pytest.fixture
def database_kind() -> str:
    """Both databases live the first story; what else is due is a rule over the same rows."""
    return "sqlite"


@pytest.fixture
def remind(run: Callable[..., Any], watford: Database, clock: Clock, now: datetime) -> Callable[[int], list[Told]]:
    """Lets so many days pass, and says what the morning wrote."""

    def do(days: int) -> list[Told]:
        clock.now = now.replace(hour=9) + timedelta(days=days)
        before = list_told(watford)
        run("reminders", "mail")
        return [each for each in list_told(watford) if each not in before]

    return do


def list_told(watford: Database) -> list[Told]:
    with watford.reading() as session:
        mails = [each.mail for each in outbox.list_posted(session) if each.mail.kind is MailKind.PLANS_REMINDER]
    return sorted(((each.worker_id, each.agency_id, each.facts.count, each.facts.late) for each in mails), key=str)


def lead(enter: Enter, watford: Database, person_id: str, agency_id: str, worker_id: str | None, **more: Any) -> None:
    """Somebody leads, in a phase that ends three days on."""
    with enter("priya") as access:
        set_lead(access, f"case-{person_id}", agency_id, worker_id, more.get("phase", SupportPhase.TRANSITION))
    with watford.writing() as session:
        session.execute(
            update(case_lead).where(case_lead.c.case_id == f"case-{person_id}").values(since=ENDS_IN_3_DAYS)
        )


def look(enter: Enter, who: str, whom: str, days: int) -> None:
    with enter(who) as access:
        review_plan(access, whom, "Going well", access.today + timedelta(days=days))


@pytest.mark.parametrize("database_kind", KINDS)
def test_whoever_leads_is_reminded_before_a_phase_ends_the_day_after_and_weekly_and_sees_whose_on_a_page(
    enter: Enter, watford: Database, remind: Callable[[int], list[Told]], postbox: Postbox, browser: Browser
) -> None:
    lead(enter, watford, "joan", "beacon", "aisha")
    lead(enter, watford, "stefan", "beacon", "aisha", phase=SupportPhase.PRE_CTI)  # nothing is timed before support
    for who, sees in (("aisha", True), ("tom", True), ("priya", False)):
        page = browser.sign_in(who).get("/waiting").text
        assert ("Joan Carter" in page) is sees and ("Plans to look at together" in page) is sees, who
        assert "Stefan" not in page
    assert "15 November 2026" in browser.sign_in("aisha").get("/waiting").text
    heard = {day: remind(day) for day in (0, 1, 4, 5)}
    assert heard == {0: [("aisha", "beacon", 1, 0)], 1: [], 4: [("aisha", "beacon", 0, 1)], 5: []}
    first, second = [text for text in postbox.texts("aisha@example.org") if "plan" in text]
    assert first.startswith("1 plan to look at together\n") and f"{PAGES}/waiting" in first
    assert second.startswith("1 plan should have been looked at together\n")
    assert "Joan" not in first + second


def test_the_transition_is_reminded_of_as_their_plan_says_by_the_day_they_moved_in(
    enter: Enter, watford: Database, remind: Callable[[int], list[Told]], browser: Browser
) -> None:
    lead(enter, watford, "joan", "beacon", "aisha")
    with watford.writing() as session:
        county.add(session, stay, {
            "id": "s1", "person_id": "joan", "district_id": county.WATFORD, "kind": "social_tenancy",
            "moved_in_on": date(2026, 8, 20), "recorded_at": ENDS_IN_3_DAYS, "recorded_by": "priya",
        })  # fmt: skip
    assert "This phase ends on 20 November 2026" in browser.sign_in("aisha").get("/people/joan/plan").text
    assert {day: remind(day) for day in (0, 5)} == {0: [], 5: [("aisha", "beacon", 1, 0)]}


def test_a_look_puts_it_off_and_whoever_looked_is_reminded_where_nobody_leads(
    enter: Enter, watford: Database, remind: Callable[[int], list[Told]]
) -> None:
    lead(enter, watford, "joan", "beacon", "aisha")
    look(enter, "tom", "joan", 2)  # sooner than the phase ends; Aisha leads, and hears of it
    look(enter, "tom", "stefan", 9)
    assert remind(0) == []
    assert remind(3) == [("aisha", "beacon", 0, 1)]
    assert remind(6) == [("tom", "beacon", 1, 0)]


def test_a_service_hears_where_nobody_is_named_or_left_and_of_nobody_who_died_or_is_hidden(
    enter: Enter, watford: Database, remind: Callable[[int], list[Told]], browser: Browser
) -> None:
    with watford.writing() as session:
        addressees.set_shared_address(session, "beacon", "team@beacon.example")
    lead(enter, watford, "joan", "beacon", None)
    lead(enter, watford, "stefan", "beacon", "dean")
    lead(enter, watford, "p01", "beacon", None)
    lead(enter, watford, "p02", "beacon", None)
    with watford.writing() as session:
        session.execute(update(worker).where(worker.c.id == "dean").values(active=False))
        session.execute(update(person).where(person.c.id == "p01").values(died_on=date(2026, 11, 1)))
    with enter("priya") as access:
        hide_person(access, "p02", ["watford-housing"], "Somebody looks for her there")
    assert remind(0) == [(None, "beacon", 2, 0)]
    page = browser.sign_in("tom").get("/waiting").text
    assert "Joan Carter" in page and "Person 01" not in page and "Person 02" not in page


def test_who_may_not_open_a_plan_or_has_no_agreement_hears_nothing(
    enter: Enter, watford: Database, remind: Callable[[int], list[Told]]
) -> None:
    lead(enter, watford, "joan", "cgl", "ruth")  # CGL leads, and works with nobody yet
    lead(enter, watford, "stefan", "beacon", "aisha")
    with watford.writing() as session:
        session.execute(update(agreement).where(agreement.c.agency_id == "beacon").values(expires_on=date(2026, 11, 1)))
    assert remind(0) == []
