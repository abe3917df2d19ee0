"""What a published map proves. A reader who tries every world, and every choice of the walk, finds nothing in the small ones;
in larger ones the auditor asks of each map whether the people of any part could be elsewhere."""

import os
import random
from collections import Counter, defaultdict
from itertools import combinations_with_replacement

import pytest

from server.hotspots import disclosure
from server.hotspots.auditor import Reader, Telling, check_map
from server.hotspots.disclosure import Region, Rule, broken_atoms, publish, total_shown, walk_once

WORLDS = int(os.environ.get("MAP_WORLDS", "60"))
"""Worlds of four quarters each: `MAP_WORLDS=2500 pytest tests/server/hotspots/test_auditor.py` tries 10,000 maps."""


class Scripted:
    """Chance that answers what a script says, then "with utility"; how often it was asked."""

    def __init__(self, script):
        self.script, self.asked = script, 0

    def random(self):
        self.asked += 1
        return 0.0 if self.asked <= len(self.script) and self.script[self.asked - 1] else 1.0


def every_map(people, universe, rule):
    """Every map that some choices of the walk make of these people."""
    maps, open_scripts = set(), [()]
    while open_scripts:
        script = open_scripts.pop()
        chance = Scripted(script)
        regions = walk_once(people, universe, rule, chance)
        if regions is not None:
            maps.add(frozenset((region.leaves, region.shown) for region in regions))
        later = range(len(script), chance.asked)
        open_scripts.extend((*script, *(False for _ in range(asked - len(script))), True) for asked in later)
    return maps


def read_everything(universe, people_max, rule):
    """For each map that can be published at all: every world that it can come from."""
    worlds = defaultdict(list)
    for people in range(people_max + 1):
        for where in combinations_with_replacement(universe, people):
            for told in every_map(Counter(where), universe, rule):
                worlds[told].append(Counter(where))
    return worlds


def proved(worlds, universe, rule):
    """Places below the least area that hold 1 to k-1 people in every world that a map can come from."""
    found = []
    for told, possible in worlds.items():
        for chosen in range(1, 2 ** len(universe)):
            place = [leaf for bit, leaf in enumerate(universe) if chosen >> bit & 1]
            if len(place) < rule.minimum_leaves and all(
                0 < sum(world[leaf] for leaf in place) < rule.threshold for world in possible
            ):
                found.append((told, place))
    return found


SMALL = [
    ([0, 1, 2, 3], 6, Rule(2, 3, 2)),
    ([0, 1, 2, 4, 8], 6, Rule(2, 3, 2)),
    ([0, 3, 4, 5, 12, 15], 5, Rule(2, 4, 2)),
    ([0, 1, 4, 5, 6, 13], 6, Rule(3, 4, 3)),
]


@pytest.mark.parametrize(("universe", "people", "rule"), SMALL)
def test_a_reader_who_tries_every_world_proves_nothing(universe, people, rule):
    worlds = read_everything(universe, people, rule)

    assert len(worlds) > 5
    assert proved(worlds, universe, rule) == []


@pytest.mark.parametrize(("universe", "people", "rule"), SMALL[:3])
def test_the_auditor_knows_exactly_which_worlds_a_map_can_come_from(universe, people, rule):
    for told, possible in read_everything(universe, people, rule).items():
        reader = Reader([Region(leaves, shown) for leaves, shown in told], rule)
        known = [
            Counter(where)
            for number in range(people + 1)
            for where in combinations_with_replacement(universe, number)
            if reader.can_come_from(Counter(where))
        ]
        assert sorted(map(sorted, (w.elements() for w in known))) == sorted(
            map(sorted, (w.elements() for w in possible))
        )


def test_a_walk_without_chance_proves_that_somebody_is_there(monkeypatch):
    monkeypatch.setattr("tests.server.hotspots.test_auditor.every_map", only_with_utility)
    universe, people, rule = SMALL[2]

    assert proved(read_everything(universe, people, rule), universe, rule)


def only_with_utility(people, universe, rule):
    regions = walk_once(people, universe, rule, Scripted(()))
    return set() if regions is None else {frozenset((region.leaves, region.shown) for region in regions)}


