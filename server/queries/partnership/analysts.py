"""Who is named to read exact counts, and the counts that were frozen for them."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from server.tables.partnership.learning import exact_share, named_analyst
from shared.model.value import Id, Value


class NamedAnalyst(Value, frozen=True, kw_only=True):
    """Somebody named to read exact counts for their agency, what for, and by whom."""

    id: Id
    agency_id: Id
    worker_id: Id
    purpose: str
    named_at: datetime
    named_by: Id
    ended_at: datetime | None = None
    ended_by: Id | None = None


def add_analyst(session: Session, new: NamedAnalyst) -> None:
    """Name somebody."""
    session.execute(insert(named_analyst), [msgspec.structs.asdict(new)])


def end_analyst(session: Session, analyst_id: Id, at: datetime, by: Id) -> None:
    """From now on they read none."""
    naming = named_analyst.c.id == analyst_id, named_analyst.c.ended_at.is_(None)
    session.execute(update(named_analyst).where(*naming).values(ended_at=at, ended_by=by))


def list_analysts(session: Session) -> list[NamedAnalyst]:
    """Everybody who was ever named, the latest first."""
    query = select(named_analyst).order_by(named_analyst.c.named_at.desc(), named_analyst.c.id)
    return [_read(row) for row in session.execute(query).mappings()]


def find_analyst(session: Session, worker_id: Id, agency_id: Id) -> NamedAnalyst | None:
    """As what a worker is named today, for the agency that they work for."""
    theirs = named_analyst.c.worker_id == worker_id, named_analyst.c.agency_id == agency_id
    query = select(named_analyst).where(*theirs, named_analyst.c.ended_at.is_(None))
    row = session.execute(query.order_by(named_analyst.c.named_at, named_analyst.c.id).limit(1)).mappings().first()
    return None if row is None else _read(row)


def add_exact(session: Session, publication_id: Id, content: str) -> None:
    """Freeze the exact counts of a quarter."""
    session.execute(insert(exact_share), [{"publication_id": publication_id, "content": content}])


def list_exact(session: Session) -> set[Id]:
    """The publications with which exact counts were frozen."""
    return set(session.scalars(select(exact_share.c.publication_id)))


def find_exact(session: Session, publication_id: Id) -> str | None:
    """The exact counts that were frozen with a publication."""
    return session.scalar(select(exact_share.c.content).where(exact_share.c.publication_id == publication_id))


def _read(row: Any) -> NamedAnalyst:
    return NamedAnalyst(**{name: row[name] for name in NamedAnalyst.__struct_fields__})
