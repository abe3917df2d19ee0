"""Who is on leave. Said ahead, ended early by whoever is back, and forgotten a while after."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from server.database import bulk
from server.tables.street.leave import leave
from shared.model.value import Id, Value

KEPT = timedelta(days=30)


class Leave(Value, frozen=True, kw_only=True):
    """A worker is away from `starts_at` until `ends_at`."""

    id: Id
    worker_id: Id
    starts_at: datetime
    ends_at: datetime
    set_by: Id | None = None
    set_at: datetime


def add_leave(session: Session, new: Leave) -> None:
    """Keep it."""
    bulk.insert_all(session, leave, [{name: getattr(new, name) for name in Leave.__struct_fields__}])


def find_leave(session: Session, leave_id: Id) -> Leave | None:
    """The leave with this id."""
    row = session.execute(select(leave).where(leave.c.id == leave_id)).mappings().first()
    return None if row is None else Leave(**row)


def end_leave(session: Session, found: Leave, now: datetime) -> None:
    """They are back, from whatever is under way, or do not go. What is over already stays as it was."""
    theirs = (leave.c.worker_id == found.worker_id) & (leave.c.ends_at > now)
    if found.starts_at < now:
        session.execute(update(leave).where(theirs, leave.c.starts_at < now).values(ends_at=now))
    else:
        session.execute(delete(leave).where(theirs, leave.c.id == found.id))


def list_leaves(session: Session, worker_ids: Collection[Id], now: datetime) -> list[Leave]:
    """The leave of these workers that is under way or ahead, the first on top."""
    query = select(leave).where(leave.c.worker_id.in_(sorted(worker_ids)), leave.c.ends_at > now)
    return [Leave(**row) for row in session.execute(query.order_by(leave.c.starts_at, leave.c.id)).mappings()]


def find_away(session: Session, begins: datetime, ends: datetime | None = None) -> Mapping[Id, datetime]:
    """Who is away at a moment, or at any within a time, and until when."""
    query = select(leave.c.worker_id, func.max(leave.c.ends_at).label("until"))
    has_begun = leave.c.starts_at <= begins if ends is None else leave.c.starts_at < ends
    query = query.where(has_begun, leave.c.ends_at > begins).group_by(leave.c.worker_id)
    return {row.worker_id: row.until for row in session.execute(query)}


def forget_old(session: Session, now: datetime) -> int:
    """Forget leave that is long over; returns how many."""
    return int(getattr(session.execute(delete(leave).where(leave.c.ends_at < now - KEPT)), "rowcount", 0))
