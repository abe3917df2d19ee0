"""Everything that the tables hold about one person, taken out for good. What phones and the sync log hold is in `sync`."""

from collections.abc import Collection, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, delete, exists, false, or_, select, update
from sqlalchemy.orm import Session

from server.database import bulk
from server.queries.people.documents import forget_bytes_of
from server.tables import metadata
from server.tables.cases.case import mdt_case
from server.tables.operation.draft import draft
from server.tables.people.identity import identity_judgement, likely_same
from server.tables.people.person import person, person_merge
from server.tables.street.conflict import conflict
from server.tables.street.contact import contact, contact_colleague, contact_correction, contact_need, contact_person
from shared.model.value import Id
from shared.rules.corrections import STRUCK

TABLES = tuple(reversed(metadata.sorted_tables))
"""Whatever refers to another table comes before it."""
ABOUT_A_CASE = tuple(table for table in TABLES if "case_id" in table.c)
ABOUT_A_PERSON = tuple(table for table in TABLES if "person_id" in table.c and table not in (contact_person, mdt_case))
"""Found by their columns, so that a new table about people is emptied of them without anybody thinking of it."""


def list_contacts_of(session: Session, person_ids: Collection[Id]) -> list[Id]:
    """Every contact in which one of these records was met, or was until it was struck out."""
    query = select(contact_person.c.contact_id).where(contact_person.c.person_id.in_(person_ids))
    return sorted({*session.scalars(query), *_list_struck(session, person_ids)})


def delete_person(session: Session, person_ids: Sequence[Id]) -> None:
    """Delete these records of one person and whatever is about them: notes, needs, cases, contacts that met nobody else."""
    _delete_drafts(session, person_ids)
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


def _delete_drafts(session: Session, person_ids: Sequence[Id]) -> None:
    """What was typed and not sent yet into a form that is about them, a case of theirs or a contact that met them, as its address
    says."""
    theirs = {*person_ids, *list_contacts_of(session, person_ids)}
    theirs.update(session.scalars(select(mdt_case.c.id).where(mdt_case.c.person_id.in_(person_ids))))
    for worker_id, action in session.execute(select(draft.c.worker_id, draft.c.action)).all():
        if not theirs.isdisjoint(action.replace("#", "/").split("/")):
            session.execute(delete(draft).where(draft.c.worker_id == worker_id, draft.c.action == action))


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
    _forget_who_was_said(session, person_ids)


def _forget_who_was_said(session: Session, person_ids: Sequence[Id]) -> None:
    """What a corrected contact said at first, and each word on it since, names them no more: it is read again by every later
    word and by a rebuild, and would bring them back."""
    words = select(contact_correction.c.id, contact_correction.c.fields.label("told"))
    at_first = select(contact.c.id, contact.c.original.label("told")).where(_IS_CORRECTED)
    for column, query in ((contact.c.original, at_first), (contact_correction.c.fields, words)):
        for row in session.execute(query.where(_names(column, person_ids))).all():
            said = msgspec.json.decode(row.told)
            if "person_ids" in said:
                said["person_ids"] = [each for each in said["person_ids"] if each not in person_ids]
                kept = msgspec.json.encode(said).decode()
                session.execute(update(column.table).where(column.table.c.id == row.id).values({column: kept}))


_IS_CORRECTED = contact.c.id.in_(select(contact_correction.c.contact_id))


def _names(column: Any, person_ids: Collection[Id]) -> ColumnElement[bool]:
    return or_(false(), *(column.contains(each, autoescape=True) for each in person_ids))


def _list_struck(session: Session, person_ids: Collection[Id]) -> list[Id]:
    """Contacts that were struck out and said of nobody else: what they said at first is kept, and is about them."""
    is_struck = contact.c.id.in_(
        select(contact_correction.c.contact_id).where(contact_correction.c.reason.startswith(STRUCK, autoescape=True))
    )
    nobody = ~exists().where(contact_person.c.contact_id == contact.c.id)
    query = select(contact.c.id, contact.c.original).where(is_struck, nobody, _names(contact.c.original, person_ids))
    told = [(row.id, msgspec.json.decode(row.original)) for row in session.execute(query)]
    return [each for each, said in told if {*said.get("person_ids", ())} <= {*person_ids}]
