"""From the first sync of a phone to circulated minutes, in a real browser over real HTTP: Priya's part and Ruth's."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from server.actions.operation.enrolment import make_code
from server.database.engine import Database
from server.tables.operation.device import device_enrolment
from server.tables.sync.sync import device
from tests.conftest import Clock
from tests.server.conferences.test_discussion_in_a_browser import call_conference
from tests.server.phone import Phone
from tests.web import county

pytestmark = pytest.mark.browser


@pytest.fixture
def database_kind() -> str:
    """The pages are the same over either database; each step is tested over both elsewhere."""
    return "sqlite"


@pytest.fixture
def aishas_phone(
    url: str, watford: Database, settings: Any, clock: Clock, new_id: Callable[[], str]
) -> Iterator[Phone]:
    """A phone that speaks to the server over HTTP, enrolled a moment ago."""
    with watford.writing() as session:
        for before in (device_enrolment, device):  # the county's phones were written past the counter of their numbers
            session.execute(before.delete())
        code = make_code(session, "aisha", "watford-outreach", settings, clock(), new_id).code
    with httpx.Client(base_url=url, timeout=60) as line:
        phone = Phone(line, clock, new_id)
        phone.enrol(code)
        yield phone


def meet(phone: Phone, new_id: Callable[[], str], name: str) -> str:
    """Aisha meets somebody new, bedded down, and her phone syncs."""
    person = new_id()
    seen = phone.clock() - timedelta(minutes=20)
    at = dict(zip(("latitude", "longitude"), county.STATION, strict=True))
    answer = phone.push(
        phone.patch("person.patched", person, name=name),
        phone.contact(person_ids=[person], seen_at=seen.isoformat(), position=at),
    )
    assert answer.status_code == 200, answer.text
    return person


def test_from_the_first_sync_to_circulated_minutes(
    open_page: Callable[..., Any], aishas_phone: Phone, new_id: Callable[[], str]
) -> None:
    priya, ruth = open_page("priya"), open_page("ruth")
    person = meet(aishas_phone, new_id, "Red Mick")

    priya.goto("/cases")
    priya.click("text=Red Mick")
    priya.wait_for_url(f"**/people/{person}")
    priya.wait_for_selector("text=seen bedded down by Aisha N")
    priya.fill("#case_reason", "Needs a bed before the frost")
    priya.click("text=Put on the list")
    priya.wait_for_url("**?done=listed")
    priya.click("text=Name who leads")
    priya.select_option("#lead_agency", "beacon")
    priya.select_option("#phase", "transition")
    priya.click("text=Save who leads")
    priya.wait_for_selector("text=Beacon Outreach, nobody named yet. Transition")

    conference = call_conference(priya)
    priya.select_option("#put_in", label="Red Mick")
    priya.fill("#reason", "First frost on Friday")
    priya.click("main button:has-text('Swap')")
    priya.wait_for_url("**?done=swapped")
    priya.click("main a[href$='/circulate']")
    priya.click("form[action$='/circulate'] button")
    priya.wait_for_url("**?done=circulated")

    agenda = f"/agendas/{conference.rsplit('/', 1)[1]}"
    ruth.goto(agenda)
    card = ruth.locator("article", has_text="Red Mick")
    card.locator("textarea").fill("Script can restart on Monday.")
    card.get_by_role("button", name="Send the update").click()
    ruth.wait_for_selector("text=Script can restart on Monday.")

    priya.goto(f"{conference}/discussion/15")
    priya.wait_for_selector("h1:has-text('Red Mick')")
    priya.wait_for_selector("text=Script can restart on Monday.")
    priya.fill("#notes", "Will see CGL if Aisha comes along")
    priya.wait_for_selector("#note-state:has-text('Saved')")
    priya.fill("#line", "CGL: assessment by 28 Nov")
    priya.click("text=Add the action")
    priya.wait_for_selector("text=CGL Spectrum: assessment by 28 Nov 2026")
    priya.locator("body").press("PageDown")
    priya.wait_for_url("**/end")
    priya.click("main button:has-text('Check, then finish')")
    priya.click("main button:has-text('Finish the conference')")
    priya.wait_for_url("**/minutes?done=ended")
    priya.click("main button:has-text('These minutes are right')")
    priya.click("main button:has-text('Circulate the minutes')")
    priya.wait_for_url("**?done=minutes_circulated")

    ruth.goto(agenda)
    ruth.click("text=Minutes and actions")
    minutes = ruth.locator("article", has_text="Red Mick")
    minutes.locator("text=Will see CGL if Aisha comes along").wait_for()
    minutes.locator("text=assessment by 28 Nov 2026").wait_for()
    assert "tairwell" not in ruth.inner_text("main")
    ruth.goto("/actions")
    ruth.wait_for_selector("text=assessment by 28 Nov 2026")
    priya.goto(f"/people/{person}")
    priya.wait_for_selector("text=MDT 2")
