"""The national indicators of rough sleeping, for one authority and one month, as sets of people: every figure opens to those
behind it. Categories overlap and are never summed. Counting for maps and small numbers is not done here.

Sources: MHCLG, Ending rough sleeping data framework (December 2023: people seen, new, long-term, returning, left an
institution; by month and on a single night) and its technical note of June 2025 (accommodated, nights in 180 days, returners
from settled accommodation). What the sources leave open is a setting (`IndicatorPeriods`), and is recorded with each figure.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from itertools import pairwise
from types import MappingProxyType

from shared.model.codes import InstitutionLeft
from shared.model.value import Id, Value


class IndicatorPeriods(Value, frozen=True, kw_only=True):
    """How each definition looks back.

    `new_until_day_seen`: the 60 months end on the day somebody was first seen in the month, else on its first day.
    `long_term_with_this_month`: this month is one of the last 12, else the 12 before it are counted and this one besides.
    `returning_after_quarters`: not met in so many whole quarters before, instead of in so many days (0: by days).
    `accommodated_settled_only`: a shelter or a hostel is no accommodation. `accommodated_met_before`: only who was met
    sleeping rough in the authority, as is held here or was brought in, on the day they moved in or before.
    `night_with_unidentified`: those whom nobody knew are people on the typical night too, as in a count.
    """

    new_months: int = 60
    new_until_day_seen: bool = False
    long_term_months: int = 12
    long_term_seen_in_months: int = 3
    long_term_with_this_month: bool = True
    returning_after_days: int = 180
    left_institution_days: int = 85
    nights_days: int = 180
    settled_months: int = 12
    returning_after_quarters: int = 0
    accommodated_settled_only: bool = False
    accommodated_met_before: bool = True
    night_with_unidentified: bool = False


PERIODS = IndicatorPeriods()


class SeenNight(Value, frozen=True, kw_only=True):
    """A person was met sleeping rough in the authority on an outreach night. Several a night count once."""

    person_id: Id
    night: date


class InstitutionExit(Value, frozen=True, kw_only=True):
    """A person left an institution on a day (None: it is not known when, which counts for care leavers alone, until the day
    on which they turn 25)."""

    person_id: Id
    institution: InstitutionLeft
    left_on: date | None
    turns_25_on: date | None = None


class MovedIn(Value, frozen=True, kw_only=True):
    """A person moved into accommodation off the streets on a day; `settled`: to stay, not for a night or a wait."""

    person_id: Id
    moved_in_on: date
    settled: bool = False


class MonthIndicators(Value, frozen=True, kw_only=True):
    """The figures of one month, as people.

    `night` is the typical night that was chosen, or the proposed one. `busiest_night` is the night on which most people were
    met (the earliest if tied), which is no typical one: the more shifts, the higher it lies. `held_since` is the first night
    of which anything is held: before it nobody can have been seen.
    """

    month: date
    seen: frozenset[Id]
    new: frozenset[Id]
    long_term: frozenset[Id]
    returning: frozenset[Id]
    left_institution: frozenset[Id]
    accommodated: frozenset[Id] = frozenset()
    returned_from_settled: frozenset[Id] = frozenset()
    night: date | None = None
    seen_on_night: frozenset[Id] = frozenset()
    new_on_night: frozenset[Id] = frozenset()
    busiest_night: date | None = None
    seen_on_busiest_night: frozenset[Id] = frozenset()
    nights_in_180_days: Mapping[str, frozenset[Id]] = {}
    held_since: date | None = None


NIGHT_BANDS = (("1", 1, 1), ("2", 2, 2), ("3 to 5", 3, 5), ("6 to 10", 6, 10), ("more than 10", 11, 10**6))


def month_indicators(
    month: date,
    nights: Iterable[SeenNight],
    exits: Iterable[InstitutionExit] = (),
    periods: IndicatorPeriods = PERIODS,
    *,
    moves: Iterable[MovedIn] = (),
    night: date | None = None,
    known_since: Mapping[Id, date] = MappingProxyType({}),
) -> MonthIndicators:
    """The indicators of the month that holds `month`, from every night on which anybody was met sleeping rough there.

    new: seen this month, and not in the 60 months before it. long-term: seen this month, and in 3 or more of the
    last 12 months with this one. returning: seen this month after 180 days or more without being met, and met at some time
    before that. left institution: left one at most 85 days before a night on which they were met this month; a care leaver
    at any time until they are 25. accommodated: moved in this month. returned from settled: returning, and moved into
    settled accommodation in the 12 months before. `known_since` tells since when somebody was known before records were
    held here: not new, and met before they moved in. `night` is the typical night chosen, else the median one is proposed.
    """
    first, after = first_of_month(month), months_later(first_of_month(month), 1)
    history = _nights_by_person(nights, after)
    now = {person: [n for n in seen if n >= first] for person, seen in history.items()}
    seen_now = frozenset(person for person, in_month in now.items() if in_month)
    there = _people_by_night(history, first)
    busiest = min(there, key=lambda n: (-len(there[n]), n), default=None)
    chosen = night if night is not None else typical_night(there)
    left, moved = list(exits), list(moves)
    returning = frozenset(p for p in seen_now if _is_returning(history[p], first, periods))
    new = frozenset(
        p
        for p in seen_now
        if _is_new(history[p], first, periods) and not _was_known(known_since.get(p), first, periods)
    )
    on_night = frozenset(there.get(chosen, ())) if chosen else frozenset()

    def those(holds: Callable[[Id], bool], among: frozenset[Id] = seen_now) -> frozenset[Id]:
        return frozenset(person for person in among if holds(person))

    return MonthIndicators(
        month=first,
        seen=seen_now,
        new=new,
        long_term=those(lambda p: _is_long_term(history[p], first, periods)),
        returning=returning,
        left_institution=those(lambda p: _left_lately(p, now[p], left, periods)),
        accommodated=frozenset(
            each.person_id
            for each in moved
            if first <= each.moved_in_on < after
            and _is_accommodated(each, history.get(each.person_id, []), known_since.get(each.person_id), periods)
        ),
        returned_from_settled=those(lambda p: _was_settled(p, now[p][0], moved, periods), returning),
        night=chosen,
        seen_on_night=on_night,
        new_on_night=on_night & new,
        busiest_night=busiest,
        seen_on_busiest_night=frozenset(there.get(busiest, ())) if busiest else frozenset(),
        nights_in_180_days=_banded(history, seen_now, after, periods),
        held_since=min((seen[0] for seen in history.values()), default=None),
    )


def typical_night(people_by_night: Mapping[date, Iterable[Id]]) -> date | None:
    """The night proposed as typical: of the nights on which anybody was met, the one with the median number of people.

    Of an even number the lower of the middle two; the earliest where several have that number.
    """
    if not people_by_night:
        return None
    numbers = {night: len(set(people)) for night, people in people_by_night.items()}
    median = sorted(numbers.values())[(len(numbers) - 1) // 2]
    return min(night for night, number in numbers.items() if number == median)


def per_100_000(people: int, population: int) -> float:
    """The rate that stands beside a figure. Raises ValueError for a population under one."""
    if population < 1:
        raise ValueError("A rate needs a population of at least one.")
    return people / population * 100_000


def first_of_month(day: date) -> date:
    """The first day of the month of a day."""
    return day.replace(day=1)


def months_later(first: date, months: int) -> date:
    """The first of a month, so many months later (or earlier, when negative)."""
    index = first.year * 12 + first.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def months_before_day(day: date, months: int) -> date:
    """The same day so many months earlier; the last of that month where it has no such day."""
    first = months_later(first_of_month(day), -months)
    last = months_later(first, 1) - timedelta(days=1)
    return min(first + timedelta(days=day.day - 1), last)


def _nights_by_person(nights: Iterable[SeenNight], before: date) -> dict[Id, list[date]]:
    found: dict[Id, set[date]] = {}
    for item in nights:
        if item.night < before:
            found.setdefault(item.person_id, set()).add(item.night)
    return {person: sorted(seen) for person, seen in found.items()}


def _is_new(seen: list[date], first: date, periods: IndicatorPeriods) -> bool:
    until = next(night for night in seen if night >= first) if periods.new_until_day_seen else first
    return not any(months_before_day(until, periods.new_months) <= night < first for night in seen)


def _was_known(since: date | None, first: date, periods: IndicatorPeriods) -> bool:
    return since is not None and months_before_day(first, periods.new_months) <= since < first


def _is_long_term(seen: list[date], first: date, periods: IndicatorPeriods) -> bool:
    until = months_later(first, 1) if periods.long_term_with_this_month else first
    since = months_later(until, -periods.long_term_months)
    months = {first_of_month(night) for night in seen if since <= night < until}
    return len(months) >= periods.long_term_seen_in_months


def _is_accommodated(moved: MovedIn, seen: list[date], known: date | None, periods: IndicatorPeriods) -> bool:
    if periods.accommodated_settled_only and not moved.settled:
        return False
    met = seen if known is None else [known, *seen]
    return not periods.accommodated_met_before or any(day <= moved.moved_in_on for day in met)


def _is_returning(seen: list[date], first: date, periods: IndicatorPeriods) -> bool:
    if periods.returning_after_quarters:
        quarter = months_later(first, -((first.month - 1) % 3))
        since = months_later(quarter, -3 * periods.returning_after_quarters)
        return seen[0] < since and not any(since <= night < quarter for night in seen)
    gap = timedelta(days=periods.returning_after_days)
    return any(later >= first and later - earlier >= gap for earlier, later in pairwise(seen))


def _left_lately(person: Id, in_month: list[date], exits: list[InstitutionExit], periods: IndicatorPeriods) -> bool:
    return any(_is_lately(item, night, periods) for item in exits if item.person_id == person for night in in_month)


def _is_lately(left: InstitutionExit, night: date, periods: IndicatorPeriods) -> bool:
    if left.institution is InstitutionLeft.CARE_LEAVER_UNDER_25:
        return left.turns_25_on is None or night < left.turns_25_on
    if left.institution in (InstitutionLeft.NONE, InstitutionLeft.NOT_KNOWN) or left.left_on is None:
        return False
    return 0 <= (night - left.left_on).days <= periods.left_institution_days


def _was_settled(person: Id, first_seen: date, moves: list[MovedIn], periods: IndicatorPeriods) -> bool:
    since = months_before_day(first_seen, periods.settled_months)
    return any(each.person_id == person and each.settled and since <= each.moved_in_on < first_seen for each in moves)


def _people_by_night(history: Mapping[Id, list[date]], first: date) -> dict[date, set[Id]]:
    by_night: dict[date, set[Id]] = {}
    for person, seen in history.items():
        for night in seen:
            if night >= first:
                by_night.setdefault(night, set()).add(person)
    return by_night


def _banded(
    history: Mapping[Id, list[date]], seen_now: frozenset[Id], after: date, periods: IndicatorPeriods
) -> dict[str, frozenset[Id]]:
    since = after - timedelta(days=periods.nights_days)
    counts = {person: sum(night >= since for night in history[person]) for person in seen_now}
    return {
        name: frozenset(p for p, count in counts.items() if low <= count <= high) for name, low, high in NIGHT_BANDS
    }
