"""What is derived about people, read to be compared and made anew: a piece at a time, in the order of ids."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from server.database.sql import Sql
from server.tables.people.person import person, person_merge, person_need
from server.tables.people.verification import person_verification
from server.tables.street.conflict import conflict
from server.tables.street.contact import contact, contact_colleague, contact_need, contact_person
from server.tables.street.site import site
from shared.model.value import Id

DERIVED: tuple[tuple[Table, str, frozenset[str]], ...] = (
    (person, "id", frozenset({"changed_at"})),
    (site, "id", frozenset({"changed_at"})),
    (conflict, "entity_id", frozenset({"noticed_at"})),
    (person_verification, "person_id", frozenset()),
    (contact, "id", frozenset({"original"})),
    (contact_person, "contact_id", frozenset()),
    (contact_colleague, "contact_id", frozenset()),
    (contact_need, "contact_id", frozenset()),
    (person_need, "contact_id", frozenset()),
)
"""Tables that follow from facts, the column that names the record, and columns that only say when they were derived."""


def list_described(session: Session, after: Id, limit: int) -> dict[Id, str]:
    """The next records that were ever described by patches, with the kind of patch."""
    query = (
        "select entity, min(type) from sync_change where entity > ? and reason is null "
        "and type in ('person.patched', 'site.patched') group by entity order by entity limit ?"
    )
    return dict(Sql(session).rows(query, after, limit))


def list_met(session: Session, after: Id, limit: int) -> list[Id]:
    """The next people who were met, judged or merged."""
    query = (
        "select person_id from (select person_id from contact_person union select person_id from verification "
        "union select person_id from person_verification) known where person_id > ? order by person_id limit ?"
    )
    return [person_id for (person_id,) in Sql(session).rows(query, after, limit)]


def list_corrected(session: Session, after: Id, limit: int) -> list[Id]:
    """The next contacts that read otherwise than at first, of which what they said at first is still kept."""
    query = "select id from contact where original is not null and id > ? order by id limit ?"
    return [contact_id for (contact_id,) in Sql(session).rows(query, after, limit)]


def list_merged_pairs(session: Session) -> list[tuple[Id, Id]]:
    """Every two records of which somebody said that they are one person, or are not."""
    rows = session.execute(select(person_merge.c.from_id, person_merge.c.into_id).distinct())
    return [(row.from_id, row.into_id) for row in rows]


def read_derived(session: Session, ids: Collection[Id]) -> dict[tuple[str, str], dict[str, Any]]:
    """Every derived row about these records, by table and key, without the columns that say when it was derived."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for table, column, passing in DERIVED:
        key = [each.name for each in table.primary_key.columns]
        for row in session.execute(select(table).where(table.c[column].in_(ids))).mappings():
            told = {name: value for name, value in row.items() if name not in passing}
            found[str(table.name), "/".join(str(row[name]) for name in key)] = told
    return found


def renew_districts(session: Session, person_ids: Collection[Id]) -> None:
    """Where people were last met, whichever contact arrived last: who else may open their record follows from it."""
    if person_ids:
        Sql(session).run(_RENEW, set(person_ids))


def forget_districts(session: Session, person_ids: Collection[Id]) -> None:
    """A contact that named these people, as is said now, was with somebody else: whoever was met nowhere besides belongs to no
    district."""
    if person_ids:
        Sql(session).run(_FORGET, set(person_ids))


_NEWEST = (
    "(select met.district_id from contact_person met where met.person_id = person.id and met.district_id is not null "
    "order by met.seen_at desc, met.contact_id desc limit 1)"
)
_RENEW = f"update person set district_id = coalesce({_NEWEST}, district_id) where id in ?*"
_FORGET = (
    "update person set district_id = null where id in ?* "
    "and not exists (select 1 from contact_person met where met.person_id = person.id)"
)
