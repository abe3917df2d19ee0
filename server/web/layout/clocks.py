"""Clock times and lengths of time as pages about people who are out say them. Pure."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from server.http.local_time import local_zone, to_local
from server.web.layout.words import count

AROUND = timedelta(hours=12)
QUARTER_S = 900


def say_clock(moment: datetime, now: datetime) -> str:
    """Returns the time of a moment of today, such as `21:05`; with its day on another. GMT or BST while both exist."""
    local, today = to_local(moment), to_local(now).date()
    day = "" if local.date() == today else f" on {local.day} {local:%b}"
    zone = f" {local:%Z}" if _is_near_a_change(local_zone(), int(moment.timestamp()) // QUARTER_S) else ""
    return f"{local.hour:02}:{local.minute:02}{zone}{day}"


@lru_cache(maxsize=1024)
def _is_near_a_change(zone: ZoneInfo, quarter: int) -> bool:
    """Do the clocks change within half a day of this quarter of an hour since 1970? They change on no minute between."""
    moment = datetime.fromtimestamp(quarter * QUARTER_S, UTC)
    return len({(moment + around).astimezone(zone).utcoffset() for around in (-AROUND, AROUND)}) > 1


def say_duration(duration: timedelta) -> str:
    """Returns whole minutes, from two hours on whole hours; never nothing."""
    minutes = max(1, int(duration.total_seconds() // 60))
    return count(minutes, "minute") if minutes < 120 else count(minutes // 60, "hour")
