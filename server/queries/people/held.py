"""Everything that the tables hold about one person, for their own copy of it (privacy rule A7): found by the columns of the
tables, so that a new table about people is in it without anybody thinking of it. Who may have it is decided before."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from server.database.context import beyond_reader
from server.queries.people.erasure import ABOUT_A_CASE, ABOUT_A_PERSON
from server.tables.cases.case import mdt_case
from server.tables.partnership.agency import agency, team
from server.tables.partnership.district import district
from server.tables.partnership.worker import worker
from server.tables.people.document import document_content
from server.tables.people.identity import identity_judgement
from server.tables.people.person import person, person_merge
from server.tables.referrals.referral import referral
from server.tables.street.contact import contact, contact_correction, contact_need, contact_person
from server.tables.street.site import site
from shared.model.value import Id

PROOFS = frozenset({"pin_hash", "key_name"})
"""What says nothing of somebody: by the one whoever finds the file could try PINs, the other is how something was sealed."""
Rows = list[dict[str, Any]]
_IN_ROWS = [table for table in ABOUT_A_PERSON if table is not document_content]
"""Documents are files of the copy, not words in it."""


@beyond_reader
def list_everything(session: Session, person_ids: Collection[Id]) -> dict[str, Rows]:
    """The rows about these records of one person, by the name of their table, the oldest first where they have a time."""
    cases = list(session.scalars(select(mdt_case.c.id).where(mdt_case.c.person_id.in_(person_ids))))
    met = select(contact_person.c.contact_id).where(contact_person.c.person_id.in_(person_ids))
    contacts = list(session.scalars(met))
    led_here = select(contact_person.c.referral_id).where(contact_person.c.person_id.in_(person_ids))
    wanted: list[tuple[Table, str, Collection[Any]]] = [
        (person, "id", person_ids),
        *((table, "person_id", person_ids) for table in sorted(_IN_ROWS, key=lambda table: table.name)),
        (person_merge, "from_id", person_ids),
        (person_merge, "into_id", person_ids),
        (identity_judgement, "one_id", person_ids),
        (identity_judgement, "other_id", person_ids),
        (contact, "id", contacts),
        *((table, "contact_id", contacts) for table in (contact_need, contact_correction)),
        (referral, "id", [each for each in session.scalars(led_here) if each]),
        (mdt_case, "id", cases),
        *((table, "case_id", cases) for table in sorted(ABOUT_A_CASE, key=lambda table: table.name)),
    ]
    found: dict[str, Rows] = {}
    for table, column, ids in wanted:
        before = found.setdefault(str(table.name), [])
        for row in session.execute(select(table).where(table.c[column].in_(ids))).mappings():
            # What is sealed tells nothing as it stands; of a circulated case it is what the record said.
            plain = {
                str(name): value for name, value in row.items() if not isinstance(value, bytes) and name not in PROOFS
            }
            # A need told in a contact that was with somebody else is not theirs to read.
            if plain not in before and not row.get("is_withdrawn"):
                before.append(plain)
    return {name: sorted(rows, key=_when) for name, rows in found.items() if rows}


def _when(row: Mapping[str, Any]) -> str:
    moments = (row.get(name) for name in ("seen_at", "at", "since", "reported_at", "agreed_at", "created_at"))
    return next((moment.isoformat() for moment in moments if moment is not None), "")


@beyond_reader
def list_names_of_others(session: Session, person_ids: Collection[Id]) -> dict[Id, tuple[str, str]]:
    """Name and alias of everybody else who was met together with the person, by id."""
    met = select(contact_person.c.contact_id).where(contact_person.c.person_id.in_(person_ids))
    query = (
        select(contact_person.c.person_id, person.c.name, person.c.alias)
        .distinct()
        .outerjoin(person, person.c.id == contact_person.c.person_id)
        .where(contact_person.c.contact_id.in_(met), contact_person.c.person_id.not_in(person_ids))
    )
    return {row.person_id: (row.name or "", row.alias or "") for row in session.execute(query)}


def list_workers_called(session: Session) -> list[tuple[Id, str, str, str]]:
    """Every worker as (id, whole name, short name, name of their agency)."""
    query = select(worker.c.id, worker.c.name, worker.c.short_name, agency.c.name.label("agency_name"))
    rows = session.execute(query.join(agency, agency.c.id == worker.c.agency_id))
    return [(row.id, row.name, row.short_name, row.agency_name) for row in rows]


@beyond_reader
def list_named_ids(session: Session, site_ids: Collection[Id]) -> dict[Id, str]:
    """What agencies, teams, districts and these places are called, by id."""
    named: dict[Id, str] = {}
    for table in (agency, team, district):
        named |= {row.id: row.name for row in session.execute(select(table.c.id, table.c.name))}
    places = session.execute(select(site.c.id, site.c.name).where(site.c.id.in_(site_ids), site.c.name != ""))
    return named | {row.id: row.name for row in places}
