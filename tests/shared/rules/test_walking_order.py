"""Tonight's stops in an order somebody can walk."""

from datetime import date, timedelta
from itertools import pairwise, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.geo.distance import near_distance_m
from shared.model.position import Position
from shared.rules import walking_order as rules
from shared.rules.walking_order import Stop, StopKind, walking_order
from tests.shared.cast import WATFORD_STATION, at

NOW = at(14, 22, 30)


def north(metres: float, east: float = 0.0) -> Position:
    return Position(
        latitude=WATFORD_STATION.latitude + metres / 111_195, longitude=WATFORD_STATION.longitude + east / 69_000
    )


def stop(stop_id: str, position: Position | None, **fields) -> Stop:
    return Stop(id=stop_id, kind=fields.pop("kind", StopKind.FOLLOW_UP), position=position, **fields)


def ids(ordered) -> list[str]:
    return [item.stop.id for item in ordered]


def test_the_nearest_comes_first_and_a_place_unknown_comes_last():
    stops = [stop("far", north(900)), stop("near", north(100)), stop("nowhere", None), stop("middle", north(400))]
    assert ids(walking_order(stops, WATFORD_STATION, NOW)) == ["near", "middle", "far", "nowhere"]


def test_a_stop_says_how_far_since_when_and_by_when():
    referral = stop(
        "r", north(180), kind=StopKind.REFERRAL, about="man in doorway, no coat.", since=at(14, 21, 40),
        due_on=date(2026, 11, 17),
    )  # fmt: skip
    (ordered,) = walking_order([referral], WATFORD_STATION, NOW)
    assert ordered.reason == "Referral, 180 m, reported 21:40: man in doorway, no coat. Due Tuesday"


def test_what_is_late_says_so_and_what_has_no_place_too():
    late = stop("r", None, kind=StopKind.REFERRAL, since=at(2, 9), due_on=date(2026, 11, 13))
    assert walking_order([late], WATFORD_STATION, NOW)[0].reason == (
        "Referral, place not known, reported 2 Nov. Overdue since 13 Nov"
    )


def test_without_a_position_of_ones_own_the_walk_begins_at_the_most_urgent_stop():
    stops = [stop("a", north(0)), stop("b", north(500), due_on=date(2026, 11, 14)), stop("c", north(400))]
    assert ids(walking_order(stops, None, NOW)) == ["b", "c", "a"]


def test_the_same_stops_in_another_order_make_the_same_walk():
    stops = [stop(name, north(metres)) for name, metres in (("a", 100), ("b", -100), ("c", 300), ("d", -300))]
    walks = {tuple(ids(walking_order(list(p), WATFORD_STATION, NOW))) for p in permutations(stops)}
    assert len(walks) == 1


points = st.lists(st.tuples(st.integers(-2000, 2000), st.integers(-2000, 2000)), min_size=1, max_size=7, unique=True)


@settings(max_examples=60, deadline=None)
@given(points)
def test_a_walk_visits_everything_once_and_is_never_much_longer_than_the_best(places):
    stops = [stop(f"s{n}", north(*place)) for n, place in enumerate(places)]
    ordered = walking_order(stops, WATFORD_STATION, NOW)
    assert sorted(ids(ordered)) == sorted(s.id for s in stops)
    length = sum(item.leg_m or 0 for item in ordered)
    best = min(
        sum(near_distance_m(a, b) for a, b in pairwise([WATFORD_STATION, *(s.position for s in way if s.position)]))
        for way in permutations(stops)
    )
    assert best - 0.01 <= length <= 1.5 * best + 1


@pytest.mark.parametrize("here", [WATFORD_STATION, None])
def test_what_turning_a_stretch_saves_is_the_difference_of_the_two_walks(here):
    """To the metre, also where the walk ends and where two stops are at one place."""
    walk = [
        stop(f"s{n}", north(*place)) for n, place in enumerate([(0, 0), (30, 0), (0, 0), (30, 0), (-20, 7), (30, 0)])
    ]

    def length(stops):
        positions = [*([here] if here else []), *(each.position for each in stops)]
        return sum(near_distance_m(one, other) for one, other in pairwise(positions))

    for start in range(0 if here else 1, len(walk) - 1):
        for end in range(start + 1, len(walk)):
            turned = [*walk[:start], *walk[start : end + 1][::-1], *walk[end + 1 :]]
            saved = rules._saved_m(walk, here, start, end)
            assert saved == pytest.approx(length(walk) - length(turned), abs=1e-6), (start, end)


def test_forty_stops_are_ordered_in_a_moment():
    stops = [stop(f"s{n:02}", north(n * 997 % 3000, n * 613 % 2500), since=NOW - timedelta(days=n)) for n in range(40)]
    assert len(walking_order(stops, WATFORD_STATION, NOW)) == 40
