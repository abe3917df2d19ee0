"""Days and clock times as somebody types them, right through both changes of the clock. No clock is read here."""

import re
from datetime import UTC, date, datetime, time, timedelta

from server.http.local_time import local_zone, to_local
from server.web.layout.forms import Errors
from sync.clock import AHEAD_MAX_MS

CLOCK_TIME = re.compile(r"([01]?\d|2[0-3])[:.]?([0-5]\d)(?:\s*([A-Za-z]{3,5}))?", re.ASCII)
"""`23:40`, or `01:30 BST` where a night has that hour twice."""
EARLIEST = date(2000, 1, 1)
"""What is said to be older is held, from phones too."""
AHEAD_MAX = timedelta(milliseconds=AHEAD_MAX_MS)
"""A watch may be so far before the server's: what it shows is now, as of a phone, and not yesterday."""
HALF_A_DAY = timedelta(hours=12)


def read_moment(day: str, clock_text: str, now: datetime, errors: Errors) -> datetime | None:
    """Returns the moment that a day and a time name; without a day the last time that clocks showed it, without either now.

    Notes beside `seen_day` or `seen_time` what is wrong, and returns None.
    """
    if not day.strip():
        return _read_latest(clock_text, now, errors)
    try:
        on = date.fromisoformat(day.strip())
    except ValueError:
        errors["seen_day"] = "Give a day, or leave it empty for tonight."
        return None
    told = CLOCK_TIME.fullmatch(clock_text.strip())
    if told is None:
        errors["seen_time"] = "Give the time of that day, such as 23:40."
        return None
    return _of_day(on, told, now, errors)


def _of_day(on: date, told: re.Match[str], now: datetime, errors: Errors) -> datetime | None:
    shown = _moments_of(on, time(int(told[1]), int(told[2])))
    named = [each for each in shown if not told[3] or _name(each) == told[3].upper()]
    if not named:
        errors["seen_time"] = _say_why_none(shown, told)
        return None
    if len(named) > 1:
        errors["seen_time"] = (
            f"{told[1]}:{told[2]} came twice that night. Add {_name(named[0])} for the first, {_name(named[1])} for the second."
        )
        return None
    if now < named[0] <= now + AHEAD_MAX:
        return now
    if on < EARLIEST or named[0] > now:
        errors["seen_day"] = (
            "That is still to come. Give the day it happened." if named[0] > now else "Give a day since 2000."
        )
        return None
    return named[0].astimezone(now.tzinfo)


def _say_why_none(shown: list[datetime], told: re.Match[str]) -> str:
    if not shown:
        return f"There was no {told[1]}:{told[2]} that night: the clocks went forward."
    return f"Clocks showed {_name(shown[0])} then, not {told[3]}."


def _name(moment: datetime) -> str:
    return (to_local(moment).tzname() or "").upper()


def _moments_of(on: date, at: time) -> list[datetime]:
    """The moments of a day at which clocks here showed a time: none, one or two, the earlier first."""
    turns = [datetime.combine(on, at, local_zone()).replace(fold=turn).astimezone(UTC) for turn in (0, 1)]
    return sorted({each for each in turns if to_local(each).replace(tzinfo=None) == datetime.combine(on, at)})


def _read_latest(clock_text: str, now: datetime, errors: Errors) -> datetime | None:
    if not clock_text.strip():
        return now
    try:
        return latest_moment(clock_text, now)
    except ValueError:
        errors["seen_time"] = "Give a time such as 23:40, or leave it empty for now."
        return None


def latest_moment(clock_text: str, now: datetime) -> datetime:
    """Returns the last moment, not after `now`, when clocks here showed `23:40`; now for what a watch a little ahead shows: who
    means a day ago says the day. Raises ValueError for other text.

    An hour that comes twice is tried in both of its turns, unless `01:30 BST` says which; a time that a day skips is one of the
    day before.
    """
    told = CLOCK_TIME.fullmatch(clock_text.strip())
    if told is None:
        raise ValueError("not a time of day")
    today = to_local(now).date()
    at = time(int(told[1]), int(told[2]))
    shown = [each for days in (-1, 0, 1, 2) for each in _moments_of(today - timedelta(days=days), at)]
    named = [each for each in shown if not told[3] or _name(each) == told[3].upper()]
    was = [each for each in named if each <= now]
    if not was:
        raise ValueError("no such time of late")
    is_ahead = any(now < each <= now + AHEAD_MAX for each in named) and now - max(was) > HALF_A_DAY
    return now if is_ahead else max(was).astimezone(now.tzinfo)
