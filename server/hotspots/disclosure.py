"""Disclosure control: what may be published of counts by place, so that nobody can find one person.

"Roll-up with one pooled remainder" over a quad-tree, its guarantee as a test (`broken_atoms`), and the rule that puts
each person in exactly one leaf. Pure: numbers and chance in, regions out; no SQL, no projection, no clock. Source: privacy
rules D1 to D5, decision 44.

The code is public, so a walk without chance tells more than its numbers: a part that was not split would have no quarter
with k people, and two such parts with ten people in all would have somebody in each. Both of the walk's choices are
therefore, once in twenty, taken otherwise than utility asks, secretly and afresh: a quarter that could be opened is pooled
whole (and where all four are, their node stays shut), a pool that could be closed is handed up. Either is always allowed, so
any people on the leaves of a region, in the number that is shown, could have made the same map: what a region is made of
proves nothing. `server.hotspots.auditor` shows that for each map before it is published.

A leaf is a Morton code of `shared.geo.grid`, all of one level: its node `height` halvings above is `leaf >> 2*height`.
The universe is every leaf of the authority, clipped to it: ground outside never counts towards an area, which makes the
guarantee stronger than over the enclosing square. The root is the smallest node that encloses the universe.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain
from typing import NamedTuple, Protocol

Leaves = frozenset[int]

AGAINST = 0.05
"""How often each choice of the walk is taken against utility."""
WALKS = 400
"""So many are tried before the authority is told as one region."""


class Chance(Protocol):
    """A source of secret chance: `secrets.SystemRandom()` where a map is published, a seeded one in a test."""

    def random(self) -> float:
        """A number from 0 up to 1."""


@dataclass(frozen=True)
class Rule:
    """What the partnership decided: the smallest count shown, the smallest area left at "fewer than", the rounding.

    Defaults: 10 people, 64 leaves of 250 m (4 km²), rounded to 5 (privacy page, section D).
    """

    threshold: int = 10
    minimum_leaves: int = 64
    rounding: int = 5

    def __post_init__(self) -> None:
        if self.threshold < 2 or self.minimum_leaves < 1 or self.rounding < 1:
            raise ValueError("A disclosure rule needs a threshold of 2 or more, an area and a rounding of 1 or more")

    def round(self, people: int) -> int:
        """The count as it is shown: to the nearest multiple of `rounding`, halves up."""
        return self.rounding * ((people + self.rounding // 2) // self.rounding)


@dataclass(frozen=True)
class Region:
    """A published area. `shown` is its rounded count of people, or None: "fewer than the threshold, may be none"."""

    leaves: Leaves
    shown: int | None


class Sighting(NamedTuple):
    """One person (None: nobody was identified) seen at a leaf on a night."""

    person_id: str | None
    leaf: int
    night: date
    seen_at: datetime


class BrokenAtom(NamedTuple):
    """A place that published regions isolate, with too few people in too small an area."""

    leaves: Leaves
    people: int


def assign_leaves(sightings: Iterable[Sighting]) -> dict[str, int]:
    """Each identified person's one leaf in a period: the most distinct nights, ties to the latest sighting (rule D2).

    However often somebody is seen, they count once. Unidentified sightings count nowhere.
    """
    nights: dict[tuple[str, int], set[date]] = defaultdict(set)
    latest: dict[tuple[str, int], datetime] = {}
    for person_id, leaf, night, seen_at in sightings:
        if person_id is None:
            continue
        here = (person_id, leaf)
        nights[here].add(night)
        latest[here] = max(latest.get(here, seen_at), seen_at)
    chosen: dict[str, tuple[int, datetime, int]] = {}
    for (person_id, leaf), seen_on in nights.items():
        grounds = (len(seen_on), latest[person_id, leaf], leaf)
        chosen[person_id] = max(chosen.get(person_id, grounds), grounds)
    return {person_id: leaf for person_id, (_, _, leaf) in chosen.items()}


def publish(people_by_leaf: Mapping[int, int], universe: Iterable[int], rule: Rule, chance: Chance) -> list[Region]:
    """The regions to publish: a partition of the universe. Raises ValueError when people stand outside the universe.

    A walk that would leave a small area with few people over is not used: another is made, and where none will do, the
    whole authority is one region.
    """
    everywhere = sorted(set(universe))
    for _ in range(WALKS):
        regions = walk_once(people_by_leaf, everywhere, rule, chance)
        if regions is not None:
            return regions
    return [Region(frozenset(everywhere), rule.round(sum(people_by_leaf.values())))]


def walk_once(
    people_by_leaf: Mapping[int, int], universe: Sequence[int], rule: Rule, chance: Chance
) -> list[Region] | None:
    """The regions of one walk over the universe, in order; None where it leaves over what is too small to be named."""
    tree = _Tree(people_by_leaf, universe)
    if tree.people(tree.root) < rule.threshold:
        return [Region(frozenset(tree.leaves(tree.root)), None)]
    walk = _RollUp(tree, rule, chance)
    remainder = walk.roll_up(tree.root)
    if 0 < len(remainder.leaves) < rule.minimum_leaves:
        return None
    left_over = [Region(frozenset(remainder.leaves), None)] if remainder.leaves else []
    return [Region(frozenset(leaves), rule.round(people)) for leaves, people in walk.blocks] + left_over


def total_shown(regions: Iterable[Region], people: int, rule: Rule, chance: Chance) -> int:
    """The published total of a map that names any region: the true one, rounded up or down by chance; 0 otherwise.

    The sum of the regions errs low, for blocks close as soon as they reach the threshold. This does not: on average it is
    the truth, and never `rounding` or more from it. What it tells beside the regions is at most that somebody is in the
    "fewer than" region, whose area is large enough for that to be told.
    """
    if all(region.shown is None for region in regions):
        return 0
    below, rest = divmod(people, rule.rounding)
    return rule.rounding * (below + (chance.random() < rest / rule.rounding))


def list_atoms(regions: Iterable[Leaves], universe: Iterable[int]) -> list[Leaves]:
    """Everything that unions and differences of these regions can isolate: leaves, split by which regions hold them."""
    holders: dict[int, list[int]] = {leaf: [] for leaf in universe}
    for number, leaves in enumerate(regions):
        for leaf in leaves:
            holders[leaf].append(number)
    atoms: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for leaf, numbers in holders.items():
        atoms[tuple(numbers)].append(leaf)
    return [frozenset(leaves) for leaves in atoms.values()]


def broken_atoms(
    regions: Iterable[Leaves], people_by_leaf: Mapping[int, int], universe: Iterable[int], rule: Rule
) -> list[BrokenAtom]:
    """Where the guarantee fails: each atom must hold `threshold` people or `minimum_leaves` leaves (rule D1).

    Give it every region published for the period by any view; the authority's exact total is taken as known outside.
    """
    everywhere = frozenset(universe)
    broken = []
    for atom in list_atoms(chain([everywhere], regions), everywhere):
        people = sum(people_by_leaf.get(leaf, 0) for leaf in atom)
        if people < rule.threshold and len(atom) < rule.minimum_leaves:
            broken.append(BrokenAtom(atom, people))
    return broken


class _Node(NamedTuple):
    """A quad-tree node: `height` halvings above a leaf, and its Morton code at that height."""

    height: int
    code: int


class _Tree:
    """The authority's quad-tree: leaves in Morton order, so that a node's leaves are one slice."""

    def __init__(self, people_by_leaf: Mapping[int, int], universe: Sequence[int]) -> None:
        if not universe:
            raise ValueError("An authority without leaves has nothing to publish")
        if outside := people_by_leaf.keys() - set(universe):
            raise ValueError(f"{len(outside)} leaves with people lie outside the authority")
        self._universe = universe
        height = 0
        while universe[0] >> 2 * height != universe[-1] >> 2 * height:
            height += 1
        self.root = _Node(height, universe[0] >> 2 * height)
        self._people: Counter[_Node] = Counter()
        for leaf, people in people_by_leaf.items():
            for above in range(height + 1):
                self._people[_Node(above, leaf >> 2 * above)] += people

    def people(self, node: _Node) -> int:
        return self._people[node]

    def leaves(self, node: _Node) -> Sequence[int]:
        first = bisect_left(self._universe, node.code << 2 * node.height)
        after = bisect_left(self._universe, (node.code + 1) << 2 * node.height)
        return self._universe[first:after]

    def children(self, node: _Node) -> Iterator[_Node]:
        if node.height:
            yield from (_Node(node.height - 1, (node.code << 2) + quarter) for quarter in range(4))


class _Pool(NamedTuple):
    """Leaves not yet published, and the people on them."""

    leaves: list[int]
    people: int


class _RollUp:
    """The walk: blocks as they close, each with its true count."""

    def __init__(self, tree: _Tree, rule: Rule, chance: Chance) -> None:
        self._tree, self._rule, self._chance = tree, rule, chance
        self.blocks: list[_Pool] = []

    def roll_up(self, node: _Node) -> _Pool:
        """Publish what can be published in a node that reaches the threshold; answer what is left for its parent."""
        tree, threshold = self._tree, self._rule.threshold
        children = list(tree.children(node))
        opened = [each for each in children if tree.people(each) >= threshold and not self._is_against()]
        if not opened:
            return self._close(_Pool(list(tree.leaves(node)), tree.people(node)))
        rest: list[int] = []
        people = 0
        for child in children:
            # A child with nobody is treated exactly as one with a few, or with many that is kept shut: a zero must not show.
            left = self.roll_up(child) if child in opened else self._all_of(child)
            rest += left.leaves
            people += left.people
        pool = _Pool(rest, people)
        if people >= threshold and (node == tree.root or not self._is_against()):
            return self._close(pool)
        return pool

    def _is_against(self) -> bool:
        return self._chance.random() < AGAINST

    def _close(self, pool: _Pool) -> _Pool:
        self.blocks.append(pool)
        return _Pool([], 0)

    def _all_of(self, node: _Node) -> _Pool:
        return _Pool(list(self._tree.leaves(node)), self._tree.people(node))
