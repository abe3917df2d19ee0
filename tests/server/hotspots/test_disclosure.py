"""The published map finds nobody: the atom guarantee over generated worlds, and the traps of privacy section D."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from server.hotspots.disclosure import (
    Region,
    Rule,
    Sighting,
    assign_leaves,
    broken_atoms,
    list_atoms,
    publish,
)

DEPTH = 4
SQUARE = frozenset(range(4**DEPTH))
LEAF = st.integers(0, 4**DEPTH - 1)
PEOPLE = st.dictionaries(LEAF, st.integers(1, 40), max_size=25)
RULES = st.builds(Rule, threshold=st.sampled_from([5, 10]), minimum_leaves=st.sampled_from([8, 16, 32]))
NIGHT = date(2026, 8, 3)


class Never:
    """Chance that always goes with utility."""

    def random(self):
        return 1.0


NEVER = Never()


@st.composite
def authorities(draw):
    """An authority of any shape, and people on its ground."""
    outside = draw(st.one_of(st.just(frozenset()), st.frozensets(LEAF, max_size=200)))
    universe = SQUARE - outside
    people = {leaf: count for leaf, count in draw(PEOPLE).items() if leaf in universe}
    return universe, people


@settings(max_examples=300, deadline=None)
@given(authorities(), RULES)
def test_no_union_or_difference_of_regions_isolates_too_few_people_in_too_small_an_area(authority, rule):
    universe, people = authority
    assume(sum(people.values()) >= rule.threshold or len(universe) >= rule.minimum_leaves)

    regions = publish(people, universe, rule, Random(1))

    assert broken_atoms([region.leaves for region in regions], people, universe, rule) == []


@settings(max_examples=300, deadline=None)
@given(authorities(), RULES)
def test_regions_are_a_partition_and_what_is_shown_is_near_the_truth(authority, rule):
    universe, people = authority
    regions = publish(people, universe, rule, Random(1))

    assert sum(len(region.leaves) for region in regions) == len(universe)
    assert frozenset().union(*(region.leaves for region in regions)) == universe
    for region in regions:
        true_count = sum(people.get(leaf, 0) for leaf in region.leaves)
        if region.shown is None:
            assert true_count < rule.threshold
        else:
            assert true_count >= rule.threshold
            assert abs(region.shown - true_count) <= 2


def what_the_shape_may_depend_on(people, rule):
    """Which nodes, and which pooled rests, reach the threshold: written apart from the code under test."""
    count = Counter()
    for leaf, number in people.items():
        for height in range(DEPTH + 1):
            count[height, leaf >> 2 * height] += number
    reached = {node for node, number in count.items() if number >= rule.threshold}

    def rest_of(height, code):
        children = [(height - 1, code * 4 + quarter) for quarter in range(4)] if height else []
        if not any(child in reached for child in children):
            return 0
        rest = sum(rest_of(*child) if child in reached else count[child] for child in children)
        if rest >= rule.threshold:
            reached.add(("rest", height, code))
            return 0
        return rest

    if (DEPTH, 0) in reached:
        rest_of(DEPTH, 0)
    return reached


@settings(max_examples=300, deadline=None)
@given(PEOPLE, LEAF, st.integers(1, 9), RULES)
def test_an_empty_leaf_looks_like_a_leaf_with_a_few_people(people, leaf, few, rule):
    assume(leaf not in people)
    more = {**people, leaf: few}
    assume(what_the_shape_may_depend_on(people, rule) == what_the_shape_may_depend_on(more, rule))

    before, after = publish(people, SQUARE, rule, NEVER), publish(more, SQUARE, rule, NEVER)

    assert {region.leaves for region in before} == {region.leaves for region in after}


def test_the_usual_rule_of_a_threshold_at_each_level_fails_the_atom_test():
    people = {0: 12, 1: 1, 255: 15}
    count = Counter()
    for leaf, number in people.items():
        for height in (0, 1, 2):
            count[height, leaf >> 2 * height] += number
    naive = [
        frozenset(leaf for leaf in SQUARE if leaf >> 2 * height == code)
        for (height, code), number in count.items()
        if number >= 10
    ]
    rule = Rule(threshold=10, minimum_leaves=16)

    assert any(atom.people == 1 for atom in broken_atoms(naive, people, SQUARE, rule))


def test_a_second_view_that_differs_by_one_leaf_is_caught():
    rule = Rule(threshold=10, minimum_leaves=16)
    people = {0: 12, 1: 1, 200: 30}
    first = [region.leaves for region in publish(people, SQUARE, rule, Random(1))]

    second = [SQUARE - {1}]

    assert broken_atoms(first, people, SQUARE, rule) == []
    assert [atom.people for atom in broken_atoms(first + second, people, SQUARE, rule)] == [1]


def test_atoms_split_the_ground_by_which_regions_hold_it():
    atoms = list_atoms([frozenset({1, 2}), frozenset({2, 3})], {1, 2, 3, 4})

    assert set(atoms) == {frozenset({1}), frozenset({2}), frozenset({3}), frozenset({4})}


def test_an_authority_under_the_threshold_is_one_region_that_may_be_empty():
    assert publish({7: 9}, SQUARE, Rule(), Random(1)) == [Region(SQUARE, None)]
    assert publish({}, SQUARE, Rule(), Random(1)) == [Region(SQUARE, None)]


def test_a_small_remainder_is_never_left_alone():
    rule = Rule(threshold=10, minimum_leaves=64)
    people = {leaf: 10 for leaf in range(256) if leaf // 64 != 3 or leaf % 2}

    for seed in range(20):
        regions = publish(people, SQUARE, rule, Random(seed))

        assert all(region.shown is not None for region in regions)
        assert len(regions) > 50


def test_people_outside_the_authority_are_an_error_not_a_leak():
    with pytest.raises(ValueError, match="outside the authority"):
        publish({4000: 12}, SQUARE, Rule(), Random(1))


def seen(person_id, leaf, nights_later=0, hour=2):
    night = NIGHT + timedelta(days=nights_later)
    return Sighting(person_id, leaf, night, datetime(night.year, night.month, night.day, hour, tzinfo=UTC))


def test_a_person_seen_forty_times_counts_once():
    sightings = [seen("marek", 5, night) for night in range(40)]

    assert assign_leaves(sightings) == {"marek": 5}
    assert publish(Counter(assign_leaves(sightings).values()), SQUARE, Rule(), Random(1)) == [Region(SQUARE, None)]


def test_a_person_is_put_where_they_slept_most_nights_and_ties_go_to_the_latest():
    moved_about = [seen("marek", 5), seen("marek", 5, 0, hour=3), seen("marek", 9, 1), seen("marek", 9, 2)]
    tied = [seen("red", 9, 0), seen("red", 5, 1)]

    moved_late = [seen("marek", 9, 0), seen("marek", 9, 1), seen("marek", 5, 2)]

    assert assign_leaves(moved_about) == assign_leaves(moved_late) == {"marek": 9}
    assert assign_leaves(tied) == {"red": 5}


def test_people_whom_nobody_identified_count_nowhere():
    assert assign_leaves([seen(None, 5, night) for night in range(40)]) == {}


@pytest.mark.parametrize("wrong", [{"threshold": 1}, {"minimum_leaves": 0}, {"rounding": 0}])
def test_a_rule_that_protects_nobody_is_refused(wrong):
    with pytest.raises(ValueError, match="needs a threshold"):
        Rule(**wrong)
