"""The figures of a quarter: what is told, what districts and map prove together, and how many may never have been met."""

import random
from collections import Counter
from itertools import combinations, product
from typing import Any

import msgspec
import pytest

from server.hotspots.disclosure import Region, Rule, publish
from server.hotspots.figures import (
    BANDS,
    Counted,
    DistrictFigure,
    QuarterFigures,
    band_of,
    check_districts,
    estimate,
    say_band,
    tell,
)
from shared.rules.small_counts import NOT_SHOWN


def never():
    return False


def counted(people=30, **changes):
    met = {f"p{number}": 1 + number % 3 for number in range(people)}
    told: dict[str, Any] = {
        "nights_met": met,
        "groups": {"new": list(met)[:12], "long_term": list(met)[:3], "returning": [*list(met)[:14], "elsewhere"]},
        "district_of": {person: "East" if number < 8 else "West" for number, person in enumerate(met)},
        "districts": ["East", "West"], "looks": 212, "reports": 43, "in_time": 39,
    }  # fmt: skip
    return Counted(**(told | changes))


def test_each_number_is_told_by_its_own_rule():
    told = tell(counted(), 30, never)
    assert told.people == 30
    assert told.groups == {"new": "10", "long_term": NOT_SHOWN, "returning": "15", "accommodated": NOT_SHOWN}
    assert [(each.name, say_band(each.band)) for each in told.districts] == [
        ("East", "Fewer than 10, may be none"),
        ("West", "10 to 24"),
    ]
    assert (told.looks, told.reports, told.in_time) == (200, 45, 90)
    assert tell(counted(reports=19), 30, never).in_time is None
    assert set(tell(counted(), 30, lambda: True).groups.values()) == {NOT_SHOWN}
    assert tell(counted(people=4), 0, never).likely is None


def test_bands_hold_every_number_once():
    assert [band_of(people) for people in (0, 9, 10, 24, 25, 49, 50, 99, 100, 900)] == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert say_band(len(BANDS) - 1) == "100 or more"


def test_how_many_were_never_met_is_an_interval_that_holds_the_truth():
    assert estimate([1] * 40 + [2] * 9) is None
    chance = random.Random(4)
    held = 0
    for _ in range(200):
        met = [sum(chance.random() < 0.12 for _ in range(12)) for _ in range(150)]
        low, high = estimate([nights for nights in met if nights]) or (0, 0)
        assert low % 5 == high % 5 == 0
        held += low <= 150 <= high
    assert held >= 180
    assert estimate([3] * 50 + [2] * 10) == (60, 60)


def test_districts_that_would_tell_with_the_map_of_a_few_in_a_small_place_are_not_told():
    rule = Rule(10, 16)
    near, rest = frozenset(range(60)), frozenset(range(60, 256))
    inside = {leaf: "East" if leaf in near and leaf != 3 else "West" for leaf in range(256)}
    told = QuarterFigures(
        people=40, districts=(DistrictFigure(name="East", band=0), DistrictFigure(name="West", band=2))
    )
    # At most nine in East, and at least ten in the area that is East but for one leaf: somebody is on that leaf.
    assert not check_districts(told, [Region(near, 10), Region(rest, 30)], inside, rule)
    larger = msgspec.structs.replace(
        told, districts=(DistrictFigure(name="East", band=1), DistrictFigure(name="West", band=2))
    )
    assert check_districts(larger, [Region(near, 10), Region(rest, 30)], inside, rule)
    assert not check_districts(QuarterFigures(people=40), [Region(rest, 30)], inside, rule)


def test_the_other_way_round_is_refused_too():
    rule = Rule(10, 16)
    inside = {leaf: "East" if leaf < 40 else "West" for leaf in range(256)}
    east, rest = frozenset(range(36)), frozenset(range(36, 256))
    told = QuarterFigures(
        people=60, districts=(DistrictFigure(name="East", band=2), DistrictFigure(name="West", band=0))
    )
    # East has 25 or more, and the area that holds nearly all of it 17 at most: eight are on the four leaves beyond.
    assert not check_districts(told, [Region(east, 15), Region(rest, 45)], inside, rule)


