"""Clock times and lengths of time as pages about people who are out say them. Pure."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from server.http.local_time import local_zone
from server.web.layout.words import count

AROUND = timedelta(hours=12)


def say_clock(moment: datetime, now: datetime) -> str:
    """Returns the time of a moment of today, such as `21:05`; with its day on another. GMT or BST while both exist."""
    return clock_at(now)(moment)


def clock_at(now: datetime) -> Callable[[datetime], str]:
    """Returns `say_clock` at one now, for a page that says hundreds of moments."""
    zone = local_zone()
    today = _day(zone, now.timestamp())
    return lambda moment: _say(zone, moment.timestamp(), today)


@lru_cache(maxsize=64)
def _day(zone: ZoneInfo, seconds: float) -> date:
    return datetime.fromtimestamp(seconds, zone).date()


@lru_cache(maxsize=4096)
def _say(zone: ZoneInfo, seconds: float, today: date) -> str:
    """The page of who is out asks for the same moments again and again. By seconds since 1970: the two halves of an hour that
    comes twice are equal as times of one zone."""
    local = datetime.fromtimestamp(seconds, zone)
    day = "" if local.date() == today else f" on {local.day} {local:%b}"
    name = f" {local:%Z}" if _is_near_a_change(zone, seconds) else ""
    return f"{local.hour:02}:{local.minute:02}{name}{day}"


def _is_near_a_change(zone: ZoneInfo, seconds: float) -> bool:
    """Do the clocks change within half a day of this moment?"""
    moment = datetime.fromtimestamp(seconds, UTC)
    return len({(moment + around).astimezone(zone).utcoffset() for around in (-AROUND, AROUND)}) > 1


def say_duration(duration: timedelta) -> str:
    """Returns whole minutes, from two hours on whole hours; never nothing."""
    minutes = max(1, int(duration.total_seconds() // 60))
    return count(minutes, "minute") if minutes < 120 else count(minutes // 60, "hour")
