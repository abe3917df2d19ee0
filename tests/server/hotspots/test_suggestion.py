"""What a shift of so many hours can reach: what is due first, then what brings most for its time, in an order to walk."""

from datetime import date, timedelta
from itertools import pairwise, permutations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.hotspots.suggestion import (
    DETOUR,
    MINUTES_AT,
    PACES_M_A_MINUTE,
    Candidate,
    SuggestedStop,
    minutes_of,
    suggest,
)
from shared.geo.distance import near_distance_m
from shared.model.codes import PlannedStopKind
from shared.model.position import Position

NIGHT = date(2026, 11, 12)
BASE = Position(latitude=51.6553, longitude=-0.3962)
LIKELY, REFERRAL = PlannedStopKind.LIKELY, PlannedStopKind.REFERRAL


def at(east_m: float, north_m: float = 0.0) -> Position:
    return Position(latitude=51.6553 + north_m / 111_195, longitude=-0.3962 + east_m / (111_195 * 0.62042))


def square(key: str, east_m: float, worth: float = 1.0, north_m: float = 0.0) -> Candidate:
    return Candidate(key=key, kind=LIKELY, position=at(east_m, north_m), worth=worth)


def report(key: str, east_m: float, due_in: int) -> Candidate:
    due_on = NIGHT + timedelta(days=due_in)
    return Candidate(key=key, kind=REFERRAL, position=at(east_m), worth=1.5, due_on=due_on, referral_id=key)


def keys(walk: list[SuggestedStop]) -> list[str]:
    return [each.stop.key for each in walk]


def test_what_is_due_comes_before_what_is_worth_more() -> None:
    many = [square("people", 100, worth=9.0), report("due", 900, 0), report("late", 1200, -3), report("later", 300, 2)]
    assert set(keys(suggest(many, BASE, NIGHT, 55))) == {"due", "late"}
    assert set(keys(suggest(many, BASE, NIGHT, 70))) == {"due", "late", "people"}


def test_a_place_that_holds_more_people_a_minute_is_gone_to_first() -> None:
    two = [square("few", 400, worth=0.3), square("many", -400, worth=3.0)]
    assert keys(suggest(two, BASE, NIGHT, 25)) == ["many"]
    assert set(keys(suggest(two, BASE, NIGHT, 120))) == {"few", "many"}


def test_the_way_is_walked_in_order_and_each_leg_is_from_the_one_before() -> None:
    walk = suggest([square(name, metres) for name, metres in (("c", 900), ("a", 300), ("b", 600))], BASE, NIGHT, 300)
    assert keys(walk) == ["a", "b", "c"]
    assert [each.leg_m for each in walk] == pytest.approx([300, 300, 300], rel=0.01)
    leg = 300 * DETOUR / PACES_M_A_MINUTE["walk"]
    assert [each.after_minutes for each in walk] == pytest.approx([leg, 2 * leg + 12, 3 * leg + 24], rel=0.01)
    assert minutes_of(walk) == pytest.approx(3 * leg + 36, rel=0.01)


def test_a_van_reaches_what_feet_do_not() -> None:
    far = [square("here", 100), square("far", 6000)]
    assert keys(suggest(far, BASE, NIGHT, 60)) == ["here"]
    assert keys(suggest(far, BASE, NIGHT, 60, "drive")) == ["here", "far"]


def test_without_a_start_they_set_out_from_what_is_due_longest() -> None:
    walk = suggest([square("people", 2000, worth=9.0), report("due", 0, 0), report("late", 300, -2)], None, NIGHT, 60)
    assert (keys(walk), walk[0].leg_m) == (["late", "due"], 0.0)
    alone = suggest([square("few", 0, worth=0.1), square("many", 2000, worth=3.0)], None, NIGHT, 20)
    assert keys(alone) == ["many"]


def test_nothing_worth_a_visit_is_no_walk() -> None:
    assert suggest([], BASE, NIGHT, 180) == []
    assert minutes_of([]) == 0.0
    assert suggest([square("far", 9000)], BASE, NIGHT, 60) == []


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), budget=st.sampled_from((0, 20, 60, 180, 480)), is_known=st.booleans())
def test_a_walk_never_takes_longer_than_it_may_and_names_nobody_twice(seed: int, budget: int, is_known: bool) -> None:
    chance = Random(seed)
    some = [
        report(f"r{n}", chance.uniform(-3000, 3000), chance.randint(-3, 3))
        if chance.random() < 0.3
        else square(f"c{n}", chance.uniform(-3000, 3000), chance.uniform(0, 4), chance.uniform(-3000, 3000))
        for n in range(chance.randint(0, 40))
    ]
    start = BASE if is_known else None
    walk = suggest(some, start, NIGHT, budget)
    assert minutes_of(walk) <= budget + 1e-6
    assert len(set(keys(walk))) == len(walk) <= 40
    path = ([BASE] if is_known else []) + [each.stop.position for each in walk]
    legs = [near_distance_m(a, b) for a, b in pairwise(path)]
    assert [each.leg_m for each in walk][0 if is_known else 1 :] == pytest.approx(legs, rel=0.01, abs=1.0)


def test_it_brings_nearly_what_the_best_of_all_walks_would() -> None:
    """Beside every walk of every subset, over random grounds of seven squares."""
    shares = []
    for seed in range(12):
        chance = Random(seed)
        some = [
            square(f"c{n}", chance.uniform(-1500, 1500), chance.uniform(0.1, 3), chance.uniform(-1500, 1500))
            for n in range(7)
        ]
        got = sum(each.stop.worth for each in suggest(some, BASE, NIGHT, 90))
        best = 0.0
        for order in permutations(some):
            minutes, worth, here = 0.0, 0.0, BASE
            for each in order:
                leg = near_distance_m(here, each.position) * DETOUR / PACES_M_A_MINUTE["walk"]
                minutes += leg + MINUTES_AT[LIKELY]
                if minutes > 90:
                    break
                worth, here = worth + each.worth, each.position
            best = max(best, worth)
        shares.append(got / best)
    assert min(shares) >= 0.75
    assert sum(shares) / len(shares) >= 0.93
