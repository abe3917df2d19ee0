"""Calendar quarters: the only periods of which maps are published. Pure."""

from datetime import date, timedelta
from typing import NamedTuple

SETTLING_DAYS = 30
"""A quarter is computed this long after its end, so that late records are in it; after that it never changes."""


class Period(NamedTuple):
    """From the first day to the last, both included."""

    first: date
    last: date


def quarter_of(day: date) -> Period:
    """The calendar quarter that holds a day."""
    first = date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)
    after = date(first.year + first.month // 10, first.month % 12 + 3 if first.month < 10 else 1, 1)
    return Period(first, after - timedelta(days=1))


def last_complete_quarter(today: date) -> Period:
    """The latest quarter that has ended."""
    return quarter_of(quarter_of(today).first - timedelta(days=1))


def is_settled(period: Period, today: date) -> bool:
    """Is it long enough past for its map to be published?"""
    return today > period.last + timedelta(days=SETTLING_DAYS)


def last_settled_quarter(today: date) -> Period:
    """The latest quarter whose late records are in."""
    quarter = last_complete_quarter(today)
    return quarter if is_settled(quarter, today) else last_complete_quarter(quarter.first)


def say_period(period: Period) -> str:
    """The period as a reader says it: "July to September 2026"."""
    return f"{period.first:%B} to {period.last:%B %Y}"
