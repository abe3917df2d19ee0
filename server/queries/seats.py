"""Which agencies have a seat at a district's case conference, and who may chair it or take its minutes."""

from sqlalchemy import Subquery, select, union
from sqlalchemy.orm import Session

from server.queries.agencies import list_agencies
from server.queries.recipients import held_roles
from server.tables.agency import agreement, team_district
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
    acting = _acting_workers()
    here = set(session.scalars(select(acting.c.agency_id).where(acting.c.district_id == district_id)))
    anywhere = set(session.scalars(select(acting.c.agency_id)))
    signed = set(session.scalars(select(agreement.c.agency_id)))
    countywide = signed - anywhere
    return [
        agency
        for agency in list_agencies(session)
        if agency.kind is not AgencyKind.PUBLIC_HEALTH and (agency.id in here or agency.id in countywide)
    ]


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
