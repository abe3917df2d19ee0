"""Who may be the same person, and which reports may be the same report. Suggestions with reasons, never decisions:
a person answers yes, no or not sure. Works offline over what a phone holds. Merging is not done here.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from shared.geo.distance import near_distance_m, say_distance
from shared.model.codes import Gender, PinSource
from shared.model.person import Person
from shared.model.position import Position
from shared.model.referral import Referral
from shared.model.value import Id, Value
from shared.rules.likeness import LIKELY, Rarity, measure_likeness
from shared.rules.wording import say_list, shared_phrase, telling_words


class DuplicateLimits(Value, frozen=True, kw_only=True):
    """How near counts as near. Metres and days as on the referral page (50 m, 250 m, 28 days); the rest are proposed
    defaults."""

    same_place_m: float = 50.0
    near_m: float = 250.0
    window_days: int = 28
    telling_words_shared: int = 2
    age_apart_years: int = 15


LIMITS = DuplicateLimits()


class Sighting(Value, frozen=True, kw_only=True):
    """A person as last met: where and when, as far as known."""

    person: Person
    seen_at: datetime | None = None
    position: Position | None = None
    site_id: Id | None = None


class PossiblePerson(Value, frozen=True, kw_only=True):
    """Somebody who may be the same person, with the reasons in words."""

    person_id: Id
    known_as: str
    reasons: tuple[str, ...]
    distance_m: float | None = None
    seen_at: datetime | None = None


class LikelyDuplicate(Value, frozen=True, kw_only=True):
    """A referral that may report the same thing, with the reasons in words."""

    referral_id: Id
    number: str
    reasons: tuple[str, ...]
    distance_m: float | None
    apart: timedelta


def possible_duplicates(
    new: Sighting, known: Iterable[Sighting], limits: DuplicateLimits = LIMITS
) -> list[PossiblePerson]:
    """People already known who may be the one just met, strongest grounds first.

    A suggestion needs a ground in who they are: the same name, alias or date of birth, or two telling words of the
    description. A plain word shared (an alias inside a description) counts only near by and within the window. What
    contradicts (another gender, date of birth, an age far off) rules a suggestion out.
    """
    found = []
    said = _Said.of(new.person)
    for other in known:
        if other.person.id == new.person.id or _contradict(new.person, other.person, limits):
            continue
        strong, weak = _identity_grounds(new.person, said, other.person, limits)
        place, metres = _place_grounds(new, other, limits)
        if not strong and not (weak and place):
            continue
        suggestion = PossiblePerson(
            person_id=other.person.id,
            known_as=other.person.known_as,
            reasons=(*strong, *weak, *place),
            distance_m=metres,
            seen_at=other.seen_at,
        )
        found.append((-len(strong), -len(weak), metres if metres is not None else 1e9, other.person.id, suggestion))
    return [suggestion for *_, suggestion in sorted(found, key=lambda item: item[:4])]


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


def say_duration(span: timedelta) -> str:
    """ "35 minutes", "5 hours", "3 days"."""
    minutes = round(span.total_seconds() / 60)
    for size, unit in ((1440, "day"), (60, "hour")):
        if minutes >= 2 * size:
            return f"{round(minutes / size)} {unit}s"
    return f"{minutes} minute{'' if minutes == 1 else 's'}"


class _Said(Value, frozen=True, kw_only=True):
    """What one person is called and looks like, taken to pieces once for a comparison with hundreds."""

    names: frozenset[str]
    called: frozenset[str]
    described: frozenset[str]

    @staticmethod
    def of(person: Person) -> "_Said":
        names = frozenset(text.casefold().strip() for text in (person.name, person.alias)) - {""}
        called = telling_words(f"{person.name} {person.alias}")
        return _Said(names=names, called=called, described=telling_words(person.description))


def _identity_grounds(one: Person, said: _Said, other: Person, limits: DuplicateLimits) -> tuple[list[str], list[str]]:
    strong, weak = [], []
    theirs = dict.fromkeys((other.name.strip(), other.alias.strip()))
    strong += [f"both called '{text}'" for text in theirs if text.casefold() in said.names]
    if one.date_of_birth is not None and one.date_of_birth == other.date_of_birth:
        strong.append("the same date of birth")
    described = telling_words(other.description)
    common = said.described & described
    if len(common) >= limits.telling_words_shared:
        strong.append(f"{say_list(f'{chr(39)}{word}{chr(39)}' for word in sorted(common))} in both descriptions")
    if not strong:
        called = telling_words(f"{other.name} {other.alias}")
        shared = (said.called & described) | (called & said.described) | (said.called & called)
        if shared:
            words = say_list(f"{chr(39)}{word}{chr(39)}" for word in sorted(shared))
            weak.append(f"{words} in what both are called or look like")
    return strong, weak


def _contradict(one: Person, other: Person, limits: DuplicateLimits) -> bool:
    genders = {one.gender, other.gender}
    if genders == {Gender.FEMALE, Gender.MALE}:
        return True
    if one.date_of_birth is not None and other.date_of_birth is not None:
        return one.date_of_birth != other.date_of_birth
    ages = (one.approximate_age_years, other.approximate_age_years)
    return ages[0] is not None and ages[1] is not None and abs(ages[0] - ages[1]) > limits.age_apart_years


def _place_grounds(new: Sighting, other: Sighting, limits: DuplicateLimits) -> tuple[list[str], float | None]:
    metres = _apart_m(new.position, other.position)
    recent = (
        new.seen_at is not None
        and other.seen_at is not None
        and abs(new.seen_at - other.seen_at) <= timedelta(days=limits.window_days)
    )
    if not recent or new.seen_at is None or other.seen_at is None:
        return [], metres
    ago = say_duration(abs(new.seen_at - other.seen_at))
    if new.site_id is not None and new.site_id == other.site_id:
        return [f"seen at the same site {ago} before"], metres
    if metres is not None and metres <= limits.near_m:
        return [f"seen {say_distance(metres)} away {ago} before"], metres
    return [], metres


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
