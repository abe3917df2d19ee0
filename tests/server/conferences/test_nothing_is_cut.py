"""Words that are too long are refused, with how long they may be: none is stored without its end."""

from collections.abc import Callable
from typing import Any

import pytest

from server.access import Access
from server.actions.cases.caseload import set_lead
from server.actions.cases.moves import hand_over
from server.actions.conferences.attendance import note_attendance
from server.actions.people.hiding import hide_person, show_person_again
from server.actions.people.notes import break_the_glass
from server.problems import Invalid
from shared.model.codes import SupportPhase
from tests.server.conferences.conftest import Browser, Enter
from tests.server.conferences.test_pages import call
from tests.web import county

LONG = "She has asked for a flat near her sister. " * 250


@pytest.fixture
def database_kind() -> str:
    """What is refused before it is stored is refused alike."""
    return "sqlite"


def _lead(access: Access) -> object:
    return set_lead(access, "case-p01", "cgl", None, SupportPhase.TRANSITION, LONG)


WAYS: dict[str, tuple[str, Callable[[Access], Any]]] = {
    "a case handed over": ("priya", lambda access: hand_over(access, "case-p01", county.THREE_RIVERS, LONG)),
    "a lead": ("priya", _lead),
    "somebody hidden": ("priya", lambda access: hide_person(access, "p01", [], LONG)),
    "somebody shown again": ("priya", lambda access: show_person_again(access, "p01", LONG)),
    "notes opened in need": ("ruth", lambda access: break_the_glass(access, "p01", "risk_to_life", LONG)),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_reason_that_is_too_long_is_refused_and_not_cut(enter: Enter, way: str) -> None:
    who, act = WAYS[way]
    with pytest.raises(Invalid) as refused, enter(who) as access:
        act(access)
    assert f"these are {len(LONG.strip()):,}. Nothing was sent or cut." in refused.value.errors[0]


def test_a_name_that_is_too_long_is_refused_beside_its_field(browser: Browser) -> None:
    path = call(browser)
    answer = browser.post(f"{path}/attendance", agency="cgl", came="yes", name="Ruth " * 50)
    assert answer.status_code == 422
    assert 'id="name-cgl-error"' in answer.text
    assert ("Ruth " * 50).strip() in answer.text
    browser.post(f"{path}/attendance", agency="cgl", came="yes", name="Ruth")
    assert "Came" in browser.get(f"{path}/attendance").text


def test_the_name_of_whoever_came_stands_on_one_line(enter: Enter, browser: Browser) -> None:
    conference_id = call(browser).rsplit("/", 1)[1]
    with enter("priya") as access:
        note_attendance(access, conference_id, "cgl", attended=True, apologies=False, name=" Ruth \n Okafor ")
    assert "Ruth Okafor" in browser.get(f"/conferences/{conference_id}/attendance").text
