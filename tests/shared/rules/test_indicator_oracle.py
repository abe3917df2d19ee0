"""All eight core indicators, CHAIN's classes and what explains them, against an oracle that walks through the days one by one.

The oracle knows no window and no function of the rules: for each person it asks of each day what was so.
"""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model.codes import InstitutionLeft, StayKind
from shared.model.stay import Stay
from shared.rules.chain import ChainClass, chain_classes
from shared.rules.indicators import IndicatorPeriods, InstitutionExit, MovedIn, SeenNight, month_indicators
from shared.rules.institutions import DAY, INSTITUTION, Written, read_exits
from shared.rules.return_changes import Known, say_came, say_went
from shared.rules.stays import find_faults, list_exits_of, list_moves

PEOPLE = "abc"
NOW = date(2026, 11, 12)
days = st.dates(date(2025, 1, 1), date(2026, 12, 31)) | st.dates(date(2023, 6, 1), date(2024, 3, 1))
nights = st.lists(st.builds(SeenNight, person_id=st.sampled_from(PEOPLE), night=days), max_size=16)
moves = st.lists(
    st.builds(MovedIn, person_id=st.sampled_from(PEOPLE), moved_in_on=days, settled=st.booleans()), max_size=5
)
exits = st.lists(
    st.builds(
        InstitutionExit,
        person_id=st.sampled_from(PEOPLE),
        institution=st.sampled_from(list(InstitutionLeft)),
        left_on=days | st.none(),
        turns_25_on=days | st.none(),
    ),
    max_size=5,
)
settings = st.builds(
    IndicatorPeriods,
    accommodated_settled_only=st.booleans(),
    accommodated_met_before=st.booleans(),
    returning_after_quarters=st.sampled_from([0, 2]),
)
months = st.dates(date(2026, 1, 1), date(2026, 12, 31)).map(lambda day: day.replace(day=1))


def month_of(day):
    return day.year * 12 + day.month - 1


def same_day_a_year_before(day):
    return day.replace(year=day.year - 1, day=28) if (day.month, day.day) == (2, 29) else day.replace(year=day.year - 1)


