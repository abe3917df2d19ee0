"""Which agencies have a seat at a district's case conference, and who may chair it or take its minutes."""

from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, exists, or_, select
from sqlalchemy.orm import Session

from server.queries.partnership.agencies import read_agency
from server.queries.partnership.recipients import is_held
from server.tables.partnership.agency import agency, agreement, team_district
from server.tables.partnership.worker import worker, worker_district, worker_role, worker_team
from shared.model.agency import Agency
from shared.model.codes import AgencyKind, Role
from shared.model.value import Id

AT_THE_TABLE = (Role.COORDINATOR.value, Role.AGENCY_MEMBER.value, Role.TEAM_LEAD.value)


def list_seats(session: Session, district_id: Id) -> list[Agency]:
    """The agencies at the table, by name:

    those with somebody who acts for the district, and those that signed for the whole county and act for no district
    in particular. Public Health commissions the table and has no seat at it.
    """
    return [read_agency(row) for row in session.execute(_SEATS, {"district_id": district_id}).mappings()]


def list_people_at_the_table(session: Session, district_id: Id) -> list[tuple[Id, str]]:
    """Who may chair or take minutes: the active workers who act for the district, as (id, name), by name."""
    return [(row.id, row.name) for row in session.execute(_PEOPLE, {"district_id": district_id})]


def _acts(*, here: bool) -> ColumnElement[bool]:
    """The condition that a worker acts for the district asked about (`here`), or for any: with a role at the table or in a
    team, for their own districts and those that their teams walk."""
    role = exists().where(worker_role.c.worker_id == worker.c.id, worker_role.c.role.in_(AT_THE_TABLE), is_held())
    in_team = exists().where(worker_team.c.worker_id == worker.c.id)
    own = exists().where(worker_district.c.worker_id == worker.c.id, *([worker_district.c.district_id == _HERE] * here))
    walked = exists().where(
        worker_team.c.worker_id == worker.c.id,
        team_district.c.team_id == worker_team.c.team_id,
        *([team_district.c.district_id == _HERE] * here),
    )
    return or_(own, walked) & or_(in_team, role)


def _ask_seats() -> Select[Any]:
    """Asked agency by agency: the first worker found who acts settles it, however many an agency has."""
    theirs = worker.c.agency_id == agency.c.id
    acts_here, acts_somewhere = exists().where(theirs, _acts(here=True)), exists().where(theirs, _acts(here=False))
    signed = exists().where(agreement.c.agency_id == agency.c.id)
    commissions = agency.c.kind == AgencyKind.PUBLIC_HEALTH.value
    return select(agency).where(~commissions, acts_here | (signed & ~acts_somewhere)).order_by(agency.c.name)


_HERE: BindParameter[str] = bindparam("district_id")
_SEATS = _ask_seats()
_PEOPLE = select(worker.c.id, worker.c.name).where(worker.c.active, _acts(here=True)).order_by(worker.c.name)
