"""What is told of a quarter beside its map: people, who among them is new, long-term or returning, districts in bands, looks, and
how reports were answered. Counted once with the map, frozen with it, approved with it; the total is the map's own.

Pure but for the count itself; which number may stand beside which is in `shared.rules.small_counts`, and what districts and
areas of the map prove together is asked by `check_districts` before anything is stored.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import combinations
from math import exp, log, sqrt

from server.hotspots.disclosure import Leaves, Region, Rule
from shared.model.value import Id, Value
from shared.rules.flow import FLOWS, REFERRALS
from shared.rules.small_counts import NOT_SHOWN, THRESHOLD, Lot, round_count, show_part

BANDS = (0, 10, 25, 50, 100)
"""Where the bands of a district's people begin. The first holds none and a few alike."""
GROUPS = ("new", "long_term", "returning", "accommodated")
MOST_DISTRICTS = 12
"""The auditor tries every union of districts: with more of them none is told."""
ROUNDED_TO = 5
LOOKS_ROUNDED_TO = 50
LEAST_ORGANISATIONS = 3
"""A way through services is told of three organisations together: of one or two it would tell how each works."""
SHARE_ROUNDED_TO = 5
NORMAL_95 = 1.96


class DistrictFigure(Value, frozen=True, kw_only=True):
    """A district's people as a band: its number in `BANDS`."""

    name: str
    band: int


class EqualityFigure(Value, frozen=True, kw_only=True):
    """Of the people met, who gave this answer, and who of them moved into accommodation: each rounded, or "not shown"."""

    question: str
    answer: str
    people: str
    accommodated: str


class QuarterFigures(Value, frozen=True, kw_only=True):
    """One quarter as it is told.

    `people`: the map's total, 0 for fewer than its threshold. `likely`: people there may have been, met or not (Chao's lower
    bound with its interval, rounded outward to 5); None where too few were met to say. `groups`: rounded, or "not shown"; they
    overlap. `districts`: empty where bands and map together would tell too much. `looks`: squares looked at, to the nearest 50.
    `flows`: ways through services and stays, as `groups`; none where fewer than three organisations wrote something.
    `referrals`: to services, of the people met; told as `flows` are.
    `reports`: from the public, to the nearest 5; `in_time`: of 100 of them, to the nearest 5. `brought_in`: not counted here.
    """

    people: int
    likely: tuple[int, int] | None = None
    groups: Mapping[str, str] = {}
    districts: tuple[DistrictFigure, ...] = ()
    looks: int | None = None
    reports: int | None = None
    in_time: int | None = None
    brought_in: bool = False
    flows: Mapping[str, str] = {}
    equality: tuple[EqualityFigure, ...] = ()
    referrals: Mapping[str, str] = {}


class Counted(Value, frozen=True, kw_only=True):
    """The true counts of a quarter. `nights_met`: for each person counted, on how many nights they were met."""

    nights_met: Mapping[Id, int]
    groups: Mapping[str, Collection[Id]]
    district_of: Mapping[Id, str]
    districts: Sequence[str]
    looks: int
    reports: int
    in_time: int
    flows: Mapping[str, Collection[Id]] = {}
    agencies_together: int = 0
    equality: Mapping[tuple[str, str], Collection[Id]] = {}
    referrals: Mapping[str, Collection[Id]] = {}


