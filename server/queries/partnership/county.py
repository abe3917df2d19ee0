"""Files of a whole county: kept from the plan to its undoing."""

from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from server.database.locks import lock_records
from server.tables.partnership.county import county_batch
from shared.model.value import Id, Value

PLAN_KEPT_FOR = timedelta(days=1)
"""A plan that nobody applied is forgotten after a day: it names staff."""


def hold_county(session: Session) -> None:
    """Of two who change the county at one moment the second begins when the first has ended, and reads what it left."""
    lock_records(session, {"county"})


class Batch(Value, frozen=True, kw_only=True):
    """One file: `county` its rows as JSON until it is applied, `lines` what it changed, as JSON."""

    id: Id
    file_name: str
    planned_at: datetime
    planned_by: Id | None = None
    county: str = ""
    applied_at: datetime | None = None
    lines: str = ""
    undone_at: datetime | None = None


def add_batch(session: Session, new: Batch) -> None:
    """Keep a plan; plans that nobody applied within a day go."""
    forget_old(session, new.planned_at)
    session.execute(insert(county_batch), [{name: getattr(new, name) for name in Batch.__struct_fields__}])


def forget_old(session: Session, now: datetime) -> int:
    """Forget plans that nobody applied within a day; returns how many."""
    old = county_batch.c.applied_at.is_(None) & (county_batch.c.planned_at < now - PLAN_KEPT_FOR)
    return int(getattr(session.execute(delete(county_batch).where(old)), "rowcount", 0))


def find_batch(session: Session, batch_id: Id) -> Batch | None:
    row = session.execute(select(county_batch).where(county_batch.c.id == batch_id)).mappings().first()
    return None if row is None else Batch(**row)


def list_applied(session: Session) -> list[Batch]:
    """What was applied, newest first."""
    query = select(county_batch).where(county_batch.c.applied_at.is_not(None))
    return [Batch(**row) for row in session.execute(query.order_by(county_batch.c.applied_at.desc())).mappings()]


def mark_applied(session: Session, batch_id: Id, lines: str, now: datetime) -> bool:
    """Note what was changed, and let the file itself go; False where it was applied before."""
    waiting = (county_batch.c.id == batch_id) & county_batch.c.applied_at.is_(None)
    done = session.execute(update(county_batch).where(waiting).values(applied_at=now, lines=lines, county=""))
    return bool(getattr(done, "rowcount", 0))


def mark_undone(session: Session, batch_id: Id, now: datetime) -> bool:
    """False where it was undone before, or never applied."""
    applied = (
        (county_batch.c.id == batch_id) & county_batch.c.applied_at.is_not(None) & county_batch.c.undone_at.is_(None)
    )
    return bool(getattr(session.execute(update(county_batch).where(applied).values(undone_at=now)), "rowcount", 0))
