"""What is typed into one form of a page outlives the sending of another one, in a real browser."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from server.actions.conferences.conferences import change_conference, open_conference, take_off_agenda
from server.database.engine import Database
from server.tables.operation.draft import draft
from shared.policy import Act
from tests.server.conferences.conftest import Enter
from tests.server.conferences.test_discussion_in_a_browser import call_conference

pytestmark = pytest.mark.browser
HERE_AGAIN = "text=is here again"
KEPT = "text=Kept at"


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


def test_words_over_what_was_changed_meanwhile_stand_beside_it_and_what_was_not_typed_is_as_it_is_now(
    open_page: Callable[..., Any], enter: Enter
) -> None:
    page = open_page("priya")
    path = call_conference(page)
    page.locator("summary", has_text="Change the day").click()
    page.fill("#place", "Town Hall, room 4")
    page.wait_for_selector(KEPT)
    with enter("priya") as access:
        before = open_conference(access, path.rsplit("/", 1)[1], Act.PREPARE_CONFERENCE)
        change_conference(access, before.id, before.starts_at + timedelta(hours=2), "Library", "priya", "tom")
    page.reload()
    page.wait_for_selector(HERE_AGAIN)
    assert page.input_value("#place") == "Town Hall, room 4"
    assert page.text_content("#place-newer").startswith("Lantern has “Library” here now.")
    assert "place-newer" in page.get_attribute("#place", "aria-describedby")
    assert page.input_value("#time") == "12:00"
    assert page.locator("[data-draft-newer]").count() == 1
    page.fill("#place", "Town Hall, room 5")
    page.wait_for_selector(KEPT)
    page.reload()
    page.wait_for_selector(HERE_AGAIN)
    assert page.input_value("#place") == "Town Hall, room 5"
    assert "Library" in page.text_content("#place-newer")


def test_words_stay_with_the_person_they_were_typed_for_when_a_case_before_is_taken_off(
    open_page: Callable[..., Any], enter: Enter
) -> None:
    priya = open_page("priya")
    path = call_conference(priya)
    priya.goto(f"{path}/circulate")
    priya.click("form[action$='/circulate'] button")
    priya.wait_for_url("**done=circulated")
    page = open_page("ruth")
    agenda = path.replace("/conferences/", "/agendas/")
    page.goto(agenda)

    def box_of(place: int) -> Any:
        return page.locator("textarea[name^=text_]").nth(place)

    def case_of(place: int) -> str:
        return str(page.locator("input[name^=case_]").nth(place).get_attribute("value"))

    first, second = case_of(0), case_of(1)
    box_of(1).fill("Seen on licence")
    page.wait_for_selector(KEPT)
    with enter("priya") as access:
        take_off_agenda(access, path.rsplit("/", 1)[1], first, "He moved away")
    page.reload()
    page.wait_for_selector(HERE_AGAIN)
    page.wait_for_load_state("networkidle")
    assert case_of(0) == second
    assert [box_of(place).input_value() for place in (0, 1)] == ["Seen on licence", ""]
    assert "was left out" not in page.text_content("[data-draft-note]")
    box_of(1).fill("Not known")
    page.wait_for_selector(KEPT)
    page.reload()
    page.wait_for_selector(HERE_AGAIN)
    assert [box_of(place).input_value() for place in (0, 1)] == ["Seen on licence", "Not known"]


def test_a_press_that_is_answered_late_leaves_no_draft_behind(open_page: Callable[..., Any], watford: Database) -> None:
    page = open_page("priya")
    call_conference(page)
    page.locator("summary", has_text="Change the day").click()

    def answer_late(route: Any) -> None:
        answer = route.fetch(max_redirects=0)
        route.fulfill(response=answer)

    page.route("**/change", answer_late)
    page.evaluate(
        """() => document.addEventListener("submit", (event) => queueMicrotask(() => delete event.target.dataset.sent))"""
    )  # as it is where the answer takes longer than a second press is held back
    page.fill("#place", "Town Hall, room 4")
    page.locator("form[action$='/change']").get_by_role("button", name="Save").click()
    page.wait_for_url("**done=changed")
    page.wait_for_load_state("networkidle")
    with watford.reading() as session:
        assert session.execute(select(draft.c.action)).all() == []
    assert page.input_value("#place") == "Town Hall, room 4"