def tell(counted: Counted, total: int, lot: Lot) -> QuarterFigures:
    """The figures as they may be told beside a map whose total is given; the districts still have to be checked."""
    people = len(counted.nights_met)
    by_district = Counter(counted.district_of.values())
    met = frozenset(counted.nights_met)
    return QuarterFigures(
        people=total,
        likely=estimate(counted.nights_met.values()) if total else None,
        groups={
            # A lot for each, whatever its size: "not shown" proves nothing (decision 86).
            name: NOT_SHOWN if lot() else show_part(len(met & frozenset(counted.groups.get(name, ()))), people)
            for name in GROUPS
        },
        districts=tuple(
            DistrictFigure(name=name, band=band_of(by_district.get(name, 0))) for name in sorted(counted.districts)
        ),
        flows={
            name: NOT_SHOWN if lot() else show_part(len(met & frozenset(counted.flows.get(name, ()))), people)
            for name in (FLOWS if counted.agencies_together >= LEAST_ORGANISATIONS else ())
        },
        equality=_tell_equality(counted, met, lot),
        referrals=_tell_referrals(counted, met, lot) if counted.agencies_together >= LEAST_ORGANISATIONS else {},
        looks=_near(counted.looks, LOOKS_ROUNDED_TO),
        reports=_near(counted.reports, ROUNDED_TO),
        in_time=None if counted.reports < 20 else _near(100 * counted.in_time / counted.reports, SHARE_ROUNDED_TO),
    )


def _tell_equality(counted: Counted, met: frozenset[Id], lot: Lot) -> tuple[EqualityFigure, ...]:
    """Over the whole authority, a question at a time. Who of a group moved in is told where the group is, and then neither they
    nor the rest are a few; nor are those of whom no answer is told, among all and among all that moved in: where each of them had
    given one of the answers that are told, it would be known of each."""
    moved = met & frozenset(counted.groups.get("accommodated", ()))
    told = []
    for question in dict.fromkeys(asked for asked, _ in counted.equality):
        groups = {
            answer: met & frozenset(those) for (asked, answer), those in counted.equality.items() if asked == question
        }
        people = {answer: len(those) for answer, those in groups.items()}
        few = {answer for answer, count in people.items() if lot() or show_part(count, len(met)) == NOT_SHOWN}
        hidden = _hide_with(few, people, len(met))
        helped = {answer: len(those & moved) for answer, those in groups.items()}
        few = {
            answer for answer, count in helped.items()
            if answer in hidden or lot() or show_part(count, people[answer]) == NOT_SHOWN
        }  # fmt: skip
        hidden_too = _hide_with(few, helped, len(moved))
        told += [
            EqualityFigure(
                question=question, answer=answer, people=NOT_SHOWN if answer in hidden else round_count(people[answer]),
                accommodated=NOT_SHOWN if answer in hidden_too else round_count(helped[answer]),
            )
            for answer in groups
        ]  # fmt: skip
    return tuple(told)


def _hide_with(few: set[str], parts: Mapping[str, int], whole: int) -> set[str]:
    """These, and the smallest of the others until what is left of the whole beside those that are shown is no few people."""
    hidden = set(few)
    for key in sorted(parts, key=lambda each: (parts[each], each)):
        if whole - sum(count for answer, count in parts.items() if answer not in hidden) >= THRESHOLD:
            break
        hidden.add(key)
    return hidden


def _tell_referrals(counted: Counted, met: frozenset[Id], lot: Lot) -> dict[str, str]:
    """Whoever is referred and neither taken on nor turned away waits: beside the ways, where those are told, that is no few
    people either."""
    referred, taken = (met & frozenset(counted.referrals.get(name, ())) for name in REFERRALS)
    waiting = referred - taken - frozenset(counted.flows.get("only_refused", ()))
    people = NOT_SHOWN if lot() else show_part(len(referred), len(met))
    is_hidden = people == NOT_SHOWN or len(waiting) < THRESHOLD or lot()
    return {"referred": people, "taken_on": NOT_SHOWN if is_hidden else show_part(len(taken), len(referred))}


def band_of(people: int) -> int:
    """The number of the band."""
    return bisect_right(BANDS, people) - 1


def say_band(band: int) -> str:
    """The band in words."""
    if band == 0:
        return f"Fewer than {BANDS[1]}, may be none"
    return f"{BANDS[band]} or more" if band == len(BANDS) - 1 else f"{BANDS[band]} to {BANDS[band + 1] - 1}"


