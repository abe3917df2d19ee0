"""When a job is due again. Pure."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo


@dataclass(frozen=True)
class Every:
    """Again and again, with `period` from one beginning to the next."""

    period: timedelta

    def is_due(self, last: datetime | None, now: datetime, zone: tzinfo) -> bool:
        """Has the period passed since the last run began?"""
        return last is None or now - last >= self.period


@dataclass(frozen=True)
class Daily:
    """Once a day, from a local time on: a server that slept then does it when it wakes."""

    at: time

    def is_due(self, last: datetime | None, now: datetime, zone: tzinfo) -> bool:
        """Has the newest such time passed without a run?"""
        local = now.astimezone(zone)
        newest = datetime.combine(local.date(), self.at, zone)
        if newest > local:
            newest = datetime.combine(local.date() - timedelta(days=1), self.at, zone)
        return last is None or last < newest


Schedule = Every | Daily
