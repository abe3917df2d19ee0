"""The journey "she comes back", with a phone over real HTTP and a real browser: housed in June, seen bedded down in
November; on the list again, as returned, with what helped last time."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from server.actions.operation.enrolment import make_code
from server.database.engine import Database
from server.tables.operation.device import device_enrolment
from server.tables.operation.session import sign_in_session
from server.tables.sync.sync import device
from tests.conftest import Clock
from tests.server.conferences.conftest import Browser, _Jar
from tests.server.conferences.test_discussion_in_a_browser import find_violations
from tests.server.conferences.test_journey_in_a_browser import meet
from tests.server.phone import Phone
from tests.web import county

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def database_kind() -> str:
    """The pages are the same over either database; each step is tested over both elsewhere."""
    return "sqlite"


def enrol(phone: Phone, watford: Database, settings: Any) -> None:
    """Aisha's phone joins her team."""
    with watford.writing() as session:
        code = make_code(session, "aisha", "watford-outreach", settings, phone.clock(), phone.new_id).code
    phone.enrol(code)


def test_she_comes_back(
    open_page: Callable[..., Any],
    url: str,
    watford: Database,
    settings: Any,
    clock: Clock,
    new_id: Callable[[], str],
    screenshots: Any,
) -> None:
    with httpx.Client(base_url=url, timeout=60) as line:
        phone = Phone(line, clock, new_id)
        with watford.writing() as session:
            for before in (
                device_enrolment,
                device,
            ):  # the county's phones were written past the counter of their numbers
                session.execute(before.delete())
        enrol(phone, watford, settings)
        rosa = meet(phone, new_id, "Rosa Lee")
        tom, priya = open_page("tom"), open_page("priya")

        # June: on the list, a plan, a flat, and the case is closed.
        priya.goto(f"/people/{rosa}")
        priya.fill("#case_reason", "Sleeps at the station")
        priya.click("text=Put on the list")
        priya.wait_for_url("**?done=listed")
        tom.goto(f"/people/{rosa}/plan")
        tom.fill("#words", "A flat near my sister")
        tom.fill("#works", "Rings back when it is her sister’s number")
        tom.click("text=Save the goal")
        tom.click("text=Reached, or let go")
        tom.select_option("select[name=ended]", "reached")
        tom.fill("details[open] textarea[name=words]", "I have my own key")
        tom.click("details[open] button:has-text('Save')")
        tom.wait_for_selector(".govuk-tag--green")
        tom.goto(f"/people/{rosa}/consent")
        tom.check("input[name=what][value=plan]")
        tom.check("input[name=answer][value=agreed]")
        tom.click("main form button:has-text('Save what they said')")
        tom.wait_for_selector("text=Shared")
        clock.advance(minutes=10)
        close(priya, rosa, "Moved into a flat in Hemel")

        # November: Aisha meets her bedded down, with no signal; the phone syncs later.
        clock.advance(days=150)
        phone = Phone(line, clock, new_id)
        enrol(phone, watford, settings)
        seen = clock() - timedelta(minutes=30)
        at = dict(zip(("latitude", "longitude"), county.STATION, strict=True))
        again = phone.contact(person_ids=[rosa], seen_at=seen.isoformat(), position=at, state="bedded_down")
        assert phone.push(again).status_code == 200
        sign_in_anew(watford, clock)
        priya = open_page("priya")
        priya.goto("/cases")
        row = priya.locator("tr, article, li", has_text="Rosa Lee").first
        assert "Returned" in row.inner_text()
        priya.goto(f"/people/{rosa}")
        card = priya.locator("section", has_text="came back: what helped last time")
        told = card.inner_text()
        assert "Moved into a flat in Hemel" in told and "A flat near my sister" in told and "I have my own key" in told
        assert "Rings back when it is her sister’s number" in told
        assert not find_violations(priya)
        if screenshots is not None:
            priya.screenshot(path=screenshots / "she-comes-back-1280.png", full_page=True)

        # She takes back that the plan is shared: what she had reached is read by her own service alone.
        tom = open_page("tom")
        tom.goto(f"/people/{rosa}/consent")
        tom.click("main form button:has-text('They take it back')")
        tom.wait_for_selector("text=Taken back")
        priya.reload()
        told = priya.locator("section", has_text="came back: what helped last time").inner_text()
        assert "Moved into a flat in Hemel" in told and "A flat near my sister" not in told
        tom.goto(f"/people/{rosa}")
        assert "A flat near my sister" in tom.locator("section", has_text="what helped last time").inner_text()


def close(page: Any, person: str, outcome: str) -> None:
    """The coordinator closes the case, and is asked whether she means it."""
    page.goto(f"/people/{person}")
    page.fill("#case_reason", outcome)
    page.click("button[name=decision][value=close]")
    page.click("main button:has-text('Close the case')")
    page.wait_for_url("**?done=closed_case*")


def sign_in_anew(watford: Database, clock: Clock) -> None:
    """Nobody stays signed in for months."""
    with watford.writing() as session:
        session.execute(sign_in_session.delete())
    for who in ("priya", "tom"):
        Browser(_Jar(), watford, clock()).sign_in(who)
