"""One record stands for a person, whichever way two, or a circle of them, were joined."""

import random

import pytest

from shared.rules.joined import choose_one, list_reached


@pytest.mark.parametrize(
    ("pairs", "chosen"),
    [
        ([], {}),
        (["bc"], {"b": "c"}),
        (["bc", "cd"], {"b": "d", "c": "d"}),
        (["bc", "cb"], {"c": "b"}),  # two desks at once, the opposite way
        (["bc", "cd", "db"], {"c": "b", "d": "b"}),  # a circle
        (["ab", "bc", "cb"], {"a": "b", "c": "b"}),  # who was joined into one of a circle is not of it
        (["bc", "bd"], {"b": "c", "d": "c"}),  # into two at once: one person all the same
        (["bc", "cb", "cd"], {"b": "d", "c": "d"}),
        (["bb"], {}),
    ],
)
def test_one_stands_for_all(pairs: list[str], chosen: dict[str, str]) -> None:
    told = [(each[0], each[1]) for each in pairs]
    assert choose_one(told) == chosen
    assert choose_one(reversed(told)) == chosen


@pytest.mark.parametrize("seed", range(20))
def test_everybody_has_one_that_stands_for_them_whatever_was_said_in_what_order(seed: int) -> None:
    chance = random.Random(seed)
    ids = "abcdefgh"
    told = [(chance.choice(ids), chance.choice(ids)) for _ in range(chance.randint(1, 12))]
    chosen = choose_one(told)
    assert choose_one(chance.sample(told, len(told))) == chosen
    beside: dict[str, set[str]] = {each: set() for each in ids}
    for one, other in told:
        beside[one].add(other)
        beside[other].add(one)
    for each in ids:
        same = list_reached(beside, each) | {each}
        assert len({chosen.get(one, one) for one in same}) == 1, "all of a person, and one for each"
        assert chosen.get(each, each) not in chosen