def estimate(nights_met: Iterable[int]) -> tuple[int, int] | None:
    """How many people there may have been, met or not, from how many were met once and twice: an interval of 95 %.

    A. Chao, Estimating the population size for capture-recapture data with unequal catchability, Biometrics 43 (1987), with
    its log-normal interval. It is a lower bound: who can never be met is in no estimate. None where fewer than 10 were met
    twice.
    """
    often = Counter(nights_met)
    people, once, twice = sum(often.values()), often[1], often[2]
    if twice < 10:
        return None
    missed = once * (once - 1) / (2 * (twice + 1))
    ratio = once / twice
    variance = twice * (ratio**2 / 2 + ratio**3 + ratio**4 / 4)
    if missed <= 0:
        low, high = float(people), float(people)
    else:
        spread = exp(NORMAL_95 * sqrt(log(1 + variance / missed**2)))
        low, high = people + missed / spread, people + missed * spread
    return ROUNDED_TO * int(low // ROUNDED_TO), ROUNDED_TO * -int(-high // ROUNDED_TO)


def check_districts(
    figures: QuarterFigures, regions: Sequence[Region], district_of_leaf: Mapping[int, str], rule: Rule
) -> bool:
    """Do the districts' bands, laid over the map's areas, prove nothing of a place below the least area?

    Somebody has to be in a set of places when the areas that reach into it hold more people, at least, than the districts they
    lie in otherwise can, at most; and the other way round. Every union of districts is tried, with every area or part of a
    district that leaves less than the least area over: more than anybody can prove is refused, and never less.
    """
    told = {each.name: _interval(each.band) for each in figures.districts}
    if not told or len(told) > MOST_DISTRICTS:
        return False
    areas = [(_shown_interval(region, rule), _share_out(region.leaves, district_of_leaf)) for region in regions]
    return not any(
        _proves_somebody(frozenset(some), told, areas, rule.minimum_leaves)
        for size in range(1, len(told) + 1)
        for some in combinations(sorted(told), size)
    )


def _proves_somebody(
    some: frozenset[str],
    told: Mapping[str, tuple[int, int]],
    areas: Sequence[tuple[tuple[int, int], Counter[str]]],
    least: int,
) -> bool:
    at_least = sum(told[name][0] for name in some)
    at_most = sum(told[name][1] for name in some)
    # An area that lies whole in these districts, or whole outside, has people of its own that are told: only those that a
    # boundary cuts leave a few over.
    cut = [(low, high, _within(parts, some), _outside(parts, some)) for (low, high), parts in areas]
    inside = sum(low for low, _, within, outside in cut if within and outside < least)
    reaching = sum(high for _, high, within, outside in cut if within >= least or (within and not outside))
    leaves_over = any(within and 0 < outside < least for _, _, within, outside in cut)
    left_out = any(outside and 0 < within < least for _, _, within, outside in cut)
    return (leaves_over and inside > at_most) or (left_out and at_least > reaching)


def _outside(parts: Counter[str], some: frozenset[str]) -> int:
    return sum(leaves for name, leaves in parts.items() if name not in some)


def _within(parts: Counter[str], some: frozenset[str]) -> int:
    return sum(leaves for name, leaves in parts.items() if name in some)


def _share_out(leaves: Leaves, district_of_leaf: Mapping[int, str]) -> Counter[str]:
    return Counter(district_of_leaf.get(leaf, "") for leaf in leaves)


def _interval(band: int) -> tuple[int, int]:
    return BANDS[band], BANDS[band + 1] - 1 if band + 1 < len(BANDS) else 10**6


def _shown_interval(region: Region, rule: Rule) -> tuple[int, int]:
    if region.shown is None:
        return 0, rule.threshold - 1
    off = rule.rounding // 2
    return max(rule.threshold, region.shown - off), region.shown + off


def _near(number: float, step: int) -> int:
    return step * round(number / step)
