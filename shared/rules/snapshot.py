"""The annual snapshot of people sleeping rough on one typical night: who counts, who is one and the same, how sure that is. Pure.

Source: Homeless Link, rough sleeping snapshot estimates 2025 (definition; carrying out a count-based estimate, an evidence-based
estimate, and one that includes a spotlight count). People sleeping, about to bed down or bedded down in the open air, or in
buildings and places not designed for habitation; one night between 1 October and 30 November; a count begins after midnight; at
least one independent partner. Women and hidden rough sleeping are asked for, since counts miss them.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from math import exp, log, sqrt

from shared.geo.distance import near_distance_m
from shared.model.codes import ContactState, Gender, SiteKind
from shared.model.position import Position
from shared.model.value import Id, Value
from shared.rules.verification import ROUGH_SLEEPING_STATES

SAME_PLACE_M = 250.0
"""Strangers whom two teams met so near to each other may be the same people: somebody says so."""
SEASON = ((10, 1), (11, 30))
NOT_COUNTED_AT = frozenset({
    SiteKind.TRANSPORT, SiteKind.HEALTHCARE_WAITING_AREA, SiteKind.OPEN_ALL_HOURS_PREMISES, SiteKind.WALKING_ALL_NIGHT,
})  # fmt: skip
"""Where hidden rough sleeping happens, and nobody is bedded down as the definition says."""


class Approach(str, Enum):
    """The three that the guidance knows."""

    COUNT = "count"
    ESTIMATE = "estimate"
    SPOTLIGHT = "spotlight"

    def __str__(self) -> str:
        return self.value


class Exclusion(str, Enum):
    """Why somebody who was named is not sleeping rough by the definition, or was not that night."""

    HOSTEL_OR_SHELTER = "hostel_or_shelter"
    SOFA_SURFING = "sofa_surfing"
    CAMPSITE = "campsite"
    PROTEST = "protest"
    SQUAT = "squat"
    TRAVELLER = "traveller"
    NOT_THAT_NIGHT = "not_that_night"
    NOT_BEDDED_DOWN = "not_bedded_down"

    def __str__(self) -> str:
        return self.value


class AgeBand(str, Enum):
    """As the form asks."""

    UNDER_18 = "under_18"
    TO_25 = "18_to_25"
    OVER_25 = "26_and_over"
    NOT_KNOWN = "not_known"

    def __str__(self) -> str:
        return self.value


class Walk(Value, frozen=True, kw_only=True):
    """A team walks an area from a moment on: the first pass over it, or a second by others."""

    area: str
    team_id: Id
    starts_at: datetime
    is_second: bool = False


class Sighting(Value, frozen=True, kw_only=True):
    """A contact of the night. `person_ids` are under the one id that somebody's records share."""

    id: Id
    at: datetime
    team_id: Id
    state: ContactState
    site_kind: SiteKind = SiteKind.UNKNOWN
    person_ids: tuple[Id, ...] = ()
    strangers: int = 0
    position: Position | None = None


class Named(Value, frozen=True, kw_only=True):
    """Somebody whom a partner told of at the evidence meeting, without a name. `same_as` is another of them, or a sighting."""

    id: Id
    said_by: str
    gender: Gender = Gender.NOT_KNOWN
    age: AgeBand = AgeBand.NOT_KNOWN
    exclusion: Exclusion | None = None
    same_as: Id | None = None


class Described(Value, frozen=True, kw_only=True):
    """What the form asks of somebody whose record is known."""

    gender: Gender = Gender.NOT_KNOWN
    age: AgeBand = AgeBand.NOT_KNOWN


class Recapture(Value, frozen=True, kw_only=True):
    """How many there are by two passes: met in the first, in the second, in both (Chapman, 1951), with 95 in 100 between."""

    first: int
    second: int
    both: int
    about: float
    low: float
    high: float


class Counted(Value, frozen=True, kw_only=True):
    """What the night came to, why the rest does not count, and what somebody has still to say."""

    total: int
    seen: int
    named: int
    strangers: int
    twice: int
    """People whom two contacts or more met, counted once."""
    genders: Mapping[str, int]
    ages: Mapping[str, int]
    left_out: Mapping[str, int]
    """People by the reason why they do not count."""
    walked: tuple[str, ...]
    not_walked: tuple[str, ...]
    doubtful: tuple[tuple[Id, Id], ...]
    """Two sightings by two teams, near to each other or one of them at no known place, one of strangers, the other of strangers
    or of somebody whom the first did not know, of which nobody has said whether they are the same."""
    recapture: Recapture | None = None
    told_of: tuple[Id, ...] = ()
    """Who counts of those whom partners told of."""


