"""Who can see maps and lists: every organisation and role that holds one, since when (privacy rule A11)."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.tables.agency import agency
from server.tables.worker import worker, worker_role
from shared.model.codes import Role
from shared.model.value import Value


class Recipients(Value, frozen=True, kw_only=True):
    """The people of one organisation who hold one role. `since` is when the first of them was added."""

    agency_name: str
    role: Role
    people: int
    since: datetime


def list_recipients(session: Session) -> list[Recipients]:
    """Returns every organisation and role with active workers, by organisation."""
    query = (
        select(agency.c.name, worker_role.c.role, func.count(), func.min(worker.c.created_at))
        .select_from(worker_role)
        .join(worker, worker.c.id == worker_role.c.worker_id)
        .join(agency, agency.c.id == worker.c.agency_id)
        .where(worker.c.active.is_(True))
        .group_by(agency.c.id, agency.c.name, worker_role.c.role)
        .order_by(agency.c.name, worker_role.c.role)
    )
    return [
        Recipients(agency_name=name, role=Role(role), people=people, since=since)
        for name, role, people, since in session.execute(query)
    ]
