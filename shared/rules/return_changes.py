"""Why somebody is counted in a figure of a month and was not in the month before, or the other way round, in one line.

For the page of the return alone, where each line stands beside a name. The rules themselves are in `shared.rules.indicators`.
"""

from collections.abc import Collection, Sequence
from datetime import date

from shared.model.value import Value
from shared.rules.indicators import PERIODS, IndicatorPeriods, first_of_month, months_later


class Known(Value, frozen=True, kw_only=True):
    """What is known of one person up to a month's end: nights met in the authority, the first first; moves and discharges."""

    nights: Sequence[date] = ()
    moved_in_on: Collection[date] = ()
    left_on: Collection[date] = ()


def say_came(figure: str, known: Known, first: date, periods: IndicatorPeriods = PERIODS) -> str:
    """Why they are in this month's figure; `first` is its first day, `periods` what it was counted by."""
    within, before = _split(known, first)
    if figure == "accommodated":
        return f"moved in {_last(known.moved_in_on)}"
    if figure == "left_institution":
        window = range(periods.left_institution_days + 1)
        lately = [day for day in known.left_on if any((night - day).days in window for night in within)]
        return f"left {_last(lately)}" if lately else "care leaver, met this month"
    if figure == "long_term":
        return _say_months(known, first, periods)
    if not within:
        return "met this month"
    if not before:
        return f"first met {_say(within[0])}"
    return f"met {_say(within[0])}, {(within[0] - before[-1]).days} days after {_say(before[-1])}"


def say_went(figure: str, known: Known, first: date, *, is_seen: bool) -> str:
    """Why they were in the figure of the month before and are not in this one. `is_seen`: they were met this month."""
    if figure == "accommodated":
        return f"moved in {_last(known.moved_in_on)}" if known.moved_in_on else "moved in the month before"
    if figure == "seen_on_night" and is_seen:
        return "met this month, not on the night"
    if is_seen:
        return {
            "new": "met again, so no longer new",
            "new_on_night": "met again, so no longer new",
            "returning": "met the month before too",
            "returned_from_settled": "met the month before too, or the settled home is longer ago now than 12 months",
            "long_term": "met in fewer of the last 12 months",
        }.get(figure, "longer ago now than the window")
    _, before = _split(known, first)
    last = f"last met {_say(before[-1])}" if before else "not met"
    since = [day for day in known.moved_in_on if before and day >= before[-1]]
    return f"{last}, moved in {_last(since)}" if since else last


def _say_months(known: Known, first: date, periods: IndicatorPeriods) -> str:
    many = periods.long_term_months
    until = months_later(first, 1) if periods.long_term_with_this_month else first
    months = {first_of_month(night) for night in known.nights}
    among = len({each for each in months if months_later(until, -many) <= each < until})
    return f"met in {among} of the {'last ' if until > first else ''}{many} months{'' if until > first else ' before'}"


def _split(known: Known, first: date) -> tuple[list[date], list[date]]:
    after = months_later(first, 1)
    return [each for each in known.nights if first <= each < after], [each for each in known.nights if each < first]


def _last(days: Collection[date]) -> str:
    return _say(max(days))


def _say(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
