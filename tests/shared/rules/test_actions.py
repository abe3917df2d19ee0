"""A missed action is red for every partner until it is explained."""

from datetime import date
from typing import Any

from shared.model.case import Action
from shared.rules.actions import days_late, is_overdue, is_red_flag, say_action
from tests.shared.cast import at

DUE = date(2026, 11, 28)


def action(**fields) -> Action:
    values: dict[str, Any] = {
        "id": "a", "case_id": "marek-case", "agency_id": "cgl", "text": "assessment ", "due_on": DUE, "agreed_at": at(20),
        "agreed_by": "priya", "mdt_number": 1,
    }  # fmt: skip
    return Action(**(values | fields))


def test_on_the_day_it_is_due_an_action_is_not_late():
    assert not is_overdue(action(), DUE)
    assert is_overdue(action(), date(2026, 11, 29))
    assert days_late(action(), date(2026, 12, 1)) == 3


def test_an_action_that_is_done_is_never_late():
    assert not is_overdue(action(done_at=at(28)), date(2026, 12, 24))


def test_an_explanation_takes_the_red_away_and_not_the_lateness():
    late = date(2026, 12, 1)
    assert is_red_flag(action(), late)
    assert not is_red_flag(action(explained="he moved to Luton"), late)
    assert is_red_flag(action(explained="   "), late)
    assert is_overdue(action(explained="he moved to Luton"), late)


def test_an_action_is_one_bullet():
    assert say_action(action(), "CGL") == "CGL: assessment by 28 Nov"


def test_an_action_that_its_agency_says_is_not_theirs_is_late_and_red_for_nobody():
    assert is_red_flag(action(refused=""), date(2026, 12, 1))
    assert not is_red_flag(action(refused="He is not open to us"), date(2026, 12, 1))
