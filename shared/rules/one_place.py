"""Reports that are likely one place, gathered round the one that most of them are like. Every member was compared with the head
itself: a chain of likenesses makes no cluster. Pure; a person decides.
"""

from collections.abc import Iterable, Mapping

from shared.model.referral import Referral
from shared.model.value import Value

FEWEST = 3
"""Two alike are a pair, and shown as one."""


class OnePlace(Value, frozen=True, kw_only=True):
    """The one that would be worked on, and those that would be folded into it, the oldest first."""

    head: Referral
    members: tuple[Referral, ...]


def gather(pairs: Iterable[tuple[Referral, Referral]]) -> list[OnePlace]:
    """The clusters of these likely pairs, the largest first; each report is in one at most. Of equals the oldest is the head."""
    alike: dict[str, dict[str, Referral]] = {}
    known: dict[str, Referral] = {}
    for one, other in pairs:
        known[one.id], known[other.id] = one, other
        alike.setdefault(one.id, {})[other.id] = other
        alike.setdefault(other.id, {})[one.id] = one
    found: list[OnePlace] = []
    while alike:
        head_id = min(alike, key=lambda each: (-len(alike[each]), known[each].reported_at, each))
        members = alike[head_id]
        if len(members) + 1 < FEWEST:
            return found
        found.append(OnePlace(head=known[head_id], members=tuple(sorted(members.values(), key=_by_age))))
        alike = _without(alike, {head_id, *members})
    return found


def _by_age(referral: Referral) -> tuple[object, str]:
    return referral.reported_at, referral.id


def _without(alike: Mapping[str, Mapping[str, Referral]], gone: set[str]) -> dict[str, dict[str, Referral]]:
    left = {
        each: {name: other for name, other in others.items() if name not in gone}
        for each, others in alike.items()
        if each not in gone
    }
    return {each: others for each, others in left.items() if others}
