"""Where somebody beds down decides whose list they are on."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from shared.rules.home_district import Slept, home_district, say_whereabouts

NIGHT = date(2026, 11, 1)


def slept(district: str, nights: int, last: int) -> Slept:
    return Slept(district_id=district, nights=nights, last_night=NIGHT.replace(day=last))


def test_most_nights_count_and_one_night_elsewhere_moves_nobody():
    assert home_district([slept("watford", 3, 9), slept("three-rivers", 1, 11)]).district_id == "watford"


def test_of_equals_the_one_where_they_were_seen_last():
    assert home_district([slept("watford", 2, 9), slept("three-rivers", 2, 11)]).district_id == "three-rivers"


def test_nobody_seen_is_at_home_nowhere():
    assert home_district([]) is None
    assert say_whereabouts([], {}) == ""


def test_the_whereabouts_read_as_a_sentence():
    names = {"watford": "Watford", "three-rivers": "Three Rivers"}
    assert (
        say_whereabouts([slept("watford", 1, 9), slept("three-rivers", 3, 11)], names)
        == "seen bedded down in Three Rivers on 3 nights of the last 28, in Watford on 1"
    )
    assert say_whereabouts([slept("watford", 1, 9)], names) == "seen bedded down in Watford on 1 night of the last 28"


@given(st.lists(st.builds(slept, st.sampled_from("abcdef"), st.integers(1, 28), st.integers(1, 28)), max_size=6))
def test_the_order_in_which_districts_are_given_changes_nothing(some):
    by_district = list({each.district_id: each for each in some}.values())
    found = home_district(by_district)
    assert found == home_district(list(reversed(by_district)))
    assert found is None or all((found.nights, found.last_night) >= (e.nights, e.last_night) for e in by_district)
