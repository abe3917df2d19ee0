"""People sleeping rough: their records as shown now, their needs, and which records are one person."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from msgspec import structs
from sqlalchemy import RowMapping, bindparam, insert, select
from sqlalchemy.orm import Session

from server.database.statements import ids
from server.queries.people.subjects import list_same_person, same_person
from server.queries.people.told_needs import STANDS
from server.queries.people.verification import list_groups
from server.tables.people.person import person, person_need
from shared.model.codes import Gender, InstitutionLeft, Quality, ReceivingSupport, SupportNeed
from shared.model.person import PERSON_FIELDS, NeedRecorded, Person
from shared.model.value import Id
from shared.rules.careful import with_joined

CODE_FIELDS = {
    "name_quality": Quality,
    "dob_quality": Quality,
    "gender": Gender,
    "institution_left": InstitutionLeft,
}


_PERSON = select(person).where(person.c.id == bindparam("person_id"))
_PEOPLE = select(person).where(person.c.id.in_(ids("person_ids"))).order_by(person.c.id)


def find_person(session: Session, person_id: Id) -> Person | None:
    """The person's record as shown now."""
    row = session.execute(_PERSON, {"person_id": person_id}).mappings().first()
    return None if row is None else read_person(row)


def list_people(session: Session, person_ids: Collection[Id]) -> list[Person]:
    """The records of these people, in the order of their ids. Unknown ids are left out."""
    rows = session.execute(_PEOPLE, {"person_ids": list(person_ids)}).mappings()
    return [read_person(row) for row in rows]


def with_joined_safety(session: Session, persons: Sequence[Person]) -> list[Person]:
    """These people, each with what any record that is the same person warns of."""
    same = same_person(select(person.c.id.label("whose")).where(person.c.id.in_([each.id for each in persons])))
    query = select(same.c.whose, person).join(person, person.c.id == same.c.id).where(same.c.id != same.c.whose)
    joined: dict[Id, list[Person]] = {}
    for row in session.execute(query.order_by(person.c.id)).mappings():
        joined.setdefault(row["whose"], []).append(read_person(row))
    return [with_joined(each, joined[each.id]) if each.id in joined else each for each in persons]


def list_as_one(session: Session, person_ids: Collection[Id]) -> list[Person]:
    """These people for counting, in the order of their ids: gender and age as any record that is theirs says, where their own
    does not."""
    groups = list_groups(session, person_ids)
    known = {each.id: each for each in list_people(session, {one for same in groups.values() for one in same})}

    def add(one: Id) -> Person:
        same = [known[one], *(known[each] for each in sorted(groups[one] - {one}) if each in known)]
        return structs.replace(
            known[one],
            gender=next((each.gender for each in same if each.gender is not Gender.NOT_KNOWN), Gender.NOT_KNOWN),
            date_of_birth=next((each.date_of_birth for each in same if each.date_of_birth), None),
            approximate_age_years=next(
                (each.approximate_age_years for each in same if each.approximate_age_years is not None), None
            ),
        )

    return [add(each) for each in sorted(person_ids) if each in known]


def read_person(row: RowMapping | Mapping[str, Any]) -> Person:
    """A person from a row of their table."""
    values: dict[str, Any] = {name: row[name] for name in PERSON_FIELDS}
    values |= {name: codes(values[name]) for name, codes in CODE_FIELDS.items()}
    return Person(id=row["id"], **values)


def list_needs(session: Session, person_id: Id) -> list[NeedRecorded]:
    """What the person needs today: the newest record of each need, of every record that is the same person."""
    same = list_same_person(session, person_id)
    rows = session.execute(
        select(person_need)
        .where(person_need.c.person_id.in_(same), STANDS)
        .order_by(person_need.c.at, person_need.c.id)
    ).mappings()
    newest = {row["need"]: row for row in rows}
    return [
        NeedRecorded(
            **{
                **{name: newest[need][name] for name in NeedRecorded.__struct_fields__},
                "need": SupportNeed(need),
                "receiving_support": ReceivingSupport(newest[need]["receiving_support"]),
            }
        )
        for need in sorted(newest)
    ]


NO_NEED = frozenset({str(SupportNeed.NONE), str(SupportNeed.NOT_KNOWN)})


def list_unmet_needs(session: Session, groups: Mapping[Id, frozenset[Id]]) -> dict[Id, list[SupportNeed]]:
    """Of each of these people (with every id that is the same person) the needs that nobody helps with, by the newest record."""
    whose = {record: group for group in groups.values() for record in group}
    columns = person_need.c.person_id, person_need.c.need, person_need.c.receiving_support
    query = select(*columns).where(person_need.c.person_id.in_(sorted(whose)), STANDS)
    newest: dict[frozenset[Id], dict[str, str]] = {}
    for row in session.execute(query.order_by(person_need.c.at, person_need.c.id)):
        newest.setdefault(whose[row.person_id], {})[row.need] = row.receiving_support
    return {
        each: [
            SupportNeed(need)
            for need, support in sorted(newest.get(group, {}).items())
            if support == str(ReceivingSupport.NO) and need not in NO_NEED
        ]
        for each, group in groups.items()
    }


def list_known(session: Session, person_ids: Collection[Id]) -> set[Id]:
    """Which of these ids have a record."""
    return set(session.scalars(select(person.c.id).where(person.c.id.in_(person_ids))))


def add_people(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Store new records: each row holds the columns of the table."""
    if rows:
        session.execute(insert(person), rows)
