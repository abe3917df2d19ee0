"""When a job is due again. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

CLOCKS_APART = timedelta(minutes=1)
"""Two servers' clocks differ by no more. What began later than that from now was begun by a clock that has been set back since:
it says nothing of when the next run is due."""


@dataclass(frozen=True)
class Every:
    """Again and again, with `period` from one beginning to the next."""

    period: timedelta

    def is_due(self, last: datetime | None, now: datetime, zone: tzinfo) -> bool:
        """Has the period passed since the last run began?"""
        return last is None or now - last >= self.period or last > now + CLOCKS_APART


@dataclass(frozen=True)
class Daily:
    """Once a day, from a local time on: a server that slept then does it when it wakes."""

    at: time

    def is_due(self, last: datetime | None, now: datetime, zone: tzinfo) -> bool:
        """Has the newest such time passed without a run?"""
        today = now.astimezone(zone).date()
        # Compared as moments: a time that the clocks skip is that of the hour before the change, an hour on.
        shown = (datetime.combine(day, self.at, zone).astimezone(UTC) for day in (today, today - timedelta(days=1)))
        newest = next(moment for moment in shown if moment <= now)
        return last is None or last < newest or last > now + CLOCKS_APART


Schedule = Every | Daily
LATE_DAILY = timedelta(hours=26)
"""A daily job that has not begun for longer is late, also when an hour was put in."""
LATE_BY = timedelta(minutes=15)
"""What a job that runs again and again may be late by, beside three of its periods."""


def late_after(schedule: Schedule, began: datetime) -> datetime:
    """By when the next run should have begun, after one that began then."""
    return began + (3 * schedule.period + LATE_BY if isinstance(schedule, Every) else LATE_DAILY)
