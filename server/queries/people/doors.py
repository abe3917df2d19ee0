"""What services write down of somebody's days, and referrals to services with their answers."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, bindparam, exists, func, insert, select, update
from sqlalchemy.orm import Session

from server.database.context import beyond_reader
from server.queries.people.concealment import not_concealed, without_concealed
from server.tables.people.door import door_fact
from server.tables.people.person import person
from shared.model.door import REFERRAL_ENDED, DoorFact, DoorKind
from shared.model.value import Id

COLUMN = {"on": "happened_on"}
"""A field whose name SQL would take for its own word."""


@beyond_reader
def list_facts(session: Session, person_ids: Collection[Id]) -> list[DoorFact]:
    """Those of one person under all their records, the newest first; struck-out ones too. The caller asks policy of each."""
    query = select(door_fact).where(door_fact.c.person_id.in_(sorted(person_ids)))
    order = (door_fact.c.happened_on.desc(), door_fact.c.recorded_at.desc(), door_fact.c.id.desc())
    return _read(session, query.order_by(*order))


@beyond_reader
def list_received(session: Session, agency_id: Id) -> list[DoorFact]:
    """The referrals to this agency's services that have not ended, without hidden people, the oldest first. The caller asks
    policy of each."""
    return _read(session, without_concealed(session, _RECEIVED, door_fact.c.person_id), agency_id=agency_id)


@beyond_reader
def count_received(session: Session, agency_id: Id) -> int:
    """How many of these are of somebody who lives."""
    query = without_concealed(session, _COUNT_RECEIVED, door_fact.c.person_id)
    return int(session.scalars(query, {"agency_id": agency_id}).one())


# Built once: every page asks how many wait, and building the question costs more than the answer.
_ANSWER = door_fact.alias()
_ENDED = exists().where(
    _ANSWER.c.about_id == door_fact.c.id,
    _ANSWER.c.kind == str(DoorKind.ANSWERED),
    _ANSWER.c.struck_at.is_(None),
    _ANSWER.c.code.in_([str(each) for each in REFERRAL_ENDED]),
)
_WAITS = (door_fact.c.to_agency_id == bindparam("agency_id"), door_fact.c.struck_at.is_(None), ~_ENDED)
_DIED = exists().where(person.c.id == door_fact.c.person_id, person.c.died_on.is_not(None))
_RECEIVED = select(door_fact).where(*_WAITS).order_by(door_fact.c.happened_on, door_fact.c.recorded_at, door_fact.c.id)
_COUNT_RECEIVED = select(func.count()).select_from(door_fact).where(*_WAITS, ~_DIED)


def list_between(session: Session, first: date, last: date) -> list[DoorFact]:
    """Everybody's of some days that were not struck out, without hidden people, for figures."""
    query = select(door_fact).where(
        door_fact.c.happened_on.between(first, last),
        door_fact.c.struck_at.is_(None),
        *not_concealed(session, door_fact.c.person_id),
    )
    return _read(session, query)


def add_fact(session: Session, new: DoorFact) -> None:
    """Write a fact."""
    values = {COLUMN.get(name, name): getattr(new, name) for name in DoorFact.__struct_fields__}
    session.execute(insert(door_fact), [values | {"kind": str(new.kind)}])


def strike_out(session: Session, fact_id: Id, at: datetime, worker_id: Id) -> None:
    """It was never so: it stays on record and counts nowhere."""
    session.execute(update(door_fact).where(door_fact.c.id == fact_id).values(struck_at=at, struck_by=worker_id))


def _read(session: Session, query: Select[Any], **asked: Any) -> list[DoorFact]:
    names = DoorFact.__struct_fields__
    return [
        DoorFact(**({name: row[COLUMN.get(name, name)] for name in names} | {"kind": DoorKind(row["kind"])}))
        for row in session.execute(query, asked).mappings()
    ]
