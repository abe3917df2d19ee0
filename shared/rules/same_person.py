"""Who of many may be the same person: found by what records have in common, and scored by the evidence (`shared.rules.evidence`).

The same on a phone, at a desk, for a file and at night for a whole county. A person decides; nothing is joined here.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import combinations
from math import log2

from shared.model.person import Person
from shared.model.value import Id, Value
from shared.rules.evidence import Rarity, Sighting, Told, tell, weigh

SHOWN_FROM_BITS = 5.0
"""Below this nothing is shown, however few people are known."""
LEAST_OF_WHO = 2.0
"""A place, an age and a gender make nobody the same: so much has to come from names, looks or a date of birth."""
COMMON = 40
"""A key that more records share than this finds nobody by itself: it costs time and tells little."""
MANY = 5_000
"""Among so many one weak thing in common is chance."""
COMPARED_MAX = 40
ROUNDED = 0.01
"""Bits are told so exactly."""


class Match(Value, frozen=True, kw_only=True):
    """Two records, the evidence that they are one person in bits, and the reasons; against it stands in `doubts`."""

    person_id: Id
    bits: float
    reasons: tuple[str, ...]
    doubts: tuple[str, ...] = ()


class Index:
    """People to be found again, by how their names sound, what they are known as, their dates of birth and how they look.

    `total` is of how many these are, where the caller holds a part of them only: among more people more is asked for.
    """

    def __init__(self, known: Iterable[Person | Sighting] = (), total: int = 0) -> None:
        self._told: dict[Id, Told] = {}
        self._by_key: dict[int, list[Id]] = {}
        self._rarity = Rarity(total=total)
        for each in known:
            self.put(each)

    def __len__(self) -> int:
        return len(self._told)

    def put(self, known: Person | Sighting) -> None:
        """One more, or the same record as it reads now."""
        told = tell(as_sighting(known))
        self.drop(told.person.id)
        self._told[told.person.id] = told
        self._rarity.add(told)
        for key, _ in _keys(told):
            self._by_key.setdefault(key, []).append(told.person.id)

    def drop(self, person_id: Id) -> None:
        """This record is to be found no more."""
        before = self._told.pop(person_id, None)
        if before is None:
            return
        self._rarity.take(before)
        for key, _ in _keys(before):
            self._by_key[key].remove(person_id)

    @property
    def shown_from(self) -> float:
        """Bits from which a pair is shown. Among twice as many people one more, and a quarter of one, since no two pieces of
        evidence are quite independent."""
        return max(SHOWN_FROM_BITS, 1.25 * log2(max(self._rarity.total, 1)) - 1.5)

    def find(self, new: Person | Sighting, limit: int = 5) -> list[Match]:
        """Who may be the same person as this one, the strongest evidence first."""
        return self._find(tell(as_sighting(new)), limit)

    def pairs(self) -> Iterator[tuple[Id, Match]]:
        """Every pair worth looking at, once each."""
        told_of = set[tuple[Id, Id]]()
        for told in self._told.values():
            for match in self._find(told, limit=5):
                pair = min(told.person.id, match.person_id), max(told.person.id, match.person_id)
                if pair not in told_of:
                    told_of.add(pair)
                    yield told.person.id, match

    def _find(self, told: Told, limit: int) -> list[Match]:
        near: Counter[Id] = Counter()
        for key, weight in _keys(told):
            found = self._by_key.get(key, ())
            if len(found) <= COMMON or weight >= 3:
                for other in found:
                    near[other] += weight
        del near[told.person.id]
        in_common = 2 if len(self._told) > MANY else 1
        nearest = [(other, weight) for other, weight in near.most_common(COMPARED_MAX) if weight >= in_common]
        least = self.shown_from
        beside_names = least - ROUNDED - self._rarity.most_of_names(told)
        matches = (_match(told, self._told[other], self._rarity, beside_names) for other, _ in nearest)
        shown = [match for match in matches if match is not None and match.bits >= least]
        return sorted(shown, key=lambda match: (-match.bits, match.person_id))[:limit]


def compare(one: Person | Sighting, other: Person | Sighting) -> Match:
    """The evidence that `other` is the same person as `one`, of two whom nothing is known beside."""
    mine, theirs = tell(as_sighting(one)), tell(as_sighting(other))
    return _sum(theirs.person.id, *weigh(mine, theirs, Rarity()))


def as_sighting(known: Person | Sighting) -> Sighting:
    """A record of which nobody says where the person was met."""
    return known if isinstance(known, Sighting) else Sighting(person=known)


def _match(one: Told, other: Told, rarity: Rarity, beside_names: float) -> Match | None:
    who, rest = weigh(one, other, rarity, beside_names)
    return None if sum(bits for bits, _ in who) < LEAST_OF_WHO else _sum(other.person.id, who, rest)


def _sum(person_id: Id, who: list[tuple[float, str]], rest: list[tuple[float, str]]) -> Match:
    found = [*who, *rest]
    return Match(
        person_id=person_id,
        bits=round(sum(bits for bits, _ in found), 2),
        reasons=tuple(words for bits, words in found if bits > 0 and words),
        doubts=tuple(words for bits, words in found if bits < 0 and words),
    )


def _keys(told: Told) -> Iterator[tuple[int, int]]:
    """What a record is found by, as hashes, and how much one in common tells: 1 little, 3 so much that it may be common."""
    heard = sorted(frozenset[str]().union(*told.heard))
    yield from ((hash(("heard", key)), 1) for key in heard)
    yield from ((hash(("both", *pair)), 3) for pair in combinations(heard[:6], 2))
    if told.sighting.team_id is not None:
        for key in (*heard, *((told.alias,) if told.alias else ())):
            yield hash((told.sighting.team_id, key)), 2
    if len(told.words) > 1:
        yield hash(("name", tuple(sorted(told.words)))), 3
    yield from ((hash(("called", called)), 2) for called in {told.alias, " ".join(told.words)} if called)
    yield from ((hash(("looks", word)), 1) for word in {*told.described, *told.alias.split(), *told.words})
    born = told.person.date_of_birth
    if born is None:
        return
    yield hash(("born", born)), 3
    if born.day <= 12 and born.day != born.month:
        yield hash(("born", date(born.year, born.day, born.month))), 3
    for two in (("ym", born.year, born.month), ("yd", born.year, born.day), ("md", born.month, born.day)):
        yield hash(two), 1
        yield from ((hash((two, key)), 2) for key in heard)
