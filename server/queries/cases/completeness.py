"""Whom each agency met in a district in a month: for the score of what is still to ask."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.queries.cases.case_list import MET_STATES
from server.queries.people.concealment import not_concealed
from server.queries.people.told_needs import STANDS
from server.tables.partnership.agency import agency, team
from server.tables.people.person import person_need
from server.tables.street.contact import contact, contact_person
from shared.model.value import Id


def list_met(session: Session, district_id: Id, first: date, after: date) -> dict[tuple[Id, str], list[Id]]:
    """The people met from one night up to, not including, another: by agency as (id, name), each person once."""
    query = (
        select(agency.c.id, agency.c.name, contact_person.c.person_id)
        .distinct()
        .join_from(contact, contact_person, contact_person.c.contact_id == contact.c.id)
        .join(team, team.c.id == contact.c.team_id)
        .join(agency, agency.c.id == team.c.agency_id)
        .where(
            contact.c.district_id == district_id,
            contact.c.night >= first,
            contact.c.night < after,
            contact.c.state.in_(sorted(str(state) for state in MET_STATES)),
            *not_concealed(session, contact_person.c.person_id),
        )
        .order_by(agency.c.name, contact_person.c.person_id)
    )
    met: dict[tuple[Id, str], list[Id]] = {}
    for row in session.execute(query):
        met.setdefault((row.id, row.name), []).append(row.person_id)
    return met


def list_asked(session: Session, person_ids: Collection[Id]) -> set[Id]:
    """Of these people, those whose needs somebody has asked about."""
    query = select(person_need.c.person_id).distinct().where(person_need.c.person_id.in_(person_ids), STANDS)
    return set(session.scalars(query))
