"""An @ in an action line offers services of the directory: meeting room, page of a case, chase board."""

from collections.abc import Callable
from typing import Any

import pytest

from server.database.engine import Database
from server.queries.partnership import services as directory
from server.queries.partnership.services import Kept
from shared.model.service import Service
from tests.conftest import Clock
from tests.server.conferences.test_discussion_in_a_browser import call_conference, find_violations
from tests.server.conferences.test_room_in_a_browser import open_room, said, shown, wait_for_text

pytestmark = pytest.mark.browser


@pytest.fixture
def database_kind() -> str:
    """The pages are the same over either database; what is found is tested over both."""
    return "sqlite"


@pytest.fixture
def served_with_services(watford: Database, clock: Clock) -> None:
    told = [
        Service(id="shelter", name="Night shelter", provider="New Hope"),
        Service(id="cafe", name="Night <café>", provider="Night <café>"),
    ]
    with watford.writing() as session:
        kept = [Kept(service=each, source="", reference=each.id, came_with="{}") for each in told]
        directory.add_services(session, kept, clock())


def type_at(page: Any, line: Any, words: str) -> list[str]:
    """Types, and returns what is offered."""
    line.press_sequentially(words)
    page.locator("[role=listbox]:visible [role=option]").first.wait_for(timeout=60_000)
    return [str(each) for each in page.locator("[role=listbox]:visible [role=option]").all_inner_texts()]


def test_in_the_room_by_keys_and_the_action_names_it(open_page: Callable[..., Any], served_with_services: None) -> None:
    page = open_page("priya")
    open_room(page, call_conference(page))
    line = shown(page).locator("[data-line]")
    assert type_at(page, line, "CGL: ask the @nig") == ["Night <café>", "Night shelter, New Hope"]
    assert line.get_attribute("aria-expanded") == "true"
    assert not find_violations(page)
    line.press("ArrowDown")
    line.press("ArrowDown")
    chosen = line.get_attribute("aria-activedescendant")
    assert page.locator(f"[id='{chosen}']").inner_text() == "Night shelter, New Hope"
    line.press("Enter")
    assert line.input_value() == "CGL: ask the Night shelter "
    assert page.locator("[role=listbox]:visible").count() == 0
    line.press_sequentially("by 16 Nov")
    line.press("Enter")
    wait_for_text(said(page, "line"), "Added")
    (action,) = shown(page).locator("[data-actions] li").all_inner_texts()
    assert "ask the Night shelter" in action and "16 Nov" in action


def test_escape_closes_it_and_what_was_typed_stays(open_page: Callable[..., Any], served_with_services: None) -> None:
    page = open_page("priya")
    page.goto("/chase")
    line = page.locator("#line")
    type_at(page, line, "Ring the @shel")
    line.press("Escape")
    assert page.locator("[role=listbox]:visible").count() == 0 and line.input_value() == "Ring the @shel"
    assert not find_violations(page)


def test_on_the_page_of_a_case_by_hand(open_page: Callable[..., Any], served_with_services: None) -> None:
    page = open_page("priya")
    page.goto(f"{call_conference(page)}/discussion/1")
    line = page.locator("#line")
    type_at(page, line, "CGL: @night")
    page.locator("[role=option]", has_text="<café>").click()
    assert line.input_value() == "CGL: Night <café> "
