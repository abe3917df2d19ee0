"""Guests, the shelf, the notice board, exact counts and the facts of a person, in a real browser: accessible and whole at every
width, with their errors too; and worked by keys."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from server.queries.partnership.agencies import add_agreement
from shared.model.agency import Agreement
from shared.model.codes import AgreementKind
from tests.paths import AXE
from tests.server.conferences.test_discussion_in_a_browser import call_conference, find_violations
from tests.web import county

pytestmark = [pytest.mark.browser, pytest.mark.skipif(not AXE.exists(), reason="axe is fetched by `make assets`")]
WIDTHS = (320, 375, 1280)


@pytest.fixture
def told(watford: Any, now: Any, new_id: Any) -> Any:
    """Probation has signed again; the quarter is told, and Public Health has its agreement on exact counts."""
    with watford.writing() as session:
        county.tell_quarter(session, now, new_id)
        add_agreement(
            session,
            Agreement(
                id="exact", agency_id="county", kind=AgreementKind.EXACT_COUNTS, version="1", signatory="Director",
                signed_on=now.date(), expires_on=now.date() + timedelta(days=300),
            ),
        )  # fmt: skip
    return watford


def test_each_page_passes_axe_and_fits_at_every_width(
    told: Any, open_page: Callable[..., Any], screenshots: Any
) -> None:
    page, wrong = open_page("priya"), {}

    def look(name: str, path: str | None = None, reader: Any = page) -> None:
        if path is not None:
            reader.goto(path)
        for width in WIDTHS:
            reader.set_viewport_size({"width": width, "height": 900})
            spill = reader.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            found = find_violations(reader)
            if found or spill > 0:
                wrong[f"{name} at {width}"] = [found, spill]
            if screenshots is not None:
                reader.screenshot(path=screenshots / f"mdt-{name}-{width}.png", full_page=True)

    call_conference(page)
    page.click("text=Invite a guest >> nth=0")
    page.select_option("details[open] select", "three-rivers-housing")
    page.click("details[open] button:has-text('Invite')")
    page.wait_for_selector(".govuk-error-summary")
    look("guest-refused")
    page.select_option("details[open] select", "three-rivers-housing")
    page.fill("details[open] [name=reason]", "Has a room for her " + "x" * 300)
    page.click("details[open] button:has-text('Invite')")
    page.wait_for_url("**done=guest_changed")
    look("guest")

    look("board-empty", "/board")
    page.fill("#title", "A place on Fridays")
    page.fill("#content", "Ring 07700 900123")
    page.click("button:has-text('Hang it')")
    page.wait_for_selector(".govuk-error-summary")
    look("board-refused")
    page.fill("#content", "Who has room for a stall? " + "x" * 300)
    page.focus("button:has-text('Hang it')")
    page.keyboard.press("Enter")
    page.wait_for_url("**done=notice_hung")
    page.click("text=Answer >> nth=0")
    look("board")

    look("study", "/cases/case-joan/case-study")
    page.fill("#learned", "Joan taught us to wait.")
    page.click("button:has-text('Keep it on the shelf')")
    page.wait_for_selector(".govuk-error-summary")
    look("study-refused")
    page.fill("#learned", "She taught us to wait.")
    page.fill("#title", "To wait")
    page.click("button:has-text('Keep it on the shelf')")
    page.wait_for_url("**/shelf/*done=study_kept")
    look("study-kept")
    look("shelf", "/shelf")

    look("who-can-see", "/who-can-see")
    page.select_option("#analyst", "helen")
    page.click("button:has-text('Name them')")
    page.wait_for_selector(".govuk-error-summary")
    look("naming-refused")
    page.select_option("#analyst", "helen")
    page.fill("#purpose", "The plan for beds in winter.")
    page.click("button:has-text('Name them')")
    page.wait_for_url("**done=analyst_named")
    look("naming")
    look("exact", "/exact-counts", open_page("helen"))

    look("person", "/people/joan")
    page.click("a:has-text('Change date of birth')")
    assert page.evaluate("location.hash") == "#date_of_birth"
    look("facts")
    page.fill("#date_of_birth", "31")
    page.fill("#date_of_birth_month", "2")
    page.click("main form button:has-text('Save')")
    page.wait_for_selector(".govuk-error-summary")
    look("facts-refused")
    assert wrong == {}
