"""What a reader could prove who holds the code, the rule, the ground, and every number of a map: asked before it is published.

A claim "between 1 and k-1 people in this place" is proved when it is true of every distribution of people from which the walk
of `server.hotspots.disclosure` could have made the map. The auditor goes the walk backwards: which nodes must have been
opened for these regions to come out, and therefore held the threshold? Each such demand has to be met by the numbers alone (a
shown region lies whole within the node). Then every distribution that has the shown numbers could have made the map, and a
part of a region may hold nobody: nothing is proved of it. A region of "fewer than" may hold nobody too, and is as large as the
rule asks. A demand that the numbers do not meet would tell something: the map is refused. Source: privacy rules, guarantee G
(e). Small worlds are tried one and all against this in the tests.

Pure, and apart from the walk: it shares no code with it.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from server.hotspots.disclosure import Leaves, Region, Rule


class Telling(ValueError):
    """A map that tells more than its numbers: what, in words. It must not be published."""


class _Node(NamedTuple):
    height: int
    code: int


def check_map(regions: Sequence[Region], people_by_leaf: Mapping[int, int], rule: Rule) -> None:
    """Raises Telling where a reader could prove that 1 to k-1 people slept in less than the least area."""
    reader = Reader(regions, rule)
    if not reader.can_come_from(people_by_leaf):
        raise Telling("the walk cannot have made it of these people with every choice free")


class Reader:
    """Somebody who knows how the walk goes, before one published map."""

    def __init__(self, regions: Sequence[Region], rule: Rule) -> None:
        self._rule, self._regions = rule, list(regions)
        self._of = {leaf: number for number, region in enumerate(regions) for leaf in region.leaves}
        if not self._of or len(self._of) != sum(len(region.leaves) for region in regions):
            raise Telling("its regions overlap, or are none")
        self._universe = sorted(self._of)
        self._ends = [(min(region.leaves), max(region.leaves)) for region in regions]
        height = 0
        while self._universe[0] >> 2 * height != self._universe[-1] >> 2 * height:
            height += 1
        self._root = _Node(height, self._universe[0] >> 2 * height)

    def can_come_from(self, people_by_leaf: Mapping[int, int]) -> bool:
        """Could these people have made the map? Depends on them by the numbers of its regions alone."""
        if people_by_leaf.keys() - self._of.keys():
            return False
        return self._has_the_numbers_of(people_by_leaf) and self._is_walked()

    def _has_the_numbers_of(self, people_by_leaf: Mapping[int, int]) -> bool:
        counts = [0] * len(self._regions)
        for leaf, number in people_by_leaf.items():
            counts[self._of[leaf]] += number
        threshold, minimum = self._rule.threshold, self._rule.minimum_leaves
        alone = len(self._regions) == 1
        return all(
            (count < threshold and (alone or len(region.leaves) >= minimum))
            if region.shown is None
            else (count >= threshold and self._rule.round(count) == region.shown)
            for region, count in zip(self._regions, counts, strict=True)
        )

    def _is_walked(self) -> bool:
        """Do free choices of the walk, and no count but those shown, lead to these regions?"""
        if len(self._regions) == 1:
            return True
        left = self._go_back(self._root)
        return left is not None and (not left or self._is_region(left, shown=False))

    def _go_back(self, node: _Node) -> Leaves | None:
        """The leaves that an opened node left to its parent; None where the walk cannot have come here.

        Only a node that holds a shown region whole was certainly opened, or could have been with any people: what else it
        holds was pooled, of free choice.
        """
        if not self._holds_a_shown_region(node):
            return None
        here = self._leaves(node)
        if self._is_region(frozenset(here), shown=True):
            return frozenset()
        rest: set[int] = set()
        for quarter in range(4) if node.height else ():
            child = _Node(node.height - 1, (node.code << 2) + quarter)
            left = self._go_back(child) if self._holds_a_shown_region(child) else frozenset(self._leaves(child))
            if left is None:
                return None
            rest |= left
        pool = frozenset(rest)
        return frozenset() if pool and self._is_region(pool, shown=True) else pool

    def _is_region(self, leaves: Leaves, *, shown: bool) -> bool:
        region = self._regions[self._of[min(leaves)]]
        return region.leaves == leaves and (region.shown is not None) is shown

    def _holds_a_shown_region(self, node: _Node) -> bool:
        leaves = self._leaves(node)
        numbers = {self._of[leaf] for leaf in leaves}
        return any(
            self._regions[number].shown is not None
            and self._ends[number][0] >= leaves[0]
            and self._ends[number][1] <= leaves[-1]
            for number in numbers
        )

    def _leaves(self, node: _Node) -> Sequence[int]:
        first = bisect_left(self._universe, node.code << 2 * node.height)
        return self._universe[first : bisect_left(self._universe, (node.code + 1) << 2 * node.height)]