BEFORE, ELSEWHERE, NOT_ROUGH, NOT_COUNTABLE = "before_start", "not_in_plan", "not_bedded_down", "not_countable_place"


def is_in_season(night: date) -> bool:
    """May this be the typical night?"""
    return SEASON[0] <= (night.month, night.day) <= SEASON[1]


def age_band(age: int | None) -> AgeBand:
    """The band of an age in years."""
    if age is None:
        return AgeBand.NOT_KNOWN
    if age < 18:
        return AgeBand.UNDER_18
    return AgeBand.TO_25 if age <= 25 else AgeBand.OVER_25


def count_night(
    approach: Approach,
    walks: Sequence[Walk],
    sightings: Sequence[Sighting],
    named: Sequence[Named],
    described: Mapping[Id, Described],
    same: Collection[tuple[Id, Id]] = (),
    different: Collection[tuple[Id, Id]] = (),
) -> Counted:
    """Count. `same` and `different` are pairs of sightings whose strangers are, or are not, the same people; where one has none,
    those whom it knew."""
    apart: list[tuple[Sighting, str]] = []
    counted: list[tuple[Sighting, Walk]] = []
    for each in sorted(sightings, key=lambda one: (one.at, one.id)) if approach is not Approach.ESTIMATE else []:
        walk, why = _walk_of(each, walks)
        if walk is None or why:
            apart.append((each, why))
        else:
            counted.append((each, walk))
    met = Counter(person_id for each, _ in counted for person_id in set(each.person_ids))
    left_out = _leave_out(apart, met)
    strangers = _strangers([each for each, _ in counted], same)
    told = _told(named, sightings, {each.id for each, _ in counted}, left_out) if approach is not Approach.COUNT else []
    genders, ages = _describe(met, strangers, told, described)
    areas = list(dict.fromkeys(walk.area for walk in walks))
    walked = {walk.area for _, walk in counted}
    return Counted(
        total=len(met) + strangers + len(told), seen=len(met) + strangers, named=len(told), strangers=strangers,
        twice=sum(times > 1 for times in met.values()), genders=genders, ages=ages, left_out=dict(left_out),
        walked=tuple(each for each in areas if each in walked),
        not_walked=tuple(each for each in areas if each not in walked),
        doubtful=_doubtful([each for each, _ in counted], same, different), recapture=_recapture(counted),
        told_of=tuple(each.id for each in told),
    )  # fmt: skip


def _walk_of(sighting: Sighting, walks: Sequence[Walk]) -> tuple[Walk | None, str]:
    """On which walk it was, or why it does not count."""
    theirs = [walk for walk in walks if walk.team_id == sighting.team_id]
    begun = [walk for walk in theirs if walk.starts_at <= sighting.at]
    if not theirs:
        return None, ELSEWHERE
    if not begun:
        return None, BEFORE
    if sighting.state not in ROUGH_SLEEPING_STATES:
        return None, NOT_ROUGH
    if sighting.site_kind in NOT_COUNTED_AT:
        return None, NOT_COUNTABLE
    return max(begun, key=lambda walk: walk.starts_at), ""


def _leave_out(apart: Sequence[tuple[Sighting, str]], met: Collection[Id]) -> Counter[str]:
    """People by the first reason why they do not count: nobody who counts after all, and nobody twice."""
    left_out: Counter[str] = Counter()
    known = set(met)
    for each, why in apart:
        left_out[why] += len(set(each.person_ids) - known) + each.strangers
        known |= set(each.person_ids)
    return +left_out


def _strangers(sightings: Sequence[Sighting], same: Collection[tuple[Id, Id]]) -> int:
    """People nobody knew; of sightings of the same ones the largest counts, less those of them whom another team knew."""
    group = {each.id: each.id for each in sightings}
    by_id = {each.id: each for each in sightings}
    known: dict[Id, set[Id]] = {each.id: set() for each in sightings}

    def head(of: Id) -> Id:
        while group[of] != of:
            of = group[of]
        return of

    for one, other in same:
        if one not in group or other not in group:
            continue
        if by_id[one].strangers and by_id[other].strangers:
            group[head(one)] = head(other)
        else:
            known[one] |= _whom_it_missed(by_id[one], by_id[other])
            known[other] |= _whom_it_missed(by_id[other], by_id[one])
    most: dict[Id, int] = {}
    knew: dict[Id, set[Id]] = {}
    for each in sightings:
        most[head(each.id)] = max(most.get(head(each.id), 0), each.strangers)
        knew.setdefault(head(each.id), set()).update(known[each.id])
    return sum(max(number - len(knew[of]), 0) for of, number in most.items())


