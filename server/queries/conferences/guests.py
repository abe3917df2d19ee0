"""Which agencies without a seat were invited to one case of a conference, and to which tables an agency may come at all."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select
from sqlalchemy.orm import Session

from server.database import bulk
from server.database.context import beyond_reader
from server.queries.conferences.seats import list_seats
from server.queries.partnership.agencies import read_agency
from server.tables.conferences.conference import agenda_item, case_conference, conference_guest
from server.tables.partnership.agency import agency, seat
from shared.model.agency import Agency
from shared.model.codes import AgencyKind
from shared.model.value import Id, Value


class Guest(Value, frozen=True, kw_only=True):
    """An agency that was invited to one case of one conference."""

    conference_id: Id
    case_id: Id
    agency_id: Id
    reason: str
    asked_at: datetime
    asked_by: Id


_ON_AGENDA = exists().where(
    agenda_item.c.conference_id == conference_guest.c.conference_id,
    agenda_item.c.case_id == conference_guest.c.case_id,
    agenda_item.c.off_at.is_(None),
)
"""The condition on an invitation that its case is on the agenda still."""


def add_guest(session: Session, new: Guest) -> None:
    """Invite an agency to a case; invited twice is invited once."""
    bulk.insert_new(session, conference_guest, [{name: getattr(new, name) for name in new.__struct_fields__}])


def remove_guest(session: Session, conference_id: Id, case_id: Id, agency_id: Id) -> None:
    """Invite it no longer."""
    this = (conference_id, case_id, agency_id)
    columns = (conference_guest.c.conference_id, conference_guest.c.case_id, conference_guest.c.agency_id)
    session.execute(
        delete(conference_guest).where(*(column == value for column, value in zip(columns, this, strict=True)))
    )


@beyond_reader
def list_guests(session: Session, conference_id: Id) -> list[Guest]:
    """Who was invited to which case that is on the agenda still. A guest is told of it before it may read the case."""
    query = select(conference_guest).where(conference_guest.c.conference_id == conference_id, _ON_AGENDA)
    ordered = query.order_by(conference_guest.c.asked_at, conference_guest.c.agency_id, conference_guest.c.case_id)
    return [Guest(**row) for row in session.execute(ordered).mappings()]


def list_table(session: Session, conference_id: Id, district_id: Id) -> list[Agency]:
    """The agencies with a seat and those invited to a case, by name: whoever may take on an action."""
    seated = list_seats(session, district_id)
    invited = {each.agency_id for each in list_guests(session, conference_id)} - {each.id for each in seated}
    return sorted([*seated, *list_agencies_of(session, invited)], key=lambda each: (each.name, each.id))


def list_agencies_of(session: Session, agency_ids: Collection[Id]) -> list[Agency]:
    """These agencies, by name."""
    query = select(agency).where(agency.c.id.in_(agency_ids)).order_by(agency.c.name)
    return [read_agency(row) for row in session.execute(query).mappings()] if agency_ids else []


def list_possible_guests(session: Session, district_id: Id) -> list[Agency]:
    """The agencies that could be invited to a case: those without a seat at the table."""
    seated = {each.id for each in list_seats(session, district_id)}
    query = select(agency).where(agency.c.kind != AgencyKind.PUBLIC_HEALTH.value).order_by(agency.c.name)
    return [read_agency(row) for row in session.execute(query).mappings() if row["id"] not in seated]


def is_invited(agency_id: Id) -> ColumnElement[bool]:
    """The condition on a conference that an agency was asked to its table, or invited to a case that is on its agenda still."""
    asked = exists().where(seat.c.district_id == case_conference.c.district_id, seat.c.agency_id == agency_id)
    guest = and_(conference_guest.c.conference_id == case_conference.c.id, conference_guest.c.agency_id == agency_id)
    return or_(asked, exists().where(guest, _ON_AGENDA))


@beyond_reader
def find_invited(session: Session, conference_id: Id, agency_id: Id) -> bool:
    """Was this agency asked to the table of a conference, or invited to a case of it?"""
    query = select(case_conference.c.id).where(case_conference.c.id == conference_id, is_invited(agency_id))
    return session.scalar(query) is not None
