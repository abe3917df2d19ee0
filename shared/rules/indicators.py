"""The national indicators of rough sleeping, for one authority and one month, as sets of people: every figure opens
to those
behind it. Categories overlap and are never summed. Counting for maps and small numbers is not done here.

Sources: MHCLG's monthly return (people seen; new; long-term; returning; left institution). Periods marked (?) in the
design
are second-hand and are settings here: `IndicatorPeriods`.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from itertools import pairwise

from shared.model.codes import InstitutionLeft
from shared.model.value import Id, Value


class IndicatorPeriods(Value, frozen=True, kw_only=True):
    """How long each definition looks back."""

    new_months: int = 60
    long_term_months: int = 12
    long_term_seen_in_months: int = 3
    returning_after_days: int = 180
    left_institution_days: int = 85


PERIODS = IndicatorPeriods()


class SeenNight(Value, frozen=True, kw_only=True):
    """A person was met sleeping rough in the authority on an outreach night. Several a night count once."""

    person_id: Id
    night: date


class InstitutionExit(Value, frozen=True, kw_only=True):
    """A person left an institution on a day."""

    person_id: Id
    institution: InstitutionLeft
    left_on: date


class MonthIndicators(Value, frozen=True, kw_only=True):
    """The figures of one month, as people. `busiest_night` is the night on which most people were met (the earliest
    if tied)."""

    month: date
    seen: frozenset[Id]
    new: frozenset[Id]
    long_term: frozenset[Id]
    returning: frozenset[Id]
    left_institution: frozenset[Id]
    busiest_night: date | None = None
    seen_on_busiest_night: frozenset[Id] = frozenset()
    nights_in_180_days: Mapping[str, frozenset[Id]] = {}


NIGHT_BANDS = (("1", 1, 1), ("2", 2, 2), ("3 to 5", 3, 5), ("6 to 10", 6, 10), ("more than 10", 11, 10**6))


def month_indicators(
    month: date, nights: Iterable[SeenNight], exits: Iterable[InstitutionExit] = (), periods: IndicatorPeriods = PERIODS
) -> MonthIndicators:
    """The indicators of the month that holds `month`, from every night on which anybody was met sleeping rough there.

    new: seen this month, and not in the 60 months before it. long-term: seen this month, and in 3 or more of the
    last 12 months
    with this one. returning: seen this month after 180 days or more without being met, and met at some time before
    that.
    left institution: left one at most 85 days before a night on which they were met this month.
    """
    first, after = first_of_month(month), months_later(first_of_month(month), 1)
    history = _nights_by_person(nights, after)
    now = {person: [n for n in seen if n >= first] for person, seen in history.items()}
    seen_now = frozenset(person for person, in_month in now.items() if in_month)
    night, there = _busiest(history, seen_now, first)
    left = list(exits)
    return MonthIndicators(
        month=first,
        seen=seen_now,
        new=frozenset(p for p in seen_now if _is_new(history[p], first, periods)),
        long_term=frozenset(p for p in seen_now if _is_long_term(history[p], first, periods)),
        returning=frozenset(p for p in seen_now if _is_returning(history[p], first, periods)),
        left_institution=frozenset(p for p in seen_now if _left_lately(p, now[p], left, periods)),
        busiest_night=night,
        seen_on_busiest_night=there,
        nights_in_180_days=_banded(history, seen_now, after),
    )


def first_of_month(day: date) -> date:
    """The first day of the month of a day."""
    return day.replace(day=1)


def months_later(first: date, months: int) -> date:
    """The first of a month, so many months later (or earlier, when negative)."""
    index = first.year * 12 + first.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def _nights_by_person(nights: Iterable[SeenNight], before: date) -> dict[Id, list[date]]:
    found: dict[Id, set[date]] = {}
    for item in nights:
        if item.night < before:
            found.setdefault(item.person_id, set()).add(item.night)
    return {person: sorted(seen) for person, seen in found.items()}


def _is_new(seen: list[date], first: date, periods: IndicatorPeriods) -> bool:
    return not any(months_later(first, -periods.new_months) <= night < first for night in seen)


def _is_long_term(seen: list[date], first: date, periods: IndicatorPeriods) -> bool:
    since = months_later(first, 1 - periods.long_term_months)
    months = {first_of_month(night) for night in seen if night >= since}
    return len(months) >= periods.long_term_seen_in_months


def _is_returning(seen: list[date], first: date, periods: IndicatorPeriods) -> bool:
    gap = timedelta(days=periods.returning_after_days)
    return any(later >= first and later - earlier >= gap for earlier, later in pairwise(seen))


def _left_lately(person: Id, in_month: list[date], exits: list[InstitutionExit], periods: IndicatorPeriods) -> bool:
    named = {InstitutionLeft.NONE, InstitutionLeft.NOT_KNOWN}
    return any(
        0 <= (night - item.left_on).days <= periods.left_institution_days
        for item in exits
        if item.person_id == person and item.institution not in named
        for night in in_month
    )


def _busiest(
    history: Mapping[Id, list[date]], seen_now: frozenset[Id], first: date
) -> tuple[date | None, frozenset[Id]]:
    by_night: dict[date, set[Id]] = {}
    for person in seen_now:
        for night in history[person]:
            if night >= first:
                by_night.setdefault(night, set()).add(person)
    if not by_night:
        return None, frozenset()
    night = min(by_night, key=lambda n: (-len(by_night[n]), n))
    return night, frozenset(by_night[night])


def _banded(history: Mapping[Id, list[date]], seen_now: frozenset[Id], after: date) -> dict[str, frozenset[Id]]:
    since = after - timedelta(days=180)
    counts = {person: sum(night >= since for night in history[person]) for person in seen_now}
    return {
        name: frozenset(p for p, count in counts.items() if low <= count <= high) for name, low, high in NIGHT_BANDS
    }
