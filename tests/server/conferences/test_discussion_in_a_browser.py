"""The page of the meeting in a real browser: the network drops, the page is reloaded, two people type, and nothing
is lost.

Every page of the conference is looked at by axe on the way.
"""

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.paths import AXE

pytestmark = pytest.mark.browser


def call_conference(page: Any) -> str:
    page.goto("/conferences")
    page.fill("#day", "2026-12-10")
    page.select_option("#minute_taker", "tom")
    page.click("text=Choose the cases")
    page.wait_for_url("**/conferences/*done=*")
    return str(page.url).split("?")[0]


def wait_for_value(page: Any, field: str, text: str) -> None:
    from playwright.sync_api import expect

    expect(page.locator(field)).to_have_value(text, timeout=60_000)


def wait_for_notes(page: Any, text: str) -> None:
    wait_for_value(page, "#notes", text)


def wait_until_saved(page: Any) -> None:
    from playwright.sync_api import expect

    expect(page.locator("#note-state")).to_have_text(re.compile("^Saved"), timeout=60_000)


def find_violations(page: Any) -> list[str]:
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run({resultTypes: ['violations']})")
    return [f"{each['id']}: {[node['html'][:120] for node in each['nodes'][:2]]}" for each in found["violations"]]


def test_what_is_typed_outlives_the_network_and_nothing_of_it_rests_in_the_browser(
    open_page: Callable[..., Any],
) -> None:
    page = open_page("priya")
    case = call_conference(page) + "/discussion/1"
    page.goto(case)
    page.fill("#notes", "Foot sore")
    wait_until_saved(page)
    page.context.set_offline(True)
    page.press("#notes", "End")
    page.type("#notes", "\nCGL to ring on Tuesday")
    page.wait_for_selector("#note-state:has-text('Still on this page')")
    page.keyboard.press("PageDown")
    page.wait_for_timeout(500)
    assert page.input_value("#notes") == "Foot sore\nCGL to ring on Tuesday"
    page.context.set_offline(False)
    wait_until_saved(page)
    page.reload()
    assert page.input_value("#notes") == "Foot sore\nCGL to ring on Tuesday"
    assert page.evaluate("localStorage.length") == 0
    assert "Foot" not in page.evaluate("JSON.stringify({...sessionStorage})")


def test_a_stale_outcome_stands_beside_the_newer_until_somebody_chooses(open_page: Callable[..., Any]) -> None:
    priya, tom = open_page("priya"), open_page("tom")
    case = call_conference(priya) + "/discussion/1"
    priya.goto(case)
    tom.goto(case)
    priya.fill("#outcome", "Housed")
    wait_until_saved(priya)
    wait_for_value(tom, "#outcome", "Housed")
    priya.context.set_offline(True)
    priya.fill("#outcome", "Housed in Luton")
    priya.wait_for_selector("#note-state:has-text('Still on this page')")
    tom.fill("#outcome", "Refused, left the area")
    wait_until_saved(tom)
    priya.context.set_offline(False)
    priya.wait_for_selector("#outcome-newer:has-text('Refused, left the area')", timeout=60_000)
    assert priya.input_value("#outcome") == "Housed in Luton"
    priya.click("#outcome-newer >> text=Take theirs")
    assert priya.input_value("#outcome") == "Refused, left the area"


def test_a_screen_says_when_its_case_was_taken_off_and_the_words_stay_with_the_person(
    open_page: Callable[..., Any],
) -> None:
    tom, priya = open_page("tom"), open_page("priya")
    conference = call_conference(priya)
    tom.goto(f"{conference}/discussion/2")
    name = tom.inner_text("h1")
    priya.goto("/people/p01")
    priya.fill("#case_reason", "Housed yesterday")
    priya.click("button:has-text('Close the case')")
    priya.wait_for_selector("h1:has-text('Check before you close the case')")
    priya.click("main button:has-text('Close the case')")
    priya.wait_for_url("**done=closed_case")
    tom.wait_for_selector("#agenda-news:has-text('no longer on the agenda')", timeout=60_000)
    tom.fill("#notes", "Keys on Friday")
    wait_until_saved(tom)
    assert tom.inner_text("h1") == name == "Person 01"


def test_the_day_of_an_action_is_echoed_before_enter(open_page: Callable[..., Any]) -> None:
    page = open_page("priya")
    page.goto(call_conference(page) + "/discussion/1")
    page.fill("#line", "CGL assessment by 11 Nov")
    page.wait_for_selector("#line-echo:has-text('yesterday')")
    page.fill("#line", "CGL assessment by 16 Nov")
    page.wait_for_selector("#line-echo:has-text('CGL Spectrum · assessment · Mon 16 Nov, in 4 days')")


def test_two_browsers_type_about_one_case_and_each_sees_the_other(open_page: Callable[..., Any]) -> None:
    priya, tom = open_page("priya"), open_page("tom")
    case = call_conference(priya) + "/discussion/1"
    priya.goto(case)
    tom.goto(case)
    priya.fill("#notes", "Priya's line")
    wait_until_saved(priya)
    tom.fill("#notes", "Tom's line")
    tom.wait_for_selector("#note-state:has-text('both are kept')")
    assert tom.input_value("#notes") == "Priya's line\nTom's line"
    wait_for_notes(priya, "Priya's line\nTom's line")