def _whom_it_missed(of: Sighting, other: Sighting) -> set[Id]:
    """Whom another sighting knew, and this one may have met as strangers; nobody where both, or neither, met strangers."""
    return set(other.person_ids) - set(of.person_ids) if of.strangers and not other.strangers else set()


def _told(
    named: Sequence[Named], sightings: Sequence[Sighting], counted: set[Id], left_out: Counter[str]
) -> list[Named]:
    """Those told of who count: by the definition, not met, not told of twice. Whoever is the same as somebody who does not count
    for one of these reasons does not count either. Of a sighting that does not count itself as many as it met may be told of, of
    a line that was taken back one."""
    told: list[Named] = []
    known = set(counted)
    left = Counter({each.id: len(set(each.person_ids)) + each.strangers for each in sightings})
    for each in named:
        if each.exclusion is not None:
            left_out[str(each.exclusion)] += 1
        elif each.same_as in known:
            left_out["twice"] += 1
        else:
            told.append(each)
        known.add(each.id)
        if each.same_as is not None and each.same_as not in known:
            left[each.same_as] -= 1
            known |= {each.same_as} if left[each.same_as] <= 0 else set()
    return told


def _describe(
    met: Collection[Id], strangers: int, told: Sequence[Named], described: Mapping[Id, Described]
) -> tuple[dict[str, int], dict[str, int]]:
    every = [described.get(each, Described()) for each in met]
    every += [Described(gender=each.gender, age=each.age) for each in told]
    genders = Counter(str(each.gender) if each.gender.is_known else str(Gender.NOT_KNOWN) for each in every)
    ages = Counter(str(each.age) for each in every)
    genders[str(Gender.NOT_KNOWN)] += strangers
    ages[str(AgeBand.NOT_KNOWN)] += strangers
    return (
        {str(each): genders[str(each)] for each in Gender},
        {str(each): ages[str(each)] for each in AgeBand},
    )


def _doubtful(
    sightings: Sequence[Sighting], same: Collection[tuple[Id, Id]], different: Collection[tuple[Id, Id]]
) -> tuple[tuple[Id, Id], ...]:
    settled = {frozenset(pair) for pair in (*same, *different)}
    some = [each for each in sightings if each.strangers or each.person_ids]
    return tuple(
        (one.id, other.id)
        for place, one in enumerate(some)
        for other in some[place + 1 :]
        if one.team_id != other.team_id
        and _may_be_same(one, other)
        and _may_be_near(one, other)
        and frozenset((one.id, other.id)) not in settled
    )


def _may_be_near(one: Sighting, other: Sighting) -> bool:
    """Did two teams meet somebody at one place? Of what has no place nobody knows, so somebody says so."""
    if one.position is None or other.position is None:
        return True
    return near_distance_m(one.position, other.position) <= SAME_PLACE_M


def _may_be_same(one: Sighting, other: Sighting) -> bool:
    both = bool(one.strangers and other.strangers)
    return both or bool(_whom_it_missed(one, other) or _whom_it_missed(other, one))


def _recapture(counted: Sequence[tuple[Sighting, Walk]]) -> Recapture | None:
    """From people known by name alone, in areas that were walked twice; None where no area was."""
    twice = {walk.area for _, walk in counted if walk.is_second}
    passes: tuple[set[Id], set[Id]] = (set(), set())
    for each, walk in counted:
        if walk.area in twice:
            passes[walk.is_second].update(each.person_ids)
    first, second = len(passes[0]), len(passes[1])
    if not first or not second:
        return None
    both = len(passes[0] & passes[1])
    about = (first + 1) * (second + 1) / (both + 1) - 1
    spread = (first + 1) * (second + 1) * (first - both) * (second - both) / ((both + 1) ** 2 * (both + 2))
    met = len(passes[0] | passes[1])
    missed = max(about - met, 0.0)
    # On the logarithm of those whom nobody met, so that there are never fewer than were met (Chao, 1987).
    factor = exp(1.96 * sqrt(log(1 + spread / missed**2))) if missed > 0 else 1.0
    return Recapture(
        first=first, second=second, both=both, about=max(about, float(met)), low=met + missed / factor,
        high=met + missed * factor,
    )  # fmt: skip