def prove_in_small_places(told, regions, district_of, rule):
    """A reader who tries every distribution over the pieces of areas and districts: are one to
    nine in a small place for sure?"""
    pieces = Counter((number, district_of[leaf]) for number, region in enumerate(regions) for leaf in region.leaves)
    keys = sorted(pieces)
    bounds = {each.name: (BANDS[each.band], BANDS[each.band + 1] - 1) for each in told.districts}
    shown = [(max(rule.threshold, r.shown - 2), r.shown + 2) if r.shown else (0, rule.threshold - 1) for r in regions]
    most = max(high for _, high in shown)
    possible = []
    for people in product(range(most + 1), repeat=len(keys)):
        world = dict(zip(keys, people, strict=True))
        by_region = [sum(n for key, n in world.items() if key[0] == number) for number in range(len(regions))]
        by_district = {name: sum(n for key, n in world.items() if key[1] == name) for name in bounds}
        if all(low <= n <= high for n, (low, high) in zip(by_region, shown, strict=True)) and all(
            low <= by_district[name] <= high for name, (low, high) in bounds.items()
        ):
            possible.append(world)
    found = []
    for size in range(1, len(keys) + 1):
        for some in combinations(keys, size):
            counts = {sum(world[key] for key in some) for world in possible}
            if counts and sum(pieces[key] for key in some) < rule.minimum_leaves and min(counts) >= 1:
                found += [some] if max(counts) < rule.threshold else []
    return found


@pytest.mark.parametrize("seed", range(25))
def test_what_the_auditor_lets_through_a_reader_who_tries_every_world_cannot_use(seed):
    chance = random.Random(seed)
    rule = Rule(10, 16)
    cut = chance.randint(2, 30)
    district_of = {leaf: "East" if leaf < cut else "West" for leaf in range(64)}
    edge = chance.randint(2, 40)
    regions = [
        Region(frozenset(range(edge)), chance.choice([10, 15])),
        Region(frozenset(range(edge, 64)), chance.choice([10, 15, None])),
    ]
    told = QuarterFigures(
        people=25,
        districts=tuple(DistrictFigure(name=name, band=chance.randint(0, 1)) for name in ("East", "West")),
    )
    if check_districts(told, regions, district_of, rule):
        assert prove_in_small_places(told, regions, district_of, rule) == []


def test_districts_are_told_beside_most_maps_of_an_ordinary_county():
    chance, told = random.Random(3), 0
    rule = Rule(10, 16)
    ground = range(1024)
    district_of = {leaf: f"D{leaf // 256}" for leaf in ground}
    for _ in range(20):
        people = Counter(chance.choice([5, 300, 310, 700, 1000, chance.randrange(1024)]) for _ in range(90))
        by_district = Counter()
        for leaf, number in people.items():
            by_district[district_of[leaf]] += number
        figures = QuarterFigures(
            people=90,
            districts=tuple(DistrictFigure(name=f"D{n}", band=band_of(by_district[f"D{n}"])) for n in range(4)),
        )
        told += check_districts(figures, publish(people, ground, rule, chance), district_of, rule)
    assert told >= 15


def test_ways_through_services_are_told_of_three_organisations_together_and_never_of_a_few_people():
    ways = {
        "street_to_home": [f"p{number}" for number in range(14)],
        "many_services": [f"p{number}" for number in range(4)],
    }
    told = tell(counted(flows=ways, agencies_together=3), 30, never).flows
    assert (told["street_to_home"], told["many_services"], told["home_to_street"]) == ("15", NOT_SHOWN, NOT_SHOWN)
    assert tell(counted(flows=ways, agencies_together=2), 30, never).flows == {}
    assert set(tell(counted(flows=ways, agencies_together=3), 30, lambda: True).flows.values()) == {NOT_SHOWN}
    outsiders = {"street_to_home": [f"elsewhere{number}" for number in range(14)]}
    assert tell(counted(flows=outsiders, agencies_together=3), 30, never).flows["street_to_home"] == NOT_SHOWN


@pytest.mark.parametrize(
    ("taken", "refused", "agencies", "told"),
    [
        (15, 0, 3, {"referred": "40", "taken_on": "15"}),
        (15, 15, 3, {"referred": "40", "taken_on": "15"}),
        (15, 16, 3, {"referred": "40", "taken_on": NOT_SHOWN}),  # nine wait
        (9, 0, 3, {"referred": "40", "taken_on": NOT_SHOWN}),
        (15, 0, 2, {}),
    ],
)
def test_referrals_are_told_where_who_waits_is_no_few_people(taken, refused, agencies, told):
    people = [f"p{number}" for number in range(60)]
    referrals = {"referred": people[:40], "taken_on": people[:taken]}
    flows = {"only_refused": people[taken : taken + refused]}
    of = counted(60, referrals=referrals, flows=flows, agencies_together=agencies)
    assert tell(of, 60, never).referrals == told
