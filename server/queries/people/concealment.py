"""Hidden people (privacy rule A5): of whom may the reader of this transaction not even know?

`server.access` says who reads, once a transaction (`read_as`). A query that lists, counts or finds people adds
`not_concealed` on the column that names the person; as long as nobody is hidden that adds nothing. Where nobody said who
reads, everybody hidden is concealed: what is published, counted by a job or printed at a terminal leaves them out.

Projecting what phones send does not ask here: what is recorded of a hidden person counts for them.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Select, exists, insert, or_, select, update
from sqlalchemy.orm import Session

from server.database.context import raised
from server.database.sql import Sql
from server.queries.people.verification import list_groups
from server.tables.cases.case import mdt_case
from server.tables.people.hidden import person_hidden, person_hidden_agency
from server.tables.street.contact import contact, contact_person
from shared.model.value import Id, Value

_READER, _HIDDEN = "reader_agency_id", "hidden_people"


class Hiding(Value, frozen=True, kw_only=True):
    """One time that a person was hidden, and the agencies that may know of them meanwhile."""

    id: Id
    person_id: Id
    at: datetime
    worker_id: Id
    agency_id: Id
    reason: str
    agency_ids: tuple[Id, ...]
    lifted_at: datetime | None = None
    lifted_by: Id | None = None
    lift_reason: str = ""


def read_as(session: Session, agency_id: Id) -> None:
    """From here on this transaction reads for somebody of this agency."""
    session.info[_READER] = agency_id


def list_hidden(session: Session) -> Mapping[Id, frozenset[Id]]:
    """Every record of every hidden person, with the agencies that may know of it; read once a transaction.

    Records found to be one person are hidden together; where two of them were hidden, only who may know of both knows.
    """
    found: dict[Id, frozenset[Id]] | None = session.info.get(_HIDDEN)
    if found is None:
        found = session.info[_HIDDEN] = _read_hidden(session)
    return found


_HIDDEN_NOW = """
select h.person_id, a.agency_id from person_hidden h left join person_hidden_agency a on a.hidden_id = h.id
where h.lifted_at is null
"""


def _read_hidden(session: Session) -> dict[Id, frozenset[Id]]:
    with raised(session):
        return _read_everybody_hidden(session)


def _read_everybody_hidden(session: Session) -> dict[Id, frozenset[Id]]:
    named: dict[Id, set[Id]] = {}
    for person_id, agency_id in Sql(session).rows(_HIDDEN_NOW):
        named.setdefault(person_id, set()).update({agency_id} - {None})
    hidden: dict[Id, frozenset[Id]] = {}
    for person_id, same in (list_groups(session, list(named)) if named else {}).items():
        for each in same:
            hidden[each] = hidden.get(each, frozenset(named[person_id])) & frozenset(named[person_id])
    return hidden


def list_concealed(session: Session) -> frozenset[Id]:
    """The records of which the reader may not know."""
    reader = session.info.get(_READER)
    return frozenset(each for each, known_to in list_hidden(session).items() if reader not in known_to)


def not_concealed(session: Session, person_id: ColumnElement[Id]) -> tuple[ColumnElement[bool], ...]:
    """The condition that a column names nobody of whom the reader may not know; none while there is nobody such."""
    concealed = list_concealed(session)
    return (person_id.not_in(sorted(concealed)),) if concealed else ()


def without_concealed(session: Session, query: Select[Any], person_id: ColumnElement[Id]) -> Select[Any]:
    """A statement that was built once, as this reader may be answered: the same one while there is nobody such."""
    conditions = not_concealed(session, person_id)
    return query.where(*conditions) if conditions else query


def case_not_concealed(session: Session, case_id: ColumnElement[Id]) -> tuple[ColumnElement[bool], ...]:
    """The same for a column that names a case."""
    concealed = list_concealed(session)
    if not concealed:
        return ()
    return (case_id.not_in(select(mdt_case.c.id).where(mdt_case.c.person_id.in_(sorted(concealed)))),)


def contact_not_concealed(session: Session) -> tuple[ColumnElement[bool], ...]:
    """The condition that a contact met somebody else than concealed people, or nobody at all."""
    concealed = list_concealed(session)
    if not concealed:
        return ()
    met = contact_person.alias("met")
    named = select(met.c.person_id).where(met.c.contact_id == contact.c.id).correlate(contact)
    is_hidden = met.c.person_id.in_(sorted(concealed))
    return (or_(contact.c.unidentified_people > 0, ~exists(named.where(is_hidden)), exists(named.where(~is_hidden))),)


def list_hidings(session: Session, person_ids: Collection[Id]) -> list[Hiding]:
    """Every time that one of these records was hidden, the newest first. Whether somebody may know is decided before."""
    query = select(person_hidden).where(person_hidden.c.person_id.in_(person_ids)).order_by(person_hidden.c.at.desc())
    rows = session.execute(query).mappings().all()
    links = select(person_hidden_agency).where(person_hidden_agency.c.hidden_id.in_([row["id"] for row in rows]))
    named: dict[Id, list[Id]] = {}
    for link in session.execute(links.order_by(person_hidden_agency.c.agency_id)):
        named.setdefault(link.hidden_id, []).append(link.agency_id)
    return [Hiding(**row, agency_ids=tuple(named.get(row["id"], ()))) for row in rows]


def add_hiding(session: Session, new: Hiding) -> None:
    """Hide a person. Raises IntegrityError where they are hidden already."""
    values = msgspec.structs.asdict(new)
    agency_ids = values.pop("agency_ids")
    session.execute(insert(person_hidden), [values])
    if agency_ids:
        session.execute(insert(person_hidden_agency), [{"hidden_id": new.id, "agency_id": each} for each in agency_ids])
    session.info.pop(_HIDDEN, None)


def lift_hidings(session: Session, person_ids: Collection[Id], now: datetime, worker_id: Id, reason: str) -> None:
    """Show these records again. That they were hidden, and why, stays on record."""
    session.execute(
        update(person_hidden)
        .where(person_hidden.c.person_id.in_(person_ids), person_hidden.c.lifted_at.is_(None))
        .values(lifted_at=now, lifted_by=worker_id, lift_reason=reason)
    )
    session.info.pop(_HIDDEN, None)
