"""Drafts as rows. What is in them is not known here."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from server.database import bulk
from server.tables.operation.draft import draft
from shared.model.value import Id, Value


class SealedDraft(Value, frozen=True, kw_only=True):
    """One form of one worker, as it lies in the database."""

    worker_id: Id
    action: str
    page: str
    changed_at: datetime
    sealed: str
    person_id: Id | None = None


def set_draft(session: Session, kept: SealedDraft) -> None:
    """Keep a draft in the place of the one before it."""
    bulk.upsert(session, draft, [{name: getattr(kept, name) for name in kept.__struct_fields__}])


def list_drafts(session: Session, worker_id: Id, page: str) -> list[SealedDraft]:
    """A worker's drafts of the forms of one page."""
    columns = [draft.c[name] for name in SealedDraft.__struct_fields__]
    theirs = (draft.c.worker_id == worker_id) & (draft.c.page == page)
    return [SealedDraft(**row) for row in session.execute(select(*columns).where(theirs)).mappings()]


def delete_draft(session: Session, worker_id: Id, action: str) -> None:
    """Forget what was typed into one form."""
    session.execute(delete(draft).where(draft.c.worker_id == worker_id, draft.c.action == action))


def delete_before(session: Session, before: datetime) -> None:
    """Forget what nobody came back for."""
    session.execute(delete(draft).where(draft.c.changed_at < before))
