"""Which agencies have a seat at a district's case conference, and who may chair it or take its minutes."""

from functools import cache
from typing import Any

from sqlalchemy import Select, Subquery, bindparam, select, union
from sqlalchemy.orm import Session

from server.queries.agencies import read_agency
from server.queries.recipients import held_roles
from server.tables.agency import agency, agreement, team_district
from server.tables.worker import worker, worker_district, worker_role, worker_team
from shared.model.agency import Agency
from shared.model.codes import AgencyKind, Role
from shared.model.value import Id

AT_THE_TABLE = (Role.COORDINATOR.value, Role.AGENCY_MEMBER.value, Role.TEAM_LEAD.value)


def list_seats(session: Session, district_id: Id) -> list[Agency]:
    """The agencies at the table, by name:

    those with somebody who acts for the district, and those that signed for the whole county and act for no district
    in particular. Public Health commissions the table and has no seat at it.
    """
    return [read_agency(row) for row in session.execute(_seats(), {"district_id": district_id}).mappings()]


@cache
def _seats() -> Select[Any]:
    acting = _acting_workers()
    here = select(acting.c.agency_id).where(acting.c.district_id == bindparam("district_id"))
    countywide = agency.c.id.in_(select(agreement.c.agency_id)) & agency.c.id.not_in(select(acting.c.agency_id))
    commissions = agency.c.kind == AgencyKind.PUBLIC_HEALTH.value
    return select(agency).where(~commissions, agency.c.id.in_(here) | countywide).order_by(agency.c.name)


def list_people_at_the_table(session: Session, district_id: Id) -> list[tuple[Id, str]]:
    """Who may chair or take minutes: the active workers who act for the district, as (id, name), by name."""
    acting = _acting_workers()
    here = select(acting.c.worker_id).where(acting.c.district_id == district_id)
    query = select(worker.c.id, worker.c.name).where(worker.c.id.in_(here), worker.c.active).order_by(worker.c.name)
    return [(row.id, row.name) for row in session.execute(query)]


def _acting_workers() -> Subquery:
    members = (
        held_roles()
        .with_only_columns(worker_role.c.worker_id)
        .where(worker_role.c.role.in_(AT_THE_TABLE))
        .union(select(worker_team.c.worker_id))
    )
    own = (
        select(worker.c.id.label("worker_id"), worker.c.agency_id, worker_district.c.district_id)
        .join(worker_district, worker_district.c.worker_id == worker.c.id)
        .where(worker.c.id.in_(members))
    )
    by_team = (
        select(worker.c.id, worker.c.agency_id, team_district.c.district_id)
        .join(worker_team, worker_team.c.worker_id == worker.c.id)
        .join(team_district, team_district.c.team_id == worker_team.c.team_id)
        .where(worker.c.id.in_(members))
    )
    return union(own, by_team).subquery()
