"""What a reader could prove of a table who knows the rule and tries every world and every lot: that somebody is among a few?"""

from collections import defaultdict
from itertools import product

import pytest

from shared.rules.outcomes import Outcome, Quarter, make_outcome_tables
from shared.rules.small_counts import HIDDEN_BY_LOT, round_count, shown_parts

K, ROUNDED = 3, 2


def read(worlds):
    """For each thing that can be told, every world that it can come from. `worlds`: (told, numbers) in pairs."""
    found = defaultdict(list)
    for told, numbers in worlds:
        found[told].append(numbers)
    return found


def proved(possible, few):
    """The places whose number is from 1 to `few` - 1 in every world that the table can come from."""
    return [
        (told, place)
        for told, numbers in possible.items()
        for place in range(len(numbers[0]))
        if all(0 < each[place] < few for each in numbers)
    ]


def script(answers):
    left = iter(answers)
    return lambda: next(left)


def one_family(size, lots):
    for counts in product(range(8), repeat=size):
        if sum(counts) < K:
            continue
        for answers in lots(size):
            shown = shown_parts(dict(enumerate(counts)), script(answers), threshold=K)
            cells = tuple(round_count(n, ROUNDED) if i in shown else "" for i, n in enumerate(counts))
            yield (round_count(sum(counts), ROUNDED), cells), counts


def every_lot(size):
    return list(product((False, True), repeat=size))


def no_lot(size):
    return [(False,) * size]


@pytest.mark.parametrize("size", [2, 3, 4])
def test_beside_its_total_no_hidden_part_proves_a_few(size):
    assert proved(read(one_family(size, every_lot)), K) == []


def test_without_a_lot_a_hidden_part_is_told_by_its_total():
    assert proved(read(one_family(3, no_lot)), K)
    assert 0 < HIDDEN_BY_LOT <= 0.1


def tell(outcome, wholes, parts, by_lot):
    quarters = [
        Quarter(
            people={
                Outcome.PRESENTED: frozenset(map(str, range(whole))),
                Outcome.CLOSED: frozenset(map(str, range(part))),
            },
            by_lot=frozenset({Outcome.CLOSED} if hidden else ()),
        )
        for whole, part, hidden in zip(wholes, parts, by_lot, strict=True)
    ]
    _, together = make_outcome_tables(["q"], quarters[:1], [quarters])
    row = next(each for each in together.rows if each.label == outcome.value)
    return (*(each.say(outcome) for each in quarters), *row.cells)


@pytest.mark.parametrize("districts", [2, 3])
def test_the_total_of_all_districts_proves_no_few_in_any(districts):
    wholes = product((0, 2, 5, 8, 9, 10, 12, 13, 17, 18, 22) if districts == 3 else range(26), repeat=districts)
    none = (False,) * districts
    assert proved(read((tell(Outcome.PRESENTED, each, each, none), each) for each in wholes), 10) == []


@pytest.mark.parametrize("wholes", [(20, 20), (22, 8), (20, 8, 8), (30, 24, 5)])
def test_a_sum_of_parts_proves_no_few_in_any_district(wholes):
    steps = [range(0, whole + 1, 1 if len(wholes) == 2 else 2) for whole in wholes]
    tables = (
        (tell(Outcome.CLOSED, wholes, parts, lot), parts) for parts in product(*steps) for lot in every_lot(len(wholes))
    )
    assert proved(read(tables), 10) == []
