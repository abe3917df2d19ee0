"""What is typed into one form of a page outlives the sending of another one, in a real browser."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.server.conferences.test_discussion_in_a_browser import call_conference

pytestmark = pytest.mark.browser
HERE_AGAIN = "text=is here again"


def test_who_came_is_noted_for_one_service_and_the_names_beside_it_stay(open_page: Callable[..., Any]) -> None:
    page = open_page("priya")
    call_conference(page)
    page.goto(f"{page.url.split('?')[0]}/attendance")
    cards = page.locator("section.lantern-card")
    cards.nth(0).locator("[name=name]").fill("Ruth Ó")
    cards.nth(1).locator("[name=name]").fill("Bea, for Łucja")
    cards.nth(2).locator("[name=leaves]").fill("soon")
    cards.nth(0).get_by_role("button", name="Came").click()
    page.wait_for_selector(HERE_AGAIN)
    assert cards.nth(0).locator("[name=name]").input_value() == "Ruth Ó"
    assert cards.nth(1).locator("[name=name]").input_value() == "Bea, for Łucja"
    assert cards.nth(2).locator("[name=leaves]").input_value() == "soon"
    assert cards.nth(0).locator("[data-draft-note]").count() == 0

    cards.nth(2).get_by_role("button", name="Came").click()
    page.wait_for_selector(".govuk-error-summary")
    page.wait_for_selector(HERE_AGAIN)
    assert cards.nth(2).locator("[name=leaves]").input_value() == "soon"
    assert cards.nth(1).locator("[name=name]").input_value() == "Bea, for Łucja"


def test_general_data_of_two_people_is_sent_one_after_the_other(open_page: Callable[..., Any]) -> None:
    page, other = open_page("priya"), open_page("priya")
    for each in (page, other):
        each.goto("/priorities?district=watford")
    people = page.locator("form[action$='/general']")
    for place, box in ((0, "eviction_risk"), (1, "evicted")):
        people.nth(place).locator("xpath=ancestor::details").locator("summary").click()
        people.nth(place).locator(f"[name={box}]").check()
    second = people.nth(1).get_attribute("action")
    people.nth(0).get_by_role("button", name="Save").click()
    page.wait_for_selector(HERE_AGAIN)
    left = page.locator(f"form[action='{second}']")
    assert left.locator("[name=evicted]").is_checked()
    assert left.get_by_role("button", name="Save").is_visible()

    theirs = other.locator(f"form[action='{second}']")
    theirs.locator("xpath=ancestor::details").locator("summary").click()
    theirs.locator("[name=evicted]").check()
    theirs.locator("[name=temporarily_housed]").check()
    theirs.get_by_role("button", name="Save").click()
    other.wait_for_url("**done=general_saved")
    page.goto("/priorities?district=watford")
    page.wait_for_load_state("networkidle")
    assert page.locator(f"form[action='{second}'] [name=temporarily_housed]").is_checked()


def test_a_tick_that_was_taken_away_is_kept_too(open_page: Callable[..., Any]) -> None:
    page = open_page("priya")
    page.goto("/priorities?district=watford")
    form = page.locator("form[action$='/general']").nth(0)
    form.locator("xpath=ancestor::details").locator("summary").click()
    form.locator("[name=eviction_risk]").check()
    address = form.get_attribute("action")
    form.get_by_role("button", name="Save").click()
    page.wait_for_url("**done=general_saved")
    form = page.locator(f"form[action='{address}']")
    form.locator("xpath=ancestor::details").locator("summary").click()
    form.locator("[name=eviction_risk]").uncheck()
    form.locator("text=Kept at").wait_for()
    page.reload()
    page.wait_for_selector(HERE_AGAIN)
    assert not page.locator(f"form[action='{address}'] [name=eviction_risk]").is_checked()