@given(nights, moves, exits, settings, months)
def test_the_later_indicators_agree_with_a_walk_through_the_days(nights, moves, exits, periods, month):
    result = month_indicators(month, nights, exits, periods, moves=moves)
    for person in PEOPLE:
        met = sorted(
            {each.night for each in nights if each.person_id == person and month_of(each.night) <= month_of(month)}
        )
        now = [day for day in met if month_of(day) == month_of(month)]
        mine = [each for each in moves if each.person_id == person]

        moved = False
        for each in mine:
            counts = month_of(each.moved_in_on) == month_of(month)
            counts = counts and (each.settled or not periods.accommodated_settled_only)
            moved = moved or (
                counts and (not periods.accommodated_met_before or any(d <= each.moved_in_on for d in met))
            )
        assert (person in result.accommodated) == moved

        returning = bool(now) and is_returning(met, now, month, periods)
        assert (person in result.returning) == returning
        since = same_day_a_year_before(now[0]) if now else None
        settled = any(each.settled and since is not None and since <= each.moved_in_on < now[0] for each in mine)
        assert (person in result.returned_from_settled) == (returning and settled)

        assert (person in result.left_institution) == any(
            left_lately(each, day) for each in exits if each.person_id == person for day in now
        )

        end = date(month.year + month.month // 12, month.month % 12 + 1, 1)
        bedded = sum(end - timedelta(days=back) in met for back in range(1, 181))
        in_bands = [name for name, those in result.nights_in_180_days.items() if person in those]
        assert in_bands == ([band(bedded)] if now else [])


def is_returning(met, now, month, periods):
    if periods.returning_after_quarters:
        quarter = month_of(month) // 3
        in_between = [day for day in met if quarter - 2 <= month_of(day) // 3 < quarter]
        return not in_between and any(month_of(day) // 3 < quarter - 2 for day in met)
    return any(
        any(earlier < day for earlier in met) and not any(day - timedelta(days=back) in met for back in range(1, 180))
        for day in now
    )


def left_lately(each, day):
    if each.institution == "care_leaver_under_25":
        return each.turns_25_on is None or day < each.turns_25_on
    if each.institution in ("none", "not_known") or each.left_on is None:
        return False
    return any(each.left_on + timedelta(days=after) == day for after in range(86))


def band(nights):
    for name, highest in (("1", 1), ("2", 2), ("3 to 5", 5), ("6 to 10", 10)):
        if nights <= highest:
            return name
    return "more than 10"


@given(nights, months, st.dictionaries(st.sampled_from(PEOPLE), days))
def test_everybody_met_in_a_year_is_flow_stock_or_returner(nights, month, known):
    """Whoever is known since a day that was brought in was met that day, if nowhere else."""
    classes = chain_classes(nights, month, known)
    year = range(month_of(month) - 11, month_of(month) + 1)
    for person in PEOPLE:
        met = {
            month_of(each.night)
            for each in nights
            if each.person_id == person and month_of(each.night) <= month_of(month)
        }
        before = (
            {each for each in met | {month_of(known[person])} if each < year[0]}
            if person in known
            else ({each for each in met if each < year[0]})
        )
        wanted = None
        if met & set(year):
            wanted = ChainClass.FLOW if not before else ChainClass.RETURNER
            wanted = ChainClass.STOCK if any(each >= year[0] - 12 for each in before) else wanted
        assert [kind for kind in ChainClass if person in classes[kind]] == ([wanted] if wanted else [])


def written(on, field, value):
    return Written(date.fromisoformat(on), field, value)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ([("2026-09-05", DAY, "2026-09-01"), ("2026-09-05", INSTITUTION, "prison")], [("prison", "2026-09-01")]),
        # Put right: the day that was meant had come before the first was written.
        ([("2026-09-05", DAY, "2026-09-01"), ("2026-10-01", DAY, "2026-09-03")], [("not_known", "2026-09-03")]),
        # Another discharge: it came after the first was written down.
        (
            [("2026-09-05", DAY, "2026-09-01"), ("2026-11-02", DAY, "2026-10-30")],
            [("not_known", "2026-09-01"), ("not_known", "2026-10-30")],
        ),
        ([("2026-09-05", DAY, "2026-09-01"), ("2026-10-01", DAY, None)], []),
        ([("2026-09-05", INSTITUTION, "hospital")], []),
    ],
)  # fmt: skip
def test_the_next_discharge_is_written_over_the_last_and_both_count(words, found):
    assert [(str(left), day.isoformat()) for left, day in read_exits(written(*each) for each in words)] == found


def stay(kind=StayKind.HOSTEL, moved_in_on=date(2026, 10, 1), left_on=None, **more):
    told: dict[str, Any] = {"id": "s", "person_id": "a", "district_id": "d", "recorded_at": NOW, "recorded_by": "w"}
    return Stay(kind=kind, moved_in_on=moved_in_on, left_on=left_on, **(told | more))


def test_an_institution_is_no_move_in_and_leaving_it_is_an_exit():
    told = [
        stay(),
        stay(StayKind.SOCIAL_TENANCY),
        stay(StayKind.PRISON, left_on=date(2026, 10, 9)),
        stay(StayKind.HOSPITAL),
        stay(StayKind.PRISON, left_on=date(2026, 10, 9), struck_at=NOW, struck_by="w"),
        stay(struck_at=NOW, struck_by="w"),
    ]
    assert [(each.moved_in_on, each.settled) for each in list_moves(told)] == [
        (date(2026, 10, 1), False),
        (date(2026, 10, 1), True),
    ]
    assert [(each.institution, each.left_on) for each in list_exits_of(told)] == [("prison", date(2026, 10, 9))]


def test_a_stay_that_cannot_be_is_said_in_words():
    assert find_faults(None, None, NOW) == ["Give the day on which they moved in."]
    assert "have been" in find_faults(date(2026, 11, 13), None, NOW)[0]
    assert "before they moved in" in find_faults(date(2026, 10, 9), date(2026, 10, 8), NOW)[0]
    ended = stay(left_on=date(2026, 10, 9))
    assert find_faults(date(2026, 10, 9), None, NOW, [ended]) == []
    assert "elsewhere" in find_faults(date(2026, 10, 8), None, NOW, [ended])[0]
    assert "elsewhere" in find_faults(date(2026, 9, 1), None, NOW, [ended])[0]
    assert find_faults(date(2026, 10, 8), None, NOW, [stay(struck_at=NOW, struck_by="w")]) == []


def test_each_difference_to_the_month_before_is_explained():
    first = date(2026, 10, 1)
    new = Known(nights=[date(2026, 10, 3)])
    back = Known(nights=[date(2026, 2, 1), date(2026, 10, 3)], moved_in_on=[date(2026, 2, 9)])
    gone = Known(nights=[date(2026, 9, 20)], moved_in_on=[date(2026, 9, 22)])
    assert say_came("seen", new, first) == "first met 3 October 2026"
    assert say_came("returning", back, first) == "met 3 October 2026, 244 days after 1 February 2026"
    assert say_came("accommodated", back, first) == "moved in 9 February 2026"
    prison = Known(nights=[date(2026, 10, 3)], left_on=[date(2023, 5, 1)])
    assert say_came("left_institution", prison, first) == "care leaver, met this month", "too long ago to be why"
    twice = Known(nights=[date(2026, 10, 3)], left_on=[date(2026, 9, 20), date(2026, 10, 29)])
    assert say_came("left_institution", twice, first) == "left 20 September 2026", "the other came after"
    assert say_came("long_term", Known(nights=[date(2026, month, 1) for month in (1, 5, 10)]), first) == (
        "met in 3 of the last 12 months"
    )
    days = [date(2025, month, 1) for month in (10, 11, 12)] + [date(2026, 10, 3)]
    outside = IndicatorPeriods(long_term_with_this_month=False)
    assert say_came("long_term", Known(nights=days), first, outside) == "met in 3 of the 12 months before"
    assert say_came("long_term", Known(nights=days), first) == "met in 3 of the last 12 months"
    assert say_came("left_institution", Known(nights=new.nights, left_on=[date(2026, 9, 1)]), first) == (
        "left 1 September 2026"
    )
    assert say_went("seen", gone, first, is_seen=False) == "last met 20 September 2026, moved in 22 September 2026"
    assert say_went("new", back, first, is_seen=True) == "met again, so no longer new"
    assert say_went("seen_on_night", new, first, is_seen=True) == "met this month, not on the night"


def test_who_was_met_on_the_night_again_is_not_said_to_have_been_missed():
    """New on September's typical night, and met on October's too: on the night, and no longer new."""
    known = Known(nights=[date(2026, 9, 9), date(2026, 10, 8)])
    assert say_went("new_on_night", known, date(2026, 10, 1), is_seen=True) == "met again, so no longer new"
    assert say_went("seen_on_night", known, date(2026, 10, 1), is_seen=True) == "met this month, not on the night"
    said = say_went("returned_from_settled", known, date(2026, 10, 1), is_seen=True)
    assert said == "met the month before too, or the settled home is longer ago now than 12 months"