def test_one_key_goes_to_the_next_case_and_saves_on_the_way(open_page: Callable[..., Any]) -> None:
    page = open_page("priya")
    conference = call_conference(page)
    page.goto(f"{conference}/discussion/1")
    page.fill("#notes", "typed and gone at once")
    page.keyboard.press("PageDown")
    page.wait_for_selector("text=case 2 of 15")
    page.keyboard.press("PageUp")
    page.wait_for_selector("text=case 1 of 15")
    wait_for_notes(page, "typed and gone at once")


@pytest.mark.slow
def test_the_journey_from_a_date_to_minutes_passes_axe_on_every_page(
    open_page: Callable[..., Any], screenshots: Any
) -> None:
    page, wrong = open_page("priya"), {}

    def look(name: str, path: str | None = None, reader: Any = page) -> None:
        if path is not None:
            reader.goto(path)
        found = find_violations(reader)
        if found:
            wrong[name] = found
        for width in (375, 1280):
            reader.set_viewport_size({"width": width, "height": 900})
            spill = reader.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            if spill > 0:
                wrong[f"{name} at {width}"] = [f"{spill} px wider than the window"]
            if screenshots is not None:
                reader.screenshot(path=screenshots / f"mdt-{name}-{width}.png", full_page=True)

    look("conferences", "/conferences")
    conference = call_conference(page)
    look("conference")
    look("paper", f"{conference}/paper/cgl")
    page.goto(conference)
    page.click("main a[href$='/circulate']")
    look("check-circulating")
    page.click("form[action$='/circulate'] button")
    page.wait_for_url("**done=circulated")
    page.goto(f"{conference}/discussion/1")
    page.fill("#line", "CGL: assessment by 28 Nov")
    page.click("text=Add the action")
    page.wait_for_selector("text=CGL Spectrum: assessment by 28 Nov 2026")
    look("discussion")
    look("attendance", f"{conference}/attendance")
    look("end", f"{conference}/end")
    page.click("main button:has-text('Check, then finish')")
    look("check-finishing")
    page.click("main button:has-text('Finish the conference')")
    page.wait_for_url("**/minutes?done=ended")
    look("minutes")
    page.click("main button:has-text('These minutes are right')")
    page.click("main button:has-text('Circulate the minutes')")
    page.wait_for_url("**done=minutes_circulated")
    page.click("a:has-text('Correct') >> nth=0")
    page.fill("#notes", "Seen by the nurse on Friday, not on Thursday")
    page.click("main form button[type=submit]")
    page.wait_for_selector(".govuk-error-summary")
    look("correct-minutes")
    page.fill("#why", "The day was wrong.")
    page.click("main form button[type=submit]")
    page.wait_for_url("**done=minutes_corrected")
    look("minutes-corrected")
    page.click("main li a[href*='/sent/'] >> nth=0")
    look("sent-minutes")
    page.goto(conference)
    page.click("main li a[href*='/sent/'] >> nth=0")
    look("sent-agenda")
    look("chase", "/chase")
    again = call_conference(page)
    page.click("main a[href$='/circulate']")
    page.click("form[action$='/circulate'] button")
    page.wait_for_url("**done=circulated")
    page.click("text=Take off >> nth=0")
    page.fill("[id^=shape-] >> nth=0", "Away until Monday")
    page.click("details[open] form button[type=submit]")
    page.wait_for_url("**done=taken_off")
    look("conference-changed")
    look("priorities", "/priorities")
    look("agreements", "/agreements")
    look("tracker", "/tracker")
    look("still-to-ask", "/still-to-ask")
    look("share", "/tracker/quarter")
    look("caseloads", "/caseloads")
    look("cases-narrowed", "/cases?show=candidate&sort=name")
    page.goto("/people/joan")
    page.fill("#case_reason", "Housed on Friday")
    page.click("main button:has-text('Close the case')")
    look("check-closing")
    look("notifications", "/notifications")
    look("lead", "/people/joan/lead")
    look("hand-over", "/people/joan/hand-over")
    look("case-study", "/cases/case-joan/case-study")
    ruth = open_page("ruth")
    ruth.goto("/people/p03/ask")
    ruth.fill("#text", "Does she see a nurse? Ring 01923 for me.")
    ruth.click("main form button[type=submit]")
    look("ask", None, ruth)
    look("questions", "/questions", ruth)
    look("today", "/today", ruth)
    look("questions-asked", "/questions", open_page("tom"))
    look("actions", "/actions", ruth)
    look("agendas", "/agendas", ruth)
    look("agenda-changed", "/agendas/" + again.rsplit("/", 1)[1], ruth)
    look("agenda", "/agendas/" + conference.rsplit("/", 1)[1], ruth)
    look("agency-minutes", "/agendas/" + conference.rsplit("/", 1)[1] + "/minutes", ruth)
    look("put-forward", "/put-forward", ruth)
    look("notes-refused", "/people/p01/notes", ruth)
    look("notes", "/people/joan/notes", ruth)
    look("cases-of-a-partner", "/cases", ruth)
    look("reviews", "/access-reviews", open_page("omar"))
    assert wrong == {}
