"""When a lone worker's check-in is late, and in which order people must be thought of. Nobody is alerted from here.

Source: the lone-working rule of the field app: a missed check-in alerts the colleagues on the shift and the team lead.
"""

from datetime import datetime, timedelta

NO_TIME = timedelta(0)


def late_by(next_due_at: datetime | None, now: datetime) -> timedelta:
    """How late a check-in is; nothing when it is not yet due, or none was promised."""
    return max(NO_TIME, now - next_due_at) if next_due_at is not None else NO_TIME


def is_late(next_due_at: datetime | None, now: datetime) -> bool:
    """Was a check-in due before now, and has it not been heard?"""
    return late_by(next_due_at, now) > NO_TIME


def order_of_concern(next_due_at: datetime | None) -> tuple[bool, float]:
    """A key to sort by: the longest late first, then who is due next, last whoever promised nothing."""
    return (True, 0.0) if next_due_at is None else (False, next_due_at.timestamp())
