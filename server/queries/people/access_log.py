"""Who has looked at what is known of a person, out of the audit: by organisation for the person, look by look for those who
answer for it (privacy rule A6). Whether somebody may read this is decided before, in `server.access`."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from server.tables.cases.case import mdt_case
from server.tables.operation.audit import audit
from server.tables.operation.device import device_enrolment
from server.tables.partnership.agency import agency
from server.tables.partnership.worker import worker
from shared.model.value import Id, Value
from shared.policy.looks import FIELD_CLASS, TAKEN_OUT, FieldClass, field_class

MOST = 500
_LOOKING = sorted({TAKEN_OUT, *map(str, FIELD_CLASS)})
_AGENCY_ID = func.coalesce(audit.c.agency_id, worker.c.agency_id)
"""Lines of phones were written without an agency once; whoever wrote them has one."""


class LoggedAccess(Value, frozen=True, kw_only=True):
    """One look: who, from where, at what, why, when. `device` is empty for a browser."""

    at: datetime
    short_name: str
    agency_name: str
    device: str
    field_class: FieldClass
    purpose: str
    by_break_glass: bool


class AgencyAccess(Value, frozen=True, kw_only=True):
    """One organisation's accesses together, without the name of a worker."""

    name: str
    first_at: datetime
    last_at: datetime
    times: int
    field_classes: tuple[FieldClass, ...]


def list_accesses(session: Session, person_ids: Collection[Id], limit: int | None = MOST) -> list[LoggedAccess]:
    """The newest accesses to a person, under any of their records or cases; all of them without a limit."""
    query = (
        select(
            audit.c.at, audit.c.action, audit.c.purpose, audit.c.reason, audit.c.device_number, worker.c.short_name,
            agency.c.name, device_enrolment.c.label,
        )
        .select_from(audit)
        .outerjoin(worker, worker.c.id == audit.c.actor_id)
        .outerjoin(agency, agency.c.id == _AGENCY_ID)
        .outerjoin(device_enrolment, device_enrolment.c.number == audit.c.device_number)
        .where(_of(session, person_ids))
        .order_by(audit.c.at.desc(), audit.c.id.desc())
        .limit(limit)
    )  # fmt: skip
    return [
        LoggedAccess(
            at=row.at, short_name=row.short_name or "", agency_name=row.name or "", field_class=field_class(row.action),
            device="" if row.device_number is None else row.label or f"Phone {row.device_number}", purpose=row.purpose,
            by_break_glass="break-glass" in row.reason,
        )
        for row in session.execute(query)
    ]  # fmt: skip


def list_agencies_that_looked(session: Session, person_ids: Collection[Id]) -> list[AgencyAccess]:
    """Every organisation that has looked, the one that looked last first."""
    query = (
        select(agency.c.name, audit.c.action, func.min(audit.c.at), func.max(audit.c.at), func.count())
        .select_from(audit)
        .join(worker, worker.c.id == audit.c.actor_id)
        .join(agency, agency.c.id == _AGENCY_ID)
        .where(_of(session, person_ids))
        .group_by(agency.c.name, audit.c.action)
    )
    found: dict[str, AgencyAccess] = {}
    for name, action, first_at, last_at, times in session.execute(query):
        kind = field_class(action)
        before = found.get(name)
        if before is None:
            found[name] = AgencyAccess(
                name=name, first_at=first_at, last_at=last_at, times=times, field_classes=(kind,)
            )
        else:
            found[name] = AgencyAccess(
                name=name, first_at=min(first_at, before.first_at), last_at=max(last_at, before.last_at),
                times=times + before.times, field_classes=tuple(sorted({*before.field_classes, kind})),
            )  # fmt: skip
    return sorted(found.values(), key=lambda each: (each.last_at, each.name), reverse=True)


def _of(session: Session, person_ids: Collection[Id]) -> ColumnElement[bool]:
    """Lines of accesses that were let through, at the person's records and cases."""
    cases = list(session.scalars(select(mdt_case.c.id).where(mdt_case.c.person_id.in_(person_ids))))
    subject = or_(
        and_(audit.c.subject_kind == "person", audit.c.subject_id.in_(person_ids)),
        and_(audit.c.subject_kind == "case", audit.c.subject_id.in_(cases)),
    )
    return and_(subject, audit.c.allowed.is_(True), audit.c.action.in_(_LOOKING))
