"""The national indicators, by hand-worked cases and against an oracle that counts days one by one."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model.codes import InstitutionLeft
from shared.rules.indicators import (
    IndicatorPeriods,
    InstitutionExit,
    MovedIn,
    SeenNight,
    month_indicators,
    per_100_000,
    typical_night,
)

NOVEMBER = date(2026, 11, 1)


def met(person_id: str, *nights: date) -> list[SeenNight]:
    return [SeenNight(person_id=person_id, night=night) for night in nights]


def test_someone_never_met_before_is_new():
    result = month_indicators(NOVEMBER, met("marek", date(2026, 11, 14)))
    assert (result.seen, result.new, result.returning) == ({"marek"}, {"marek"}, frozenset())


def test_new_looks_back_sixty_months_and_no_further():
    assert not month_indicators(NOVEMBER, met("x", date(2021, 11, 1), date(2026, 11, 2))).new
    assert month_indicators(NOVEMBER, met("x", date(2021, 10, 31), date(2026, 11, 2))).new == {"x"}


def test_someone_new_may_be_returning_too_so_categories_are_never_summed():
    result = month_indicators(NOVEMBER, met("x", date(2019, 5, 1), date(2026, 11, 2)))
    assert (result.new, result.returning) == ({"x"}, {"x"})


def test_long_term_is_this_month_and_three_of_twelve():
    assert month_indicators(NOVEMBER, met("x", date(2025, 12, 1), date(2026, 3, 9), date(2026, 11, 2))).long_term == {
        "x"
    }
    assert not month_indicators(NOVEMBER, met("x", date(2025, 11, 30), date(2026, 3, 9), date(2026, 11, 2))).long_term
    assert not month_indicators(NOVEMBER, met("x", date(2026, 8, 1), date(2026, 9, 9), date(2026, 10, 2))).seen


def test_returning_is_180_days_without_being_met():
    last = date(2026, 11, 20)
    assert month_indicators(NOVEMBER, met("x", last - timedelta(days=180), last)).returning == {"x"}
    assert not month_indicators(NOVEMBER, met("x", last - timedelta(days=179), last)).returning


def test_left_institution_counts_85_days_to_a_night_of_the_month():
    night = date(2026, 11, 20)

    def left(days: int, institution=InstitutionLeft.PRISON):
        exits = [InstitutionExit(person_id="x", institution=institution, left_on=night - timedelta(days=days))]
        return month_indicators(NOVEMBER, met("x", night), exits).left_institution

    assert left(85) == left(0) == {"x"}
    assert left(86) == left(-1) == left(10, InstitutionLeft.NONE) == left(10, InstitutionLeft.NOT_KNOWN) == frozenset()


def test_the_busiest_night_and_the_bands():
    nights = met("a", date(2026, 11, 3), date(2026, 11, 4)) + met("b", date(2026, 11, 4)) + met("b", date(2026, 11, 4))
    result = month_indicators(NOVEMBER, nights)
    assert (result.busiest_night, result.seen_on_busiest_night) == (date(2026, 11, 4), {"a", "b"})
    assert (result.nights_in_180_days["1"], result.nights_in_180_days["2"]) == ({"b"}, {"a"})


def test_a_month_without_anybody_is_empty():
    result = month_indicators(NOVEMBER, [])
    assert (result.seen, result.busiest_night) == (frozenset(), None)


def test_nights_after_the_month_change_nothing():
    before = met("x", date(2026, 11, 2))
    assert month_indicators(NOVEMBER, before) == month_indicators(NOVEMBER, before + met("x", date(2026, 12, 1)))


def test_the_sixty_months_may_end_on_the_day_somebody_was_seen():
    nights = met("x", date(2021, 11, 10), date(2026, 11, 20))
    rolling = IndicatorPeriods(new_until_day_seen=True)
    assert month_indicators(NOVEMBER, nights).new == frozenset()
    assert month_indicators(NOVEMBER, nights, periods=rolling).new == {"x"}
    assert not month_indicators(NOVEMBER, met("x", date(2021, 11, 20), date(2026, 11, 20)), periods=rolling).new


def test_this_month_may_stand_outside_the_twelve():
    before = IndicatorPeriods(long_term_with_this_month=False)
    two_earlier = met("x", date(2026, 3, 9), date(2026, 5, 9), date(2026, 11, 2))
    three_earlier = two_earlier + met("x", date(2025, 11, 30))
    assert month_indicators(NOVEMBER, two_earlier).long_term == {"x"}
    assert not month_indicators(NOVEMBER, two_earlier, periods=before).long_term
    assert month_indicators(NOVEMBER, three_earlier, periods=before).long_term == {"x"}


def test_the_typical_night_is_chosen_or_the_median_one_never_the_maximum():
    nights = [seen for day, people in ((3, "a"), (4, "abcd"), (5, "ab"), (6, "abc")) for seen in day_of(day, people)]
    proposed = month_indicators(NOVEMBER, nights)
    assert (proposed.night, proposed.seen_on_night) == (date(2026, 11, 5), {"a", "b"})
    chosen = month_indicators(NOVEMBER, nights + met("a", date(2026, 10, 1)), night=date(2026, 11, 6))
    assert (chosen.seen_on_night, chosen.new_on_night) == ({"a", "b", "c"}, {"b", "c"})
    assert proposed.busiest_night == date(2026, 11, 4)
    assert month_indicators(NOVEMBER, nights, night=date(2026, 11, 9)).seen_on_night == frozenset()
    assert typical_night({}) is None


def day_of(day: int, people: str) -> list[SeenNight]:
    return [SeenNight(person_id=person, night=date(2026, 11, day)) for person in people]


def test_a_care_leaver_counts_whenever_they_left():
    left = [InstitutionExit(person_id="x", institution=InstitutionLeft.CARE_LEAVER_UNDER_25, left_on=None)]
    prison = [InstitutionExit(person_id="x", institution=InstitutionLeft.PRISON, left_on=None)]
    grown = [
        InstitutionExit(
            person_id="x",
            institution=InstitutionLeft.CARE_LEAVER_UNDER_25,
            left_on=date(2026, 10, 20),
            turns_25_on=date(2026, 11, 2),
        )
    ]
    assert not month_indicators(NOVEMBER, met("x", date(2026, 11, 2)), grown).left_institution
    assert month_indicators(NOVEMBER, met("x", date(2026, 11, 1)), grown).left_institution == {"x"}
    assert month_indicators(NOVEMBER, met("x", date(2026, 11, 2)), left).left_institution == {"x"}
    assert not month_indicators(NOVEMBER, met("x", date(2026, 11, 2)), prison).left_institution


def test_moving_in_counts_in_its_month_and_returning_from_a_settled_home_in_twelve():
    nights = met("x", date(2025, 9, 1), date(2026, 11, 9)) + met("y", date(2025, 9, 1), date(2026, 11, 9))
    moves = [
        MovedIn(person_id="x", moved_in_on=date(2025, 11, 9), settled=True),
        MovedIn(person_id="y", moved_in_on=date(2025, 11, 8), settled=True),
        MovedIn(person_id="y", moved_in_on=date(2026, 2, 1)),
        MovedIn(person_id="z", moved_in_on=date(2026, 11, 30)),
        MovedIn(person_id="w", moved_in_on=date(2026, 12, 1)),
    ]
    nights += met("z", date(2026, 3, 1))
    result = month_indicators(NOVEMBER, nights, moves=moves)
    assert result.accommodated == {"z"}
    never_met = IndicatorPeriods(accommodated_met_before=False)
    moves.append(MovedIn(person_id="v", moved_in_on=date(2026, 11, 1)))
    assert month_indicators(NOVEMBER, nights, moves=moves).accommodated == {"z"}
    assert month_indicators(NOVEMBER, nights, (), never_met, moves=moves).accommodated == {"z", "v"}
    for since, counted in ((date(2024, 2, 3), {"z", "v"}), (date(2026, 11, 1), {"z", "v"}), (date(2026, 11, 2), {"z"})):
        known = month_indicators(NOVEMBER, nights, moves=moves, known_since={"v": since})
        assert known.accommodated == counted, "who was known by a tracker was met before"
    assert result.returned_from_settled == {"x"}
    assert result.held_since == date(2025, 9, 1)


def test_a_rate_needs_somebody_to_live_there():
    assert per_100_000(7, 140_000) == 5
    with pytest.raises(ValueError, match="at least one"):
        per_100_000(7, 0)


worlds = st.lists(
    st.builds(
        SeenNight,
        person_id=st.sampled_from("abc"),
        night=st.dates(date(2024, 1, 1), date(2026, 12, 31)) | st.dates(date(2021, 9, 1), date(2021, 12, 31)),
    ),
    max_size=14,
)


@given(worlds, st.dates(date(2026, 1, 1), date(2026, 12, 31)))
def test_the_indicators_agree_with_counting_one_by_one(nights, month):
    result = month_indicators(month, nights)
    key = (month.year, month.month)
    for person in "abc":
        mine = sorted({n.night for n in nights if n.person_id == person and (n.night.year, n.night.month) <= key})
        now = [n for n in mine if (n.year, n.month) == key]
        earlier = [n for n in mine if (n.year, n.month) < key]
        back_60 = [n for n in earlier if (n.year * 12 + n.month) >= month.year * 12 + month.month - 60]
        months = {(n.year, n.month) for n in mine if n.year * 12 + n.month > month.year * 12 + month.month - 12}
        gaps = [any((n - e).days < 180 for e in mine if e < n) for n in now if any(e < n for e in mine)]
        assert (person in result.seen) == bool(now)
        assert (person in result.new) == (bool(now) and not back_60)
        assert (person in result.long_term) == (bool(now) and len(months) >= 3)
        assert (person in result.returning) == any(not near for near in gaps)


@given(worlds, st.dates(date(2026, 1, 1), date(2026, 12, 31)), st.booleans(), st.booleans())
def test_the_settings_agree_with_counting_one_by_one(nights, month, until_day_seen, with_this_month):
    periods = IndicatorPeriods(new_until_day_seen=until_day_seen, long_term_with_this_month=with_this_month)
    result = month_indicators(month, nights, periods=periods)
    for person in "abc":
        mine = sorted({n.night for n in nights if n.person_id == person})
        now = [n for n in mine if (n.year, n.month) == (month.year, month.month)]
        if not now:
            assert person not in result.new | result.long_term
            continue
        until = now[0] if until_day_seen else month.replace(day=1)
        day = until.day
        while True:
            try:
                since = date(until.year - 5, until.month, day)
                break
            except ValueError:
                day -= 1
        before = [n for n in mine if n < month.replace(day=1) and since <= n]
        assert (person in result.new) == (not before)
        index = month.year * 12 + month.month
        held = {n.year * 12 + n.month for n in mine}
        wanted = range(index - 11, index + 1) if with_this_month else range(index - 12, index)
        assert (person in result.long_term) == (len(held & set(wanted)) >= 3)
