"""Clock times and lengths of time as pages about people who are out say them. Pure."""

from datetime import datetime, timedelta

from server.http.local_time import to_local
from server.web.layout.words import count

AROUND = timedelta(hours=12)


def say_clock(moment: datetime, now: datetime) -> str:
    """Returns the time of a moment of today, such as `21:05`; with its day on another. GMT or BST while both exist."""
    local, today = to_local(moment), to_local(now).date()
    day = "" if local.date() == today else f" on {local.day} {local:%b}"
    both = {to_local(moment + around).utcoffset() for around in (-AROUND, AROUND)}
    return f"{local:%H:%M}{f' {local:%Z}' if len(both) > 1 else ''}{day}"


def say_duration(duration: timedelta) -> str:
    """Returns whole minutes, from two hours on whole hours; never nothing."""
    minutes = max(1, int(duration.total_seconds() // 60))
    return count(minutes, "minute") if minutes < 120 else count(minutes // 60, "hour")