def make_ground(chance):
    depth = chance.choice([3, 4, 5])
    ground = set(range(4**depth))
    if chance.random() < 0.5:
        dropped = chance.random() * 0.6
        ground = {leaf for leaf in ground if chance.random() > dropped} or ground
    return ground


def settle(chance, ground):
    """People around a few hubs: some of them neighbours, some far out."""
    leaves = sorted(ground)
    hubs = chance.sample(leaves, min(len(leaves), chance.randint(1, 8)))
    return [
        chance.choice(hubs) if chance.random() < 0.6 else chance.choice(leaves)
        for _ in range(chance.choice([4, 12, 15, 30, 66, 120, 250]))
    ]


def move_on(chance, people, ground):
    """The next quarter: people move, hide, are erased, come; the boundary itself may have moved."""
    leaves = sorted(ground)
    kept = [
        leaf if leaf in ground and chance.random() < 0.7 else chance.choice(leaves)
        for leaf in people
        if chance.random() > 0.1
    ]
    return kept + [chance.choice(leaves) for _ in range(chance.randint(0, len(people) // 5 + 1))]


def test_no_map_of_any_quarter_proves_a_few_people_in_a_small_place():
    for seed in range(WORLDS):
        chance = random.Random(seed)
        ground = make_ground(chance)
        people = settle(chance, ground)
        rule = Rule(chance.choice([5, 10]), chance.choice([4, 16, 64]))
        for _ in range(4):
            count = Counter(people)
            regions = publish(count, ground, rule, chance)
            check_map(regions, count, rule)
            prove_by_moving(regions, count, rule, chance)
            if len(people) >= rule.threshold or len(ground) >= rule.minimum_leaves:
                assert broken_atoms([region.leaves for region in regions], count, ground, rule) == []
            if chance.random() < 0.3:
                ground = {leaf for leaf in ground if chance.random() > 0.1} or ground
            people = move_on(chance, people, ground)


def prove_by_moving(regions, count, rule, chance):
    """Somebody is claimed to be in a part of a region: the same map could come of a world without anybody there."""
    reader = Reader(regions, rule)
    for region in regions:
        leaves = sorted(region.leaves)
        if len(leaves) < 2:
            continue
        part = {leaf for leaf in leaves if leaf >> 2 == leaves[0] >> 2} - {leaves[-1]}
        elsewhere = chance.choice([leaf for leaf in leaves if leaf not in part])
        moved = Counter({leaf: n for leaf, n in count.items() if leaf not in part})
        moved[elsewhere] += sum(count[leaf] for leaf in part)
        assert reader.can_come_from(moved)


def test_a_map_that_no_free_walk_made_is_refused():
    ground = range(16)
    rule = Rule(10, 4)
    people = {0: 10, 5: 10}
    odd = frozenset({0, 5, 6})
    with pytest.raises(Telling):
        check_map([Region(odd, 20), Region(frozenset(ground) - odd, None)], people, rule)
    with pytest.raises(Telling):
        check_map([Region(frozenset(ground), 10)], people, rule)
    with pytest.raises(Telling):
        check_map([Region(frozenset({1, 2}), None), Region(frozenset(set(ground) - {1, 2}), 20)], people, rule)
    with pytest.raises(Telling):
        check_map([Region(odd, 20), Region(frozenset(ground), 20)], people, rule)


def test_the_total_is_right_on_average_and_never_five_away():
    chance, rule = random.Random(6), Rule()
    regions = [Region(frozenset({1}), 70)]
    for people in (70, 71, 73, 76):
        told = [total_shown(regions, people, rule, chance) for _ in range(2_000)]
        assert sum(told) / len(told) == pytest.approx(people, abs=0.3)
        assert all(abs(each - people) < 5 and each % 5 == 0 for each in told)
    assert total_shown([Region(frozenset({1}), None)], 9, rule, chance) == 0


def test_most_people_are_still_shown_in_small_areas():
    chance, rule = random.Random(9), Rule(10, 16)
    near = everybody = 0
    for _ in range(60):
        ground = make_ground(chance)
        count = Counter(settle(chance, ground))
        for region in publish(count, ground, rule, chance):
            here = sum(count[leaf] for leaf in region.leaves)
            everybody += here
            near += here if region.shown is not None and len(region.leaves) <= 64 else 0
    assert near / everybody >= 0.65
    assert 0 < disclosure.AGAINST <= 0.1
