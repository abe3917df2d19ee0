"""How workers narrow case lists, each under names of their own."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from server.database import bulk
from server.tables.cases.case import saved_view
from shared.model.value import Id, Value

MOST = 30
"""Of one worker: a page lists them all."""


class SavedView(Value, frozen=True, kw_only=True):
    """One of them; `choice` is as it stands in an address."""

    name: str
    choice: str


def list_views(session: Session, worker_id: Id) -> list[SavedView]:
    """A worker's own, by name."""
    query = select(saved_view.c.name, saved_view.c.choice).where(saved_view.c.worker_id == worker_id)
    found = [SavedView(name=row.name, choice=row.choice) for row in session.execute(query)]
    return sorted(found, key=lambda each: each.name.casefold())


def set_view(session: Session, worker_id: Id, view: SavedView, now: datetime) -> None:
    """Keep it in the place of the one of that name."""
    bulk.upsert(
        session, saved_view, [{"worker_id": worker_id, "name": view.name, "choice": view.choice, "saved_at": now}]
    )


def remove_all_of(session: Session, worker_id: Id) -> None:
    """Keep none of a worker who leaves: a name that they gave may be somebody's."""
    session.execute(delete(saved_view).where(saved_view.c.worker_id == worker_id))


def remove_view(session: Session, worker_id: Id, name: str) -> None:
    """Keep it no longer."""
    session.execute(delete(saved_view).where(saved_view.c.worker_id == worker_id, saved_view.c.name == name))
