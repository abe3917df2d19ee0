"""Clock times and lengths of time as pages about people who are out say them. Pure."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from server.http.local_time import local_zone
from server.web.layout.words import count

AROUND = timedelta(hours=12)


def say_clock(moment: datetime, now: datetime) -> str:
    """Returns the time of a moment of today, such as `21:05`; with its day on another. GMT or BST while both exist."""
    zone = local_zone()
    return _say(zone, _minute(moment), _day(zone, _minute(now)))


def _minute(moment: datetime) -> int:
    """Minutes since 1970: what a clock shows hangs on no more. The page of who is out asks for the same ones again and again."""
    return int(moment.timestamp() // 60)


@lru_cache(maxsize=64)
def _day(zone: ZoneInfo, minute: int) -> date:
    return datetime.fromtimestamp(minute * 60, zone).date()


@lru_cache(maxsize=4096)
def _say(zone: ZoneInfo, minute: int, today: date) -> str:
    local = datetime.fromtimestamp(minute * 60, zone)
    day = "" if local.date() == today else f" on {local.day} {local:%b}"
    name = f" {local:%Z}" if _is_near_a_change(zone, minute) else ""
    return f"{local.hour:02}:{local.minute:02}{name}{day}"


def _is_near_a_change(zone: ZoneInfo, minute: int) -> bool:
    """Do the clocks change within half a day of this minute?"""
    moment = datetime.fromtimestamp(minute * 60, UTC)
    return len({(moment + around).astimezone(zone).utcoffset() for around in (-AROUND, AROUND)}) > 1


def say_duration(duration: timedelta) -> str:
    """Returns whole minutes, from two hours on whole hours; never nothing."""
    minutes = max(1, int(duration.total_seconds() // 60))
    return count(minutes, "minute") if minutes < 120 else count(minutes // 60, "hour")
