"""Files of a district's caseload, from the upload to their undoing, and what they said of people."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from server.database.context import beyond_reader
from server.queries.maps.hotspots import find_one_id
from server.queries.people.concealment import not_concealed
from server.queries.people.people import read_person
from server.tables.people.brought_in import brought_in, caseload_batch, caseload_mapping
from server.tables.people.person import person
from shared.model.person import Person
from shared.model.value import Id, Value

HELD_FOR = timedelta(days=14)
"""A file that nobody brought to its end is forgotten after so long: it names people."""


class Batch(Value, frozen=True, kw_only=True):
    """One file. `held` is sealed; `made` and `account` are JSON."""

    id: Id
    district_id: Id
    file_name: str
    begun_at: datetime
    begun_by: Id
    held: str = ""
    applied_at: datetime | None = None
    made: str = ""
    account: str = ""
    undone_at: datetime | None = None
    on_phones_at: datetime | None = None


class BroughtIn(Value, frozen=True, kw_only=True):
    """One thing that a file said of a person."""

    id: Id
    batch_id: Id
    person_id: Id
    kind: str
    day: date | None = None
    mdt_number: int | None = None
    text: str


def add_batch(session: Session, new: Batch) -> None:
    """Hold a file; what was held too long goes."""
    session.execute(insert(caseload_batch), [_row(new)])


def forget_old(session: Session, now: datetime) -> int:
    """Forget files that nobody brought to their end; returns how many."""
    old = caseload_batch.c.applied_at.is_(None) & (caseload_batch.c.begun_at < now - HELD_FOR)
    return int(getattr(session.execute(delete(caseload_batch).where(old)), "rowcount", 0))


def drop_batch(session: Session, batch_id: Id) -> None:
    """Forget a file that was not brought in."""
    session.execute(
        delete(caseload_batch).where(caseload_batch.c.id == batch_id, caseload_batch.c.applied_at.is_(None))
    )


def find_batch(session: Session, batch_id: Id) -> Batch | None:
    row = session.execute(select(caseload_batch).where(caseload_batch.c.id == batch_id)).mappings().first()
    return None if row is None else Batch(**row)


def lock_batch(session: Session, batch_id: Id) -> Batch | None:
    """The batch, which nobody else changes until the transaction ends."""
    query = select(caseload_batch).where(caseload_batch.c.id == batch_id).with_for_update()
    row = session.execute(query).mappings().first()
    return None if row is None else Batch(**row)


def list_batches(session: Session, district_id: Id) -> list[Batch]:
    """The files of a district, newest first, without what is held of them."""
    columns = [column for column in caseload_batch.c if column.name not in ("held", "made")]
    query = (
        select(*columns).where(caseload_batch.c.district_id == district_id).order_by(caseload_batch.c.begun_at.desc())
    )
    return [Batch(**row) for row in session.execute(query).mappings()]


def set_batch(session: Session, batch_id: Id, **values: Any) -> None:
    session.execute(update(caseload_batch).where(caseload_batch.c.id == batch_id).values(**values))


def list_mappings(session: Session, district_id: Id) -> dict[str, str]:
    """What headings mean, as JSON by name, the newest first."""
    query = select(caseload_mapping.c.name, caseload_mapping.c.meanings).where(
        caseload_mapping.c.district_id == district_id
    )
    rows = session.execute(query.order_by(caseload_mapping.c.changed_at.desc()))
    return {name: meanings for name, meanings in rows}  # noqa: C416 - rows are not pairs


def keep_mapping(session: Session, mapping_id: Id, district_id: Id, name: str, meanings: str, now: datetime) -> None:
    """Keep what headings mean under a name, in the place of what stood under it."""
    same = (caseload_mapping.c.district_id == district_id) & (caseload_mapping.c.name == name)
    session.execute(delete(caseload_mapping).where(same))
    row = {"id": mapping_id, "district_id": district_id, "name": name, "meanings": meanings, "changed_at": now}
    session.execute(insert(caseload_mapping), [row])


def add_facts(session: Session, facts: Sequence[BroughtIn]) -> None:
    if facts:
        session.execute(insert(brought_in), [_row(each) for each in facts])


def delete_facts_of_others(session: Session, batch_id: Id, keep: Collection[Id]) -> None:
    """Delete what a batch said of people, but for those who stay."""
    theirs = (brought_in.c.batch_id == batch_id) & brought_in.c.person_id.not_in(list(keep))
    session.execute(delete(brought_in).where(theirs))


def list_facts(session: Session, person_ids: Collection[Id]) -> list[BroughtIn]:
    """What was brought in of these records: by MDT, then by day."""
    query = select(brought_in).where(brought_in.c.person_id.in_(person_ids))
    order = (func.coalesce(brought_in.c.mdt_number, 0), brought_in.c.kind, brought_in.c.id)
    return [BroughtIn(**row) for row in session.execute(query.order_by(*order)).mappings()]


def list_known_since(session: Session, district_ids: Collection[Id]) -> dict[Id, date]:
    """Since when somebody on the list of one of these districts is known to sleep rough, as it was brought in; by the id their
    records share."""
    query = (
        select(brought_in.c.person_id, func.min(brought_in.c.day))
        .join(caseload_batch, caseload_batch.c.id == brought_in.c.batch_id)
        .where(
            caseload_batch.c.district_id.in_(sorted(district_ids)),
            brought_in.c.kind == "first_seen",
            brought_in.c.day.is_not(None),
            *not_concealed(session, brought_in.c.person_id),
        )
        .group_by(brought_in.c.person_id)
    )
    one_id = find_one_id(session)
    known: dict[Id, date] = {}
    for person_id, day in session.execute(query):
        same = one_id.get(person_id, person_id)
        known[same] = min(day, known.get(same, day))
    return known


@beyond_reader
def list_everybody(session: Session) -> list[Person]:
    """Everybody whom the reader may know of, to look for who is who."""
    rows = session.execute(select(person).where(*not_concealed(session, person.c.id)).order_by(person.c.id)).mappings()
    return [read_person(row) for row in rows]


def _row(value: Value) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__struct_fields__}
