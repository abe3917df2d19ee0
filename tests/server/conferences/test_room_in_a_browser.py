"""The meeting room in a real browser: the network goes and comes back, two people type, keys alone, narrow and wide."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.server.conferences.test_discussion_in_a_browser import call_conference, find_violations, wait_for_value

pytestmark = pytest.mark.browser


def shown(page: Any) -> Any:
    return page.locator(".lantern-room__case:not([hidden])")


def open_room(page: Any, conference: str) -> Any:
    page.goto(f"{conference}/room")
    shown(page).wait_for()
    return shown(page)


def wait_for_text(where: Any, text: str) -> None:
    from playwright.sync_api import expect

    expect(where).to_have_text(text, timeout=60_000)


def said(page: Any, part: str) -> Any:
    return shown(page).locator(f"[id^='{part}-'][id$='-said']").first


def test_words_typed_without_a_network_stay_and_are_sent_once(open_page: Callable[..., Any]) -> None:
    page = open_page("priya")
    conference = call_conference(page)
    open_room(page, conference)
    page.context.set_offline(True)
    shown(page).locator("[data-notes]").fill("Foot sore")
    page.keyboard.press("PageDown")
    shown(page).locator("[data-notes]").fill("Keys on Friday")
    shown(page).locator("[data-line]").fill("CGL: assessment by 16 Nov")
    page.keyboard.press("Enter")
    page.wait_for_selector("#room-state:has-text('No network')")
    kept = page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")
    assert "Foot" not in kept and "Keys" not in kept and "CGL" not in kept
    page.keyboard.press("PageUp")
    assert shown(page).locator("[data-notes]").input_value() == "Foot sore"
    page.context.set_offline(False)
    wait_for_text(said(page, "notes"), "Saved")
    page.keyboard.press("PageDown")
    wait_for_text(said(page, "line"), "Added")
    wait_for_text(said(page, "notes"), "Saved")
    page.reload()
    assert shown(page).locator("[data-notes]").input_value() == "Foot sore"
    page.keyboard.press("PageDown")
    assert shown(page).locator("[data-notes]").input_value() == "Keys on Friday"
    assert shown(page).locator("[data-actions] li").all_inner_texts() == ["CGL Spectrum: assessment by 16 Nov 2026"]


def test_two_people_in_the_room_see_one_another_and_neither_loses_a_word(open_page: Callable[..., Any]) -> None:
    priya, tom = open_page("priya"), open_page("tom")
    conference = call_conference(priya)
    open_room(priya, conference)
    open_room(tom, conference)
    shown(priya).locator("[data-notes]").fill("Priya's line")
    wait_for_text(said(priya, "notes"), "Saved")
    wait_for_value(tom, ".lantern-room__case:not([hidden]) [data-notes]", "Priya's line")
    priya.wait_for_selector("#present li:has-text('Tom E')", timeout=60_000)
    shown(priya).locator("[data-outcome-words]").fill("Housed")
    wait_for_text(said(priya, "outcome"), "Saved")
    tom.context.set_offline(True)
    shown(tom).locator("[data-field=date_of_birth]").fill("2/4/79")
    tom.keyboard.press("Tab")
    shown(priya).locator("[data-field=date_of_birth]").fill("3 March 1980")
    priya.keyboard.press("Tab")
    wait_for_text(said(priya, "dob"), "Saved")
    tom.context.set_offline(False)
    said(tom, "dob").locator("text=3 March 1980").wait_for(timeout=60_000)
    said(tom, "dob").locator("text=Take theirs").click()
    assert shown(tom).locator("[data-field=date_of_birth]").input_value() == "3 March 1980"


def test_what_cannot_be_is_said_beside_its_field_and_stays_typed(open_page: Callable[..., Any]) -> None:
    page = open_page("priya")
    open_room(page, call_conference(page))
    field = shown(page).locator("[data-field=date_of_birth]")
    field.fill("31/2/80")
    page.keyboard.press("Tab")
    said(page, "dob").locator("text=Not saved.").wait_for()
    assert field.input_value() == "31/2/80"
    shown(page).locator("[data-line]").fill("sing by Fri")
    page.keyboard.press("Enter")
    said(page, "line").locator("text=Name the agency").wait_for()
    assert shown(page).locator("[data-line]").input_value() == "sing by Fri"


def test_a_case_whose_words_are_refused_keeps_no_other_case_from_being_saved(open_page: Callable[..., Any]) -> None:
    page = open_page("priya")
    open_room(page, call_conference(page))
    shown(page).locator("[data-notes]").fill("x" * 20_001)
    page.keyboard.press("PageDown")
    shown(page).locator("[data-notes]").fill("Keys on Friday")
    wait_for_text(said(page, "notes"), "Saved")
    page.locator("#room-state", has_text="more than 20,000 characters").wait_for()
    page.keyboard.press("PageUp")
    assert len(shown(page).locator("[data-notes]").input_value()) == 20_001


def test_a_line_that_is_refused_while_the_next_is_typed_is_still_there(open_page: Callable[..., Any]) -> None:
    page = open_page("priya")
    open_room(page, call_conference(page))
    held: list[Any] = []

    def hold(route: Any) -> None:
        held.append(route)

    page.route("**/action", hold)
    line = shown(page).locator("[data-line]")
    line.fill("sing by Fri")
    with page.expect_request("**/action"):
        page.keyboard.press("Enter")
    line.fill("CGL: visit by 16 Nov")
    held.pop().continue_()
    shown(page).locator("[data-actions] li", has_text="Not added: “sing by Fri”. Name the agency").wait_for()
    assert line.input_value() == "CGL: visit by 16 Nov"


def test_the_room_is_worked_by_keys_alone_and_passes_axe_narrow_and_wide(
    open_page: Callable[..., Any], screenshots: Any
) -> None:
    page = open_page("priya")
    conference = call_conference(page)
    open_room(page, conference)
    page.keyboard.press("PageDown")
    assert page.evaluate("document.activeElement.id").startswith("name-")
    page.keyboard.press("Tab")
    page.keyboard.type("typed by keys")
    wait_for_text(said(page, "notes"), "Saved")
    wrong: dict[str, Any] = {}
    page.evaluate(
        "document.querySelectorAll('.lantern-room__case:not([hidden]) details').forEach((each) => { each.open = true; })"
    )
    for width in (320, 375, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        spill = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        found = find_violations(page)
        if found or spill > 0:
            wrong[str(width)] = [found, spill]
        if screenshots is not None:
            page.screenshot(path=screenshots / f"mdt-room-{width}.png", full_page=True)
    assert wrong == {}
