"""The outreach night: the evening to which a moment belongs. A contact at 02:00 belongs to the evening before."""

from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

DEFAULT_ZONE = "Europe/London"
"""Where nothing else is set: `LANTERN_TIMEZONE` names another."""

NIGHT_STARTS_AT_HOUR = 12
"""A night runs from noon to noon, local time, so that no shift is ever cut in two."""


def outreach_night(moment: datetime, zone: str = DEFAULT_ZONE, starts_at_hour: int = NIGHT_STARTS_AT_HOUR) -> date:
    """Return the date of the evening to which an aware moment belongs. Raises ValueError for a moment without a
    zone."""
    if moment.tzinfo is None:
        raise ValueError("A moment needs its time zone to belong to a night.")
    local = moment.astimezone(_zone(zone))
    return local.date() if local.hour >= starts_at_hour else local.date() - timedelta(days=1)


def local_day(moment: datetime, zone: str = DEFAULT_ZONE) -> date:
    """The day of the calendar on which an aware moment falls there. Raises ValueError for a moment without a zone."""
    if moment.tzinfo is None:
        raise ValueError("A moment needs its time zone to fall on a day.")
    return moment.astimezone(_zone(zone)).date()


@lru_cache(maxsize=8)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
