"""Which of the records that were found to be one person stands for all of them, the same on a phone and on the server.

It is one that was found to be nobody else's. Two who join at the same moment may each join into the other's: of those that stand
in a circle, and of several that would do, the smallest id stands for all, whoever spoke first.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from shared.model.value import Id


def choose_one(pairs: Iterable[tuple[Id, Id]]) -> dict[Id, Id]:
    """For each record that another stands for: which. `pairs` are those that are joined, from and into."""
    into, beside = defaultdict[Id, set[Id]](set), defaultdict[Id, set[Id]](set)
    for from_id, into_id in pairs:
        into[from_id].add(into_id)
        beside[from_id].add(into_id)
        beside[into_id].add(from_id)
    chosen: dict[Id, Id] = {}
    for each in beside:
        if each not in chosen:
            same = list_reached(beside, each) | {each}
            chosen |= dict.fromkeys(same, min(one for one in same if _stands(into, one)))
    return {each: one for each, one in chosen.items() if each != one}


def list_reached(beside: Mapping[Id, Iterable[Id]], start: Id) -> set[Id]:
    """Whom one comes to from one record to the next; the first itself where a circle leads back to it."""
    reached, waiting = set[Id](), [start]
    while waiting:
        new = set(beside.get(waiting.pop(), ())) - reached
        reached |= new
        waiting += new
    return reached


def _stands(into: Mapping[Id, Iterable[Id]], one: Id) -> bool:
    reached = list_reached(into, one)
    return all(one <= each and one in list_reached(into, each) for each in reached)
