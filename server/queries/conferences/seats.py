"""Which agencies have a seat at a district's case conference, and who may chair it or take its minutes."""

from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, delete, exists, or_, select
from sqlalchemy.orm import Session

from server.database import bulk
from server.queries.partnership.agencies import read_agency
from server.queries.partnership.recipients import is_held
from server.tables.partnership.agency import agency, seat, team_district
from server.tables.partnership.worker import worker, worker_district, worker_role, worker_team
from shared.model.agency import Agency
from shared.model.codes import AgencyKind, Role
from shared.model.value import Id

AT_THE_TABLE = (Role.COORDINATOR.value, Role.AGENCY_MEMBER.value, Role.TEAM_LEAD.value)


def list_seats(session: Session, district_id: Id) -> list[Agency]:
    """The agencies at the table, by name:

    those with somebody who acts for the district, and those that its coordinator asked to it. An agreement alone gives no seat:
    another county's agency sits at no table that it was not asked to. Public Health commissions the table and has no seat at it.
    """
    return [read_agency(row) for row in session.execute(_SEATS, {"district_id": district_id}).mappings()]


def list_people_at_the_table(session: Session, district_id: Id) -> list[tuple[Id, str]]:
    """Who may chair or take minutes: the active workers who act for the district, as (id, name), by name."""
    return [(row.id, row.name) for row in session.execute(_PEOPLE, {"district_id": district_id})]


def _acts(*, here: bool) -> ColumnElement[bool]:
    """The condition that a worker acts for the district asked about (`here`), or for any: with a role at the table or in a
    team, for their own districts and those that their teams walk. Whoever left acts for none."""
    role = exists().where(worker_role.c.worker_id == worker.c.id, worker_role.c.role.in_(AT_THE_TABLE), is_held())
    in_team = exists().where(worker_team.c.worker_id == worker.c.id)
    own = exists().where(worker_district.c.worker_id == worker.c.id, *([worker_district.c.district_id == _HERE] * here))
    walked = exists().where(
        worker_team.c.worker_id == worker.c.id,
        team_district.c.team_id == worker_team.c.team_id,
        *([team_district.c.district_id == _HERE] * here),
    )
    return worker.c.active & or_(own, walked) & or_(in_team, role)


def _ask_seats() -> Select[Any]:
    """Asked agency by agency: the first worker found who acts settles it, however many an agency has."""
    theirs = worker.c.agency_id == agency.c.id
    acts_here = exists().where(theirs, _acts(here=True))
    asked = exists().where(seat.c.agency_id == agency.c.id, seat.c.district_id == _HERE)
    commissions = agency.c.kind == AgencyKind.PUBLIC_HEALTH.value
    return select(agency).where(~commissions, acts_here | asked).order_by(agency.c.name)


def list_asked(session: Session, district_id: Id) -> list[Id]:
    """The agencies that were asked to a district's table, by id."""
    query = select(seat.c.agency_id).where(seat.c.district_id == district_id)
    return list(session.scalars(query.order_by(seat.c.agency_id)))


def list_to_ask(session: Session, district_id: Id) -> list[Agency]:
    """The agencies that could be asked to a district's table: they have no seat at it, and act for no district."""
    return [read_agency(row) for row in session.execute(_TO_ASK, {"district_id": district_id}).mappings()]


def add_seat(session: Session, district_id: Id, agency_id: Id, now: datetime, worker_id: Id | None) -> None:
    """Ask an agency to a district's table; asked twice is asked once."""
    row = {"district_id": district_id, "agency_id": agency_id, "asked_at": now, "asked_by": worker_id}
    bulk.insert_new(session, seat, [row])


def remove_seat(session: Session, district_id: Id, agency_id: Id) -> None:
    """Take an agency from a table that it was asked to."""
    session.execute(delete(seat).where(seat.c.district_id == district_id, seat.c.agency_id == agency_id))


def _ask_to_ask() -> Select[Any]:
    somewhere = exists().where(worker.c.agency_id == agency.c.id, _acts(here=False))
    asked = exists().where(seat.c.agency_id == agency.c.id, seat.c.district_id == _HERE)
    commissions = agency.c.kind == AgencyKind.PUBLIC_HEALTH.value
    return select(agency).where(~commissions, ~somewhere, ~asked).order_by(agency.c.name)


_HERE: BindParameter[str] = bindparam("district_id")
_SEATS = _ask_seats()
_TO_ASK = _ask_to_ask()
_PEOPLE = select(worker.c.id, worker.c.name).where(_acts(here=True)).order_by(worker.c.name)
