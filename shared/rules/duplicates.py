"""Which reports may be the same report. Suggestions with reasons, never decisions: a person answers. Who may be the same person
is in `shared.rules.same_person`.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from shared.geo.distance import near_distance_m, say_distance
from shared.model.codes import PinSource
from shared.model.position import Position
from shared.model.referral import Referral
from shared.model.value import Id, Value
from shared.rules.likeness import LIKELY, Rarity, measure_likeness
from shared.rules.wording import say_duration, shared_phrase, telling_words


class DuplicateLimits(Value, frozen=True, kw_only=True):
    """How near counts as near. Metres as on the referral page."""

    same_place_m: float = 50.0
    near_m: float = 250.0


LIMITS = DuplicateLimits()


class LikelyDuplicate(Value, frozen=True, kw_only=True):
    """A referral that may report the same thing, with the reasons in words."""

    referral_id: Id
    number: str
    reasons: tuple[str, ...]
    distance_m: float | None
    apart: timedelta


def likely_duplicates(
    new: Referral,
    others: Iterable[Referral],
    limits: DuplicateLimits = LIMITS,
    *,
    rarity: Rarity | None = None,
    same_referrer: Collection[Id] = (),
) -> list[LikelyDuplicate]:
    """Referrals that may report the same thing, the likeliest first (see `shared.rules.likeness`), none farther than 250 m.

    `rarity` is that of all reports of these weeks, where the caller knows it; `same_referrer` are those of whoever told of `new`.
    """
    pool = [other for other in others if other.id != new.id]
    rarity = rarity or Rarity([new, *pool])
    found = []
    for other in pool:
        is_theirs = other.id in same_referrer
        likeness = measure_likeness(new, other, rarity, same_referrer=is_theirs)
        metres = _apart_m(new.position, other.position)
        if likeness is None or likeness < LIKELY or (metres is not None and metres > limits.near_m):
            continue
        apart = abs(_when(new) - _when(other))
        told = ("told by the same person",) if is_theirs else ()
        duplicate = LikelyDuplicate(
            referral_id=other.id, number=other.number, distance_m=metres, apart=apart,
            reasons=(
                *_referral_grounds(new, other, metres, limits), *told,
                f"{say_duration(apart)} apart" if apart else "at the same time",
            ),
        )  # fmt: skip
        found.append((-round(likeness, 2), metres if metres is not None else 1e9, apart, other.id, duplicate))
    return [duplicate for *_, duplicate in sorted(found, key=lambda each: each[:4])]


def _referral_grounds(one: Referral, other: Referral, metres: float | None, limits: DuplicateLimits) -> tuple[str, ...]:
    """What both have in common, in words."""
    phrase = shared_phrase(f"{one.description} {one.concerns}", f"{other.description} {other.concerns}")
    in_both = (f"'{phrase}' in both",) if phrase else ()
    if metres is not None:
        sources = {each.position.source for each in (one, other) if each.position}
        if metres == 0 and sources == {PinSource.ADDRESS_LOOKUP}:
            return ("the same postcode", *in_both)
        same = metres <= limits.same_place_m
        return (f"same place ({say_distance(metres)} apart)" if same else f"{say_distance(metres)} apart", *in_both)
    words = telling_words(one.place)
    if words and words == telling_words(other.place):
        return (f"same place in words: '{one.place.strip()}'", *in_both)
    place = shared_phrase(one.place, other.place)
    return (*((f"'{place}' in both places",) if place else ()), *in_both)


def _apart_m(one: Position | None, other: Position | None) -> float | None:
    return None if one is None or other is None else near_distance_m(one, other)


def _when(referral: Referral) -> datetime:
    return referral.seen_at or referral.reported_at
