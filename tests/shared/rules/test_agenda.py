"""The right fifteen people, in order, in time, and run by two different people."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.rules.agenda import (
    build_agenda,
    cadence_warning,
    circulation_warning,
    suggest_date,
    suggest_dates,
    swap,
    why_not_run_by,
)
from shared.rules.prioritisation import RankedCase, Tier
from tests.shared.cast import at


def ranked(*case_ids: str) -> list[RankedCase]:
    return [
        RankedCase(case_id=case_id, rank=n, by_rule=n, tier=Tier.VERIFIED, grounds=("Verified",))
        for n, case_id in enumerate(case_ids, start=1)
    ]


def ids(items) -> list[str]:
    return [item.case_id for item in items]


def test_cases_carried_over_come_first_then_new_ones_by_rank():
    agenda = build_agenda(ranked("a", "b", "c", "d"), carried_over=["d", "b", "closed"])
    assert ids(agenda.chosen) == ["b", "d", "a", "c"]
    assert [item.carried_over for item in agenda.chosen] == [True, True, False, False]
    assert agenda.chosen[0].reason == "Carried over from the last conference. Verified"
    assert agenda.chosen[2].reason == "New, number 1 on the list. Verified"


def test_fifteen_are_chosen_and_the_rest_are_told_why_not():
    names = [f"case-{n:02}" for n in range(1, 19)]
    agenda = build_agenda(ranked(*names), carried_over=names[16:])
    assert len(agenda.chosen) == 15
    assert ids(agenda.not_chosen) == ["case-14", "case-15", "case-16"]
    assert (
        agenda.not_chosen[0].why
        == "The agenda holds 15 cases, 2 carried over come first; this one is number 14 on the list"
    )


def test_places_are_kept_for_people_new_to_the_conference():
    names = [f"case-{n:02}" for n in range(1, 19)]
    agenda = build_agenda(ranked(*names), carried_over=names[:16], newcomers=3)
    assert ids(agenda.chosen) == [*names[:13], "case-17", "case-18"]  # two are new: two places
    assert ids(agenda.not_chosen) == ["case-14", "case-15", "case-16"]
    assert agenda.not_chosen[0].why == (
        "The agenda holds 15 cases, 2 of them kept for people new to the conference; "
        "this one, carried over, is number 14 on the list"
    )
    assert [item.position for item in agenda.chosen] == list(range(1, 16))


def test_no_place_stays_empty_where_nobody_is_new_and_nobody_new_waits_for_room_there_is():
    assert len(build_agenda(ranked("a", "b", "c"), ["a", "b", "c"], 3, newcomers=2).chosen) == 3
    assert ids(build_agenda(ranked("a", "b", "c", "d"), ["a"], 3, newcomers=1).chosen) == ["a", "b", "c"]


def test_a_swap_needs_a_reason_and_keeps_it():
    agenda = build_agenda(ranked("a", "b", "c"), cases_at_most=2)
    swapped = swap(agenda, "b", "c", "b is in hospital")
    assert ids(swapped.chosen) == ["a", "c"]
    assert swapped.chosen[1].reason == "Put on by the coordinator: b is in hospital"
    assert swapped.not_chosen[0].why == "Taken off by the coordinator: b is in hospital"
    with pytest.raises(ValueError, match="Say why"):
        swap(agenda, "b", "c", "  ")
    with pytest.raises(ValueError, match="no longer"):
        swap(agenda, "c", "b", "x")


names = st.lists(st.text("abcdefghij", min_size=1, max_size=3), max_size=30, unique=True)


@given(names, st.data(), st.integers(1, 15))
def test_nobody_is_lost_and_the_order_is_carried_then_ranked(case_ids, data, most):
    carried = data.draw(st.sets(st.sampled_from(case_ids))) if case_ids else set()
    agenda = build_agenda(ranked(*case_ids), carried, most)
    everyone = ids(agenda.chosen) + ids(agenda.not_chosen)
    assert everyone == [c for c in case_ids if c in carried] + [c for c in case_ids if c not in carried]
    assert len(agenda.chosen) == min(most, len(case_ids))
    assert [item.position for item in agenda.chosen] == list(range(1, len(agenda.chosen) + 1))
    assert all(item.why for item in agenda.not_chosen)


def test_chair_and_minute_taker_are_two_people():
    assert why_not_run_by("priya", "tom") is None
    assert "different people" in (why_not_run_by("priya", "priya") or "")
    assert "needs a chair" in (why_not_run_by("priya", None) or "")


@pytest.mark.parametrize(
    ("days_before", "warning"),
    [(4, None), (3, None), (2, "Circulated 2 days before."), (1, "Circulated 1 day before.")],
)
def test_later_than_three_days_before_is_a_warning(days_before, warning):
    starts = at(20, 10)
    result = circulation_warning(starts, starts - timedelta(days=days_before))
    assert result is None if warning is None else result.startswith(warning)


def test_three_days_count_as_days_and_not_as_hours():
    assert circulation_warning(at(20, 9), at(17, 23)) is None
    assert circulation_warning(at(20, 9), at(20, 10)).startswith("Circulated after it began")


def test_the_next_date_is_four_weeks_on():
    assert suggest_date(date(2026, 11, 24), date(2026, 11, 25)) == date(2026, 12, 22)
    assert suggest_date(date(2026, 11, 24), date(2026, 11, 25), holidays={date(2026, 12, 22)}) == date(2026, 12, 29)


def test_a_date_that_has_passed_moves_on_by_weeks_and_a_first_one_is_a_working_day():
    assert suggest_date(date(2026, 6, 2), date(2026, 11, 25)) == date(2026, 12, 1)
    assert suggest_date(None, date(2026, 11, 25)) == date(2026, 11, 30)


@given(st.none() | st.dates(date(2025, 1, 1), date(2027, 1, 1)), st.dates(date(2025, 6, 1), date(2027, 1, 1)))
def test_a_suggested_date_always_leaves_three_days_to_circulate(last, today):
    day = suggest_date(last, today)
    assert day.weekday() < 5
    assert (day - today).days >= 3
    assert last is None or day > last


def test_four_five_and_six_weeks_on_are_suggested_and_nothing_beyond():
    last, today = date(2026, 11, 12), date(2026, 11, 20)
    days = [date(2026, 12, 10), date(2026, 12, 17), date(2026, 12, 24)]
    assert list(suggest_dates(last, today)) == days
    assert list(suggest_dates(last, today, holidays=[days[1]])) == [days[0], days[2]]
    late = suggest_dates(last, date(2027, 1, 20))
    assert len(late) == 1
    assert late[0] >= date(2027, 1, 23)


def test_a_cadence_outside_four_to_six_weeks_is_said():
    assert cadence_warning(None, date(2026, 12, 1)) is None
    assert cadence_warning(date(2026, 11, 3), date(2026, 12, 1)) is None
    assert cadence_warning(date(2026, 10, 20), date(2026, 12, 1)) is None
    assert cadence_warning(date(2026, 10, 6), date(2026, 12, 1)).startswith("8 weeks after")
    assert cadence_warning(date(2026, 11, 17), date(2026, 12, 1)).startswith("2 weeks after")
