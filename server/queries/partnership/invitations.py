"""Invitations: made, found, and used once."""

from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from server.tables.partnership.invitation import invitation
from shared.model.value import Id, Value


class Invitation(Value, frozen=True, kw_only=True):
    id: Id
    worker_id: Id
    made_at: datetime
    made_by: Id | None = None
    expires_at: datetime
    used_at: datetime | None = None


def add_invitation(session: Session, new: Invitation) -> None:
    """The newest is the only one: an earlier link of the same person works no more."""
    end_invitations_to(session, new.worker_id)
    session.execute(insert(invitation), [{name: getattr(new, name) for name in Invitation.__struct_fields__}])


def find_invitation(session: Session, invitation_id: Id) -> Invitation | None:
    row = session.execute(select(invitation).where(invitation.c.id == invitation_id)).mappings().first()
    return None if row is None else Invitation(**row)


def use_invitation(session: Session, invitation_id: Id, now: datetime) -> bool:
    """False for one that was used before, also a moment ago by somebody else."""
    fresh = (invitation.c.id == invitation_id) & invitation.c.used_at.is_(None) & (invitation.c.expires_at >= now)
    return bool(getattr(session.execute(update(invitation).where(fresh).values(used_at=now)), "rowcount", 0))


def end_invitations_of(session: Session, worker_id: Id) -> None:
    """No link that this worker was sent, or sent to others, sets a password any more."""
    theirs = (invitation.c.worker_id == worker_id) | (invitation.c.made_by == worker_id)
    session.execute(delete(invitation).where(theirs, invitation.c.used_at.is_(None)))


def end_invitations_to(session: Session, worker_id: Id) -> None:
    """No link that this worker was sent sets a password any more: a newer one does, or their address is another."""
    sent = (invitation.c.worker_id == worker_id) & invitation.c.used_at.is_(None)
    session.execute(delete(invitation).where(sent))


def end_every_invitation(session: Session) -> None:
    """No link that nobody has used sets a password any more."""
    session.execute(delete(invitation).where(invitation.c.used_at.is_(None)))
