"""How well reports are answered: counted of reports, never flattered."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from shared.rules.referral_figures import Course, Figures, count_figures, split

ZONE = "Europe/London"
BEGAN = datetime(2026, 11, 2, 9, tzinfo=UTC)
DUE = date(2026, 11, 16)
TODAY = date(2026, 11, 20)
FOUND, LOOKED = "person found - taken to shelter", "person not found - person looked for"


def course(**fields) -> Course:
    told: dict[str, Any] = {
        "source": "streetlink",
        "district": "Watford",
        "reported_at": BEGAN,
        "due_on": DUE,
        "has_place": True,
    }
    return Course(**(told | fields))


def after(hours: float) -> datetime:
    return BEGAN + timedelta(hours=hours)


def test_nothing_is_none_and_not_a_hundred_per_cent():
    assert count_figures([], TODAY, ZONE) == Figures(groups=(("no outcome yet", 0),))


def test_hours_are_the_median_and_the_unknown_is_left_out():
    found = count_figures(
        [course(looked_at=after(2)), course(looked_at=after(30), closed_at=after(40), outcome=FOUND), course(looked_at=after(10)),
         course()], TODAY, ZONE,
    )  # fmt: skip
    assert (found.reports, found.visited, found.hours_to_visit, found.visited_in_a_day) == (4, 3, 10, 2)
    assert (found.closed, found.found, found.hours_to_outcome) == (1, 1, 40)


def test_a_repeat_is_counted_and_not_measured_again():
    found = count_figures([course(), course(is_repeat=True, has_place=False, looked_at=after(1))], TODAY, ZONE)
    assert (found.reports, found.repeats, found.own, found.placed, found.visited) == (2, 1, 1, 1, 0)


@pytest.mark.parametrize(
    ("fields", "owed", "in_time"),
    [
        ({"closed_at": datetime(2026, 11, 16, 23, 59, tzinfo=UTC), "outcome": FOUND}, 1, 1),
        ({"closed_at": datetime(2026, 11, 17, 0, 1, tzinfo=UTC), "outcome": FOUND}, 1, 0),
        ({}, 1, 0),
        ({"due_on": TODAY}, 0, 0),
        ({"is_asked": True}, 0, 0),
    ],
)
def test_in_time_is_of_what_was_owed_and_the_late_and_open_are_not(fields, owed, in_time):
    found = count_figures([course(**fields)], TODAY, ZONE)
    assert (found.owed, found.in_time) == (owed, in_time)


def test_the_day_is_the_local_one_in_summer():
    late = course(due_on=date(2026, 7, 1), closed_at=datetime(2026, 7, 1, 23, 30, tzinfo=UTC), outcome=FOUND)
    assert count_figures([late], TODAY, ZONE).in_time == 0


@pytest.mark.parametrize(
    ("outcome", "is_visit"),
    [(FOUND, True), (LOOKED, True), ("person not looked for - person already known", False), ("something else", False)],
)
def test_an_outcome_says_whether_somebody_must_have_been_there(outcome, is_visit):
    assert course(closed_at=after(50), outcome=outcome).visited_at == (after(50) if is_visit else None)


def test_a_visit_before_the_report_took_no_time():
    assert count_figures([course(looked_at=after(-5))], TODAY, ZONE).hours_to_visit == 0


def test_outcomes_are_counted_by_group_and_what_is_open_is_said():
    found = count_figures(
        [course(closed_at=after(1), outcome=FOUND), course(closed_at=after(1), outcome="PERSON FOUND – unwilling to engage"),
         course(closed_at=after(1), outcome="gone"), course()], TODAY, ZONE,
    )  # fmt: skip
    assert found.groups == (("person found", 2), ("another outcome", 1), ("no outcome yet", 1))


def test_split_says_each_in_order():
    parts = split([course(district="Watford"), course(district="Dacorum")], lambda each: each.district)
    assert list(parts) == ["Dacorum", "Watford"]
