"""Visits: struck out and put back. The newest word on one stands; the visit itself is kept as it was told."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from server.database import bulk
from server.tables.street.shift import visit, visit_strike
from shared.model.shift import VisitStruck
from shared.model.value import Id, Value


class OwnVisit(Value, frozen=True, kw_only=True):
    """A visit as the page about it says it: `why` says why it is struck out, empty where it stands."""

    id: Id
    team_id: Id
    worker_id: Id
    at: datetime
    night: date
    site_id: Id | None
    note: str
    why: str


def add_strikes(session: Session, strikes: Sequence[VisitStruck]) -> None:
    """Store later words on visits, known here or not yet."""
    rows = [
        {
            "id": each.id, "visit_id": each.visit_id, "at": each.at, "worker_id": each.worker_id, "reason": each.reason,
            "is_struck": each.is_struck,
        }
        for each in strikes
    ]  # fmt: skip
    bulk.insert_new(session, visit_strike, rows)


def settle_strikes(session: Session, visit_ids: Collection[Id]) -> None:
    """Leave each of these visits as the newest word on it says, whatever the order in which they came."""
    if not visit_ids:
        return
    words = select(visit_strike).where(visit_strike.c.visit_id.in_(sorted(visit_ids)))
    newest: dict[Id, bool] = {}
    for row in session.execute(words.order_by(visit_strike.c.at, visit_strike.c.id)):
        newest[row.visit_id] = row.is_struck
    for is_struck in (True, False):
        ids = sorted(each for each, said in newest.items() if said is is_struck)
        if ids:
            session.execute(update(visit).where(visit.c.id.in_(ids)).values(is_struck=is_struck))


def find_visit(session: Session, visit_id: Id) -> OwnVisit | None:
    """One visit, with the newest word on it."""
    columns = (visit.c.id, visit.c.team_id, visit.c.worker_id, visit.c.at, visit.c.night, visit.c.site_id, visit.c.note)
    row = session.execute(select(*columns, visit.c.is_struck).where(visit.c.id == visit_id)).first()
    if row is None:
        return None
    why = find_reason(session, visit_id) if row.is_struck else ""
    told = {name: getattr(row, name) for name in ("id", "team_id", "worker_id", "at", "night", "site_id", "note")}
    return OwnVisit(**told, why=why)


def find_reason(session: Session, visit_id: Id) -> str:
    """The reason of the newest word on a visit."""
    newest = select(visit_strike.c.reason).where(visit_strike.c.visit_id == visit_id)
    return session.scalar(newest.order_by(visit_strike.c.at.desc(), visit_strike.c.id.desc()).limit(1)) or ""


def find_newest_word(session: Session, visit_id: Id) -> datetime | None:
    """When the newest word on a visit was said."""
    said = select(visit_strike.c.at).where(visit_strike.c.visit_id == visit_id)
    return session.scalar(said.order_by(visit_strike.c.at.desc()).limit(1))


def list_wrong(session: Session) -> list[Id]:
    """The visits that stand otherwise than the newest word on them says: what a rebuild proves."""
    newer = visit_strike.alias()
    is_last = ~exists().where(
        newer.c.visit_id == visit_strike.c.visit_id,
        (newer.c.at > visit_strike.c.at) | ((newer.c.at == visit_strike.c.at) & (newer.c.id > visit_strike.c.id)),
    )
    query = select(visit.c.id).join(visit_strike, visit_strike.c.visit_id == visit.c.id)
    return list(
        session.scalars(query.where(is_last, visit_strike.c.is_struck != visit.c.is_struck).order_by(visit.c.id))
    )
