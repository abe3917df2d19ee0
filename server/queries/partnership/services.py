"""The directory of services."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Select, and_, case, delete, func, insert, select, update
from sqlalchemy.orm import Session

from server.tables.partnership.service import service
from shared.model.service import Service
from shared.model.value import Id, Value
from shared.rules.finding_services import SENT_TO, Indexed, index_service, words_to_find

_ESCAPE = str.maketrans({"\\": "\\\\", "%": "\\%", "_": "\\_"})


class Kept(Value, frozen=True, kw_only=True):
    """A service as it is kept. `came_with` is what came with it that no page shows, as JSON; `agency_id` is the partner that
    receives referrals to it here."""

    service: Service
    source: str
    reference: str
    came_with: str
    agency_id: Id | None = None
    edited_at: datetime | None = None
    edited_by: Id | None = None


def list_services(session: Session, words: Iterable[str] = (), limit: int | None = None) -> list[Service]:
    """Those that hold every word, by its beginning or within, by name; all where none is named."""
    return [_read_body(row.body) for row in session.execute(_select(words).limit(limit))]


def list_indexed(session: Session, words: Iterable[str] = ()) -> list[Indexed]:
    """Those that hold every word and that somebody may be sent to, ready to be searched further."""
    query = _select(words).where(service.c.status.in_([str(each) for each in SENT_TO]))
    return [index_service(_read_body(row.body), row.words) for row in session.execute(query)]


def list_named(session: Session, words: Iterable[str], limit: int) -> list[Service]:
    """Those that somebody may be sent to and that hold every word, the ones that are called so first."""
    said = list(words)
    called = [func.lower(service.c.name).like(f"%{each.translate(_ESCAPE)}%", escape="\\") for each in said]
    query = _select(said).where(service.c.status.in_([str(each) for each in SENT_TO]))
    if called:
        order = (case((and_(*called), 0), else_=1), func.lower(service.c.name), service.c.id)
        query = query.order_by(None).order_by(*order)
    return [_read_body(row.body) for row in session.execute(query.limit(limit))]


def list_page(session: Session, words: Iterable[str], offset: int, limit: int) -> tuple[int, list[Service]]:
    """How many hold every word, and those of one page by id."""
    query = _select(words)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    page = query.order_by(None).order_by(service.c.id).offset(offset).limit(limit)
    return total, [_read_body(row.body) for row in session.execute(page)]


def find_kept(session: Session, service_id: Id, *, to_change: bool = False) -> Kept | None:
    """One service; `to_change`, held until the transaction ends."""
    query = select(service).where(service.c.id == service_id)
    row = session.execute(query.with_for_update() if to_change else query).mappings().first()
    return None if row is None else _read(row)


def list_of_source(session: Session, source: str, *, to_change: bool = False) -> dict[str, Kept]:
    """Everything that came from one feed, by its id there; held until the transaction ends where it is to be changed."""
    query = select(service).where(service.c.source == source).order_by(service.c.id)
    query = query.with_for_update() if to_change else query
    return {row["reference"]: _read(row) for row in session.execute(query).mappings()}


def list_entered_since(session: Session, worker_id: Id, since: datetime) -> list[Kept]:
    """What a worker entered, changed or checked after a moment."""
    query = select(service).where(service.c.edited_by == worker_id, service.c.edited_at > since)
    return [_read(row) for row in session.execute(query).mappings()]


def list_receivers(session: Session) -> dict[Id, Id]:
    """The services of which a partner receives referrals here, with that partner."""
    query = select(service.c.id, service.c.agency_id).where(service.c.agency_id.is_not(None))
    return {row.id: row.agency_id for row in session.execute(query)}


def find_taken_ids(session: Session, ids: Iterable[Id]) -> set[Id]:
    """Which of these ids are another service's already."""
    return set(session.scalars(select(service.c.id).where(service.c.id.in_(sorted(ids)))))


def add_services(session: Session, new: Iterable[Kept], now: datetime) -> None:
    """Write services that are not yet there."""
    rows = [_plain(each, now) for each in new]
    if rows:
        session.execute(insert(service), rows)


def change_service(session: Session, changed: Kept, now: datetime) -> None:
    """Write a service anew."""
    session.execute(update(service).where(service.c.id == changed.service.id).values(**_plain(changed, now)))


def delete_service(session: Session, service_id: Id) -> None:
    """Take one out of the directory."""
    session.execute(delete(service).where(service.c.id == service_id))


def _select(words: Iterable[str]) -> Select[Any]:
    query = select(service.c.id, service.c.body, service.c.words).order_by(func.lower(service.c.name), service.c.id)
    for word in words:
        query = query.where(service.c.words.like(f"%{word.translate(_ESCAPE)}%", escape="\\"))
    return query


def _plain(kept: Kept, now: datetime) -> dict[str, Any]:
    told = kept.service
    return {
        "id": told.id,
        "source": kept.source,
        "reference": kept.reference,
        "name": told.name,
        "status": str(told.status),
        "checked_on": told.checked_on,
        "words": words_to_find(told),
        "body": msgspec.json.encode(told).decode(),
        "came_with": kept.came_with,
        "agency_id": kept.agency_id,
        "changed_at": told.changed_at or now,
        "edited_at": kept.edited_at,
        "edited_by": kept.edited_by,
    }


def _read(row: Any) -> Kept:
    return Kept(
        service=_read_body(row["body"]),
        **{name: row[name] for name in ("source", "reference", "came_with", "agency_id", "edited_at", "edited_by")},
    )


def _read_body(body: str) -> Service:
    return msgspec.json.decode(body, type=Service)
