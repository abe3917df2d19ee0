"""When somebody who is out promised to be heard, when they are late, and in which order people must be thought of.

Every time here is the server's own, mended when it was received (`sync.clock.happened_at`): a phone's clock that is fast or
slow neither silences anybody nor cries wolf. A promise belongs to the worker, not to one shift. Nobody is alerted from here:
`shared.rules.alarms` says who is told, and when.
"""

from datetime import datetime, timedelta

from shared.model.value import Id, Value

NO_TIME = timedelta(0)
FIRST_CHECK_IN = timedelta(hours=1)
"""How soon whoever goes out is heard for the first time, and how soon again after a check-in that promised nothing."""
PROMISES = (15, 30, 45, 60, 90, 120)
"""How many minutes from now somebody may promise to be heard again, on the phone and on the page: one of them may be their sign
(decision 125)."""
LONGEST_PROMISE = timedelta(hours=12)
"""No check-in keeps anybody quiet for longer, whatever a phone says."""

LONGEST_SHIFT = timedelta(hours=18)
"""Nobody is out for longer on one shift: one that is older was not ended."""


class Outing(Value, frozen=True, kw_only=True):
    """What is known of a worker who is out.

    `since` is when they last went out by their own hand. `checked_in_at` and `promised_at` are their newest check-in and when
    it said they would be heard next. `acted_at` is the last thing they did (a check-in, contact or visit), `act` which of
    these; `heard_at` is when their phone last spoke to the server: a phone may speak although nobody holds it. With
    `walks_with` they were taken along by that colleague, did nothing by themselves so far, and promised nothing.
    """

    since: datetime
    checked_in_at: datetime | None = None
    promised_at: datetime | None = None
    acted_at: datetime | None = None
    act: str = ""
    heard_at: datetime | None = None
    walks_with: Id | None = None


def is_forgotten(started_at: datetime, now: datetime) -> bool:
    """Is a shift that nobody ended one of an earlier night? Then its worker is asked, and nothing new belongs to it."""
    return now - started_at > LONGEST_SHIFT


def promise_of(at: datetime, next_due_at: datetime | None, heard_at: datetime) -> datetime:
    """When the next check-in follows one heard at `heard_at`, by the server's clock; `at` and `next_due_at` are the phone's."""
    length = FIRST_CHECK_IN if next_due_at is None else next_due_at - at
    return heard_at + min(max(length, NO_TIME), LONGEST_PROMISE)


def due_at(outing: Outing) -> datetime | None:
    """When they promised to be heard next; None for somebody who promised nothing.

    Going out is a promise too. One that still stood when they went out again is not put off by that.
    """
    if outing.walks_with is not None:
        return None
    first = outing.since + FIRST_CHECK_IN
    if outing.checked_in_at is None or outing.promised_at is None:
        return first
    if outing.checked_in_at >= outing.since:
        return outing.promised_at
    return min(outing.promised_at, first) if outing.promised_at > outing.since else first


def alarm_at(outing: Outing) -> datetime | None:
    """When somebody must be told unless they are heard: when their check-in is due.

    Whatever they did after that shows that they were well then, and gives them as long again as they had promised.
    """
    due = due_at(outing)
    if due is None or outing.acted_at is None or outing.acted_at < due:
        return due
    begun = outing.checked_in_at if outing.checked_in_at and outing.checked_in_at >= outing.since else outing.since
    return outing.acted_at + min(max(due - begun, NO_TIME), FIRST_CHECK_IN)


def late_by(next_due_at: datetime | None, now: datetime) -> timedelta:
    """How late a check-in is; nothing when it is not yet due, or none was promised."""
    return max(NO_TIME, now - next_due_at) if next_due_at is not None else NO_TIME


def is_late(next_due_at: datetime | None, now: datetime) -> bool:
    """Was a check-in due before now, and has it not been heard?"""
    return late_by(next_due_at, now) > NO_TIME


def order_of_concern(next_due_at: datetime | None) -> tuple[bool, float]:
    """A key to sort by: the longest late first, then who is due next, last whoever promised nothing."""
    return (True, 0.0) if next_due_at is None else (False, next_due_at.timestamp())
