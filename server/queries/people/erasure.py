"""Everything that the tables hold about one person, taken out for good. What phones and the sync log hold is in `sync`."""

from collections.abc import Collection, Sequence

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from server.database import bulk
from server.queries.people.documents import forget_bytes_of
from server.tables import metadata
from server.tables.cases.case import mdt_case
from server.tables.people.identity import identity_judgement, likely_same
from server.tables.people.person import person, person_merge
from server.tables.street.conflict import conflict
from server.tables.street.contact import contact, contact_colleague, contact_correction, contact_need, contact_person
from shared.model.value import Id

TABLES = tuple(reversed(metadata.sorted_tables))
"""Whatever refers to another table comes before it."""
ABOUT_A_CASE = tuple(table for table in TABLES if "case_id" in table.c)
ABOUT_A_PERSON = tuple(table for table in TABLES if "person_id" in table.c and table not in (contact_person, mdt_case))
"""Found by their columns, so that a new table about people is emptied of them without anybody thinking of it."""


def list_contacts_of(session: Session, person_ids: Collection[Id]) -> list[Id]:
    """Every contact in which one of these records was met."""
    query = select(contact_person.c.contact_id).where(contact_person.c.person_id.in_(person_ids)).distinct()
    return list(session.scalars(query.order_by(contact_person.c.contact_id)))


def delete_person(session: Session, person_ids: Sequence[Id]) -> None:
    """Delete these records of one person and whatever is about them: notes, needs, cases, contacts that met nobody else."""
    _delete_cases(session, person_ids)
    _delete_contacts(session, person_ids)
    forget_bytes_of(session, person_ids)
    for table in ABOUT_A_PERSON:
        bulk.delete_of(session, table, "person_id", person_ids)
    either = or_(person_merge.c.from_id.in_(person_ids), person_merge.c.into_id.in_(person_ids))
    session.execute(delete(person_merge).where(either))
    for table in (likely_same, identity_judgement):
        session.execute(delete(table).where(or_(table.c.one_id.in_(person_ids), table.c.other_id.in_(person_ids))))
    bulk.delete_of(session, conflict, "entity_id", person_ids)
    bulk.delete_of(session, person, "id", person_ids)


def _delete_cases(session: Session, person_ids: Sequence[Id]) -> None:
    case_ids = list(session.scalars(select(mdt_case.c.id).where(mdt_case.c.person_id.in_(person_ids))))
    for table in ABOUT_A_CASE:
        bulk.delete_of(session, table, "case_id", case_ids)
    bulk.delete_of(session, mdt_case, "id", case_ids)


def _delete_contacts(session: Session, person_ids: Sequence[Id]) -> None:
    """A contact in which others were met stays theirs, without this person."""
    met = list_contacts_of(session, person_ids)
    shared = select(contact_person.c.contact_id).where(
        contact_person.c.contact_id.in_(met), contact_person.c.person_id.not_in(person_ids)
    )
    others = set(session.scalars(shared))
    alone = [each for each in met if each not in others]
    bulk.delete_of(session, contact_person, "person_id", person_ids)
    for table in (contact_need, contact_colleague, contact_correction):
        bulk.delete_of(session, table, "contact_id", alone)
    bulk.delete_of(session, contact, "id", alone)
