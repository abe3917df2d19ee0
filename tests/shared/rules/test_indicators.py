"""The national indicators, by hand-worked cases and against an oracle that counts days one by one."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.model.codes import InstitutionLeft
from shared.rules.indicators import InstitutionExit, SeenNight, month_indicators

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
