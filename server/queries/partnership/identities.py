"""Whom an organisation's own sign-in proves: issuer and subject, and the worker they belong to."""

from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from server.tables.partnership.worker import worker_identity
from shared.model.value import Id


def find_worker_id(session: Session, issuer: str, subject: str) -> Id | None:
    """The worker whom this issuer calls by this subject, active or not."""
    theirs = (worker_identity.c.issuer == issuer) & (worker_identity.c.subject == subject)
    return session.scalar(select(worker_identity.c.worker_id).where(theirs))


def is_tied(session: Session, worker_id: Id) -> bool:
    """Does an organisation's account sign this worker in?"""
    theirs = select(worker_identity.c.worker_id).where(worker_identity.c.worker_id == worker_id)
    return session.scalar(theirs.limit(1)) is not None


def link(session: Session, issuer: str, subject: str, worker_id: Id, now: datetime) -> None:
    """Tie a subject to a worker. One worker has one subject of an issuer: another takes its place."""
    unlink(session, issuer, worker_id)
    row = {"issuer": issuer, "subject": subject, "worker_id": worker_id, "linked_at": now}
    session.execute(insert(worker_identity), [row])


def unlink(session: Session, issuer: str, worker_id: Id) -> bool:
    """Untie a worker; False where nothing was tied."""
    theirs = (worker_identity.c.issuer == issuer) & (worker_identity.c.worker_id == worker_id)
    return bool(getattr(session.execute(delete(worker_identity).where(theirs)), "rowcount", 0))
