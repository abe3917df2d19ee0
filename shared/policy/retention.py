"""How long each kind of record is kept, as one table (privacy rule A8). The job that acts on it is the server's.

Every period is a proposed default and may be set by the partnership; the seven years are HMIS's figure.
"""

from calendar import monthrange
from collections.abc import Mapping
from datetime import date, timedelta
from enum import Enum

from shared.model.value import Value


class Kept(str, Enum):
    """What is kept."""

    EXACT_PLACE = "exact_place"
    COARSE_PLACE = "coarse_place"
    PERSON = "person"
    NOTE = "note"
    REFERRER_CONTACT = "referrer_contact"
    AUDIT = "audit"
    SAFEGUARDING = "safeguarding"


class Afterwards(str, Enum):
    """What happens when the time is over."""

    COARSEN_TO_250_M = "coarsen_to_250_m"
    DELETE = "delete"
    REVIEW = "review"


class Retention(Value, frozen=True, kw_only=True):
    """Keep for `months` and `days` after `counted_from`, then do `afterwards`."""

    counted_from: str
    afterwards: Afterwards
    months: int = 0
    days: int = 0

    def last_day(self, counted_from: date) -> date:
        """The last day on which the record is still there. A month's end stays a month's end."""
        month_index = counted_from.month - 1 + self.months
        year, month = counted_from.year + month_index // 12, month_index % 12 + 1
        day = min(counted_from.day, monthrange(year, month)[1])
        return date.fromordinal(date(year, month, day).toordinal() + self.days)


RETENTION: dict[Kept, Retention] = {
    Kept.EXACT_PLACE: Retention(counted_from="the contact", afterwards=Afterwards.COARSEN_TO_250_M, months=12),
    Kept.COARSE_PLACE: Retention(counted_from="the contact", afterwards=Afterwards.DELETE, months=24),
    Kept.PERSON: Retention(counted_from="the last contact", afterwards=Afterwards.DELETE, months=84),
    Kept.NOTE: Retention(counted_from="the last contact", afterwards=Afterwards.DELETE, months=84),
    Kept.REFERRER_CONTACT: Retention(counted_from="the report", afterwards=Afterwards.DELETE, days=90),
    Kept.AUDIT: Retention(counted_from="the event", afterwards=Afterwards.DELETE, months=84),
    Kept.SAFEGUARDING: Retention(counted_from="the last contact", afterwards=Afterwards.REVIEW, months=84),
}


def is_past_retention(kept: Kept, counted_from: date, today: date, table: Mapping[Kept, Retention] = RETENTION) -> bool:
    """Is today after the last day on which this record may be there as it is?"""
    return today > table[kept].last_day(counted_from)


def first_kept_day(kept: Kept, today: date, table: Mapping[Kept, Retention] = RETENTION) -> date:
    """The earliest day from which something counted may still be there today; whatever is older is past its time."""
    rule = table[kept]
    day = today - timedelta(days=31 * rule.months + rule.days + 1)
    while rule.last_day(day) < today:
        day += timedelta(days=1)
    return day
