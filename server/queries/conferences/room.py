"""What the meeting room reads of a whole agenda at once, and whose screens show it. Who may see what is decided elsewhere."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, literal, select
from sqlalchemy.orm import Session

from server.database import bulk
from server.queries.conferences.conferences import Note, list_reviews
from server.queries.conferences.discussion import Written
from server.queries.conferences.updates import is_read_at
from server.tables.conferences.conference import agenda_item, conference_note, conference_presence, written_update
from server.tables.partnership.agency import agency
from server.tables.partnership.worker import worker
from shared.model.conference import AgendaItem
from shared.model.value import Id, Value

HERE_FOR = timedelta(seconds=40)
"""A screen asks for news every few seconds; one that was silent so long is closed, or has no network."""
KEPT_FOR = timedelta(days=1)


class Present(Value, frozen=True, kw_only=True):
    """Somebody whose screen shows the meeting, and which case of it."""

    worker_id: Id
    name: str
    item_id: Id


def list_written(session: Session, conference_id: Id, items: Sequence[AgendaItem]) -> dict[Id, Written]:
    """What was written of these cases, by item: three statements, however many there are."""
    case_ids = [item.case_id for item in items]
    notes = {row["agenda_item_id"]: Note(**row) for row in session.execute(_notes_of(conference_id)).mappings()}
    updates: dict[Id, list[tuple[str, str]]] = {}
    for row in session.execute(_updates_of(conference_id)):
        updates.setdefault(row.case_id, []).append((row.name, row.text))
    reviews = list_reviews(session, case_ids)
    return {
        item.id: Written(
            note=notes.get(item.id, Note(agenda_item_id=item.id)),
            updates=tuple(updates.get(item.case_id, ())),
            reviews=tuple(reviews.get(item.case_id, ())),
        )
        for item in items
    }


def _notes_of(conference_id: Id) -> Any:
    of_item = agenda_item.c.id == conference_note.c.agenda_item_id
    return select(conference_note).join(agenda_item, of_item).where(agenda_item.c.conference_id == conference_id)


def _updates_of(conference_id: Id) -> Any:
    return (
        select(written_update.c.case_id, agency.c.name, written_update.c.text)
        .join(agency, agency.c.id == written_update.c.agency_id)
        .where(is_read_at(literal(conference_id)))
        .order_by(written_update.c.at, written_update.c.id)
    )


def note_presence(session: Session, conference_id: Id, worker_id: Id, item_id: Id, now: datetime) -> None:
    """This worker's screen shows this case now."""
    row = {"conference_id": conference_id, "worker_id": worker_id, "item_id": item_id, "seen_at": now}
    bulk.upsert(session, conference_presence, [row])


def list_present(session: Session, conference_id: Id, now: datetime) -> list[Present]:
    """Whose screens show the meeting now, by name."""
    here = (conference_presence.c.conference_id == conference_id) & (conference_presence.c.seen_at > now - HERE_FOR)
    query = (
        select(conference_presence.c.worker_id, worker.c.short_name.label("name"), conference_presence.c.item_id)
        .join(worker, worker.c.id == conference_presence.c.worker_id)
        .where(here)
        .order_by(worker.c.short_name, conference_presence.c.worker_id)
    )
    return [Present(**row) for row in session.execute(query).mappings()]


def forget_presence(session: Session, now: datetime) -> None:
    """Who was there yesterday is told by the attendance."""
    session.execute(delete(conference_presence).where(conference_presence.c.seen_at < now - KEPT_FOR))
