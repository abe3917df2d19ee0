"""Who may see maps and lists: the agencies and the roles they hold, since when and by whose agreement (privacy rule A11)."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Select, and_, delete, exists, func, insert, or_, select, update
from sqlalchemy.orm import Session

from server.database.context import beyond_reader
from server.tables.partnership.agency import agency
from server.tables.partnership.recipient import recipient
from server.tables.partnership.worker import worker, worker_role
from shared.model.codes import Role
from shared.model.value import Id, Value
from shared.policy.recipients import ROLES_THAT_APPROVE, ROLES_TO_APPROVE

HOLDS = or_(recipient.c.founding, recipient.c.second_at.is_not(None))
"""Two agencies agreed, or it was so when the partnership was founded."""


class Recipient(Value, frozen=True, kw_only=True):
    """An agency that may hold a role, or is proposed to: who proposed it, and which two agencies agreed."""

    id: Id
    agency_id: Id
    role: Role
    proposed_at: datetime
    founding: bool = False
    proposed_by: Id | None = None
    reason: str = ""
    first_agency_id: Id | None = None
    first_by: Id | None = None
    first_at: datetime | None = None
    second_agency_id: Id | None = None
    second_by: Id | None = None
    second_at: datetime | None = None

    @property
    def holds(self) -> bool:
        """May the agency's workers act in this role?"""
        return self.founding or self.second_at is not None


class Recipients(Value, frozen=True, kw_only=True):
    """One agency and role on the open list, with how many active workers hold it."""

    recipient: Recipient
    agency_name: str
    people: int


def held_roles() -> Select[tuple[str, str]]:
    """The roles that workers truly hold, as rows of worker and role: those that their agency may hold, and those that see
    nothing. A role given in any other way is no role."""
    query = select(worker_role.c.worker_id, worker_role.c.role).join(worker, worker.c.id == worker_role.c.worker_id)
    return query.where(is_held())


def is_held() -> ColumnElement[bool]:
    """The condition, on a worker and one of their roles, that they hold it."""
    agreed = exists().where(recipient.c.agency_id == worker.c.agency_id, recipient.c.role == worker_role.c.role, HOLDS)
    open_roles = sorted(str(role) for role in Role if role not in ROLES_TO_APPROVE)
    return or_(worker_role.c.role.in_(open_roles), agreed.correlate(worker, worker_role))


def list_recipients(session: Session) -> list[Recipients]:
    """Every agency and role on the list, by agency: those that hold, and those that wait for agreement."""
    holding = (
        select(worker.c.agency_id, worker_role.c.role, func.count().label("people"))
        .join(worker, worker.c.id == worker_role.c.worker_id)
        .where(worker.c.active.is_(True))
        .group_by(worker.c.agency_id, worker_role.c.role)
        .subquery()
    )
    query = (
        select(recipient, agency.c.name.label("agency_name"), func.coalesce(holding.c.people, 0).label("people"))
        .join(agency, agency.c.id == recipient.c.agency_id)
        .outerjoin(holding, and_(holding.c.agency_id == recipient.c.agency_id, holding.c.role == recipient.c.role))
        .order_by(agency.c.name, recipient.c.role)
    )
    return [
        Recipients(recipient=_read(row), agency_name=row["agency_name"], people=row["people"])
        for row in session.execute(query).mappings()
    ]


def find_recipient(session: Session, agency_id: Id, role: Role) -> Recipient | None:
    """What was agreed or proposed for an agency and a role."""
    same = (recipient.c.agency_id == agency_id) & (recipient.c.role == str(role))
    return _find(session, select(recipient).where(same))


@beyond_reader
def get_proposal(session: Session, recipient_id: Id) -> Recipient | None:
    """One line of the list, held until the transaction ends: two who agree at once do so one after the other."""
    return _find(session, select(recipient).where(recipient.c.id == recipient_id).with_for_update())


def _find(session: Session, query: Select[Any]) -> Recipient | None:
    row = session.execute(query).mappings().first()
    return None if row is None else _read(row)


def count_approving_agencies(session: Session) -> int:
    """How many agencies may agree to others: with two of them the founding is over, for good."""
    roles = [str(role) for role in ROLES_THAT_APPROVE]
    query = select(func.count(func.distinct(recipient.c.agency_id))).where(recipient.c.role.in_(roles), HOLDS)
    return session.execute(query).scalar_one()


def list_held_pairs(session: Session) -> list[tuple[Id, Role]]:
    """Each agency and role that some worker was given and that needs agreement, agreed or not."""
    query = (
        select(worker.c.agency_id, worker_role.c.role)
        .distinct()
        .join(worker, worker.c.id == worker_role.c.worker_id)
        .where(worker_role.c.role.in_([str(role) for role in ROLES_TO_APPROVE]))
        .order_by(worker.c.agency_id, worker_role.c.role)
    )
    return [(agency_id, Role(role)) for agency_id, role in session.execute(query)]


def add_recipient(session: Session, new: Recipient) -> None:
    """Store a line of the list."""
    session.execute(insert(recipient), [_plain(new)])


def set_recipient(session: Session, changed: Recipient) -> None:
    """Store a line's values anew."""
    session.execute(update(recipient).where(recipient.c.id == changed.id).values(**_plain(changed)))


def _plain(line: Recipient) -> dict[str, Any]:
    return msgspec.structs.asdict(line) | {"role": str(line.role)}


def _read(row: Any) -> Recipient:
    values = {name: row[name] for name in Recipient.__struct_fields__}
    return Recipient(**{**values, "role": Role(values["role"])})


def forget_founding(session: Session, agency_id: Id) -> None:
    """Take back what an agency was given when the partnership was founded: for one that was entered by mistake."""
    session.execute(delete(recipient).where(recipient.c.agency_id == agency_id, recipient.c.founding.is_(True)))
