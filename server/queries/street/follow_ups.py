"""Squares to go back to: where people were met lately who were bedded down, or with whom a next step was agreed. Counts only."""

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from itertools import starmap
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.queries.people.concealment import not_concealed
from server.queries.people.verification import list_groups
from server.queries.street.looks import ROUGH, pieces
from server.tables.people.person import person
from server.tables.street.contact import contact, contact_person
from shared.model.value import Id

FOLLOW_UP_NIGHTS = 7
"""As on the phone's own list of tonight."""


class _Met(NamedTuple):
    person_id: Id
    night: date
    cell: int | None
    district_id: Id | None
    state: str
    next_step: str
    seen_at: datetime
    contact_id: Id


def count_follow_ups(session: Session, district_ids: Collection[Id], tonight: date) -> Mapping[int, int]:
    """By square, how many people were last met there in the last nights and not yet tonight: each once under whatever record, by
    the newest contact, wherever that was; nobody who died."""
    met = (
        select(contact_person.c.person_id)
        .distinct()
        .join(contact, contact.c.id == contact_person.c.contact_id)
        .where(
            contact.c.district_id.in_(sorted(district_ids)),
            contact.c.night >= tonight - timedelta(days=FOLLOW_UP_NIGHTS),
            *not_concealed(session, contact_person.c.person_id),
        )
    )
    groups = list_groups(session, list(session.scalars(met)))
    one_id = {each: min(same) for same in groups.values() for each in same}
    newest: dict[Id, _Met] = {}
    for row in _list_newest_last(session, one_id, tonight):
        newest[one_id[row.person_id]] = row
    gone = _list_dead(session, one_id)
    return Counter(
        row.cell
        for who, row in newest.items()
        if row.cell is not None
        and row.night < tonight
        and row.district_id in district_ids
        and (row.state in ROUGH or row.next_step != "")
        and who not in gone
    )


def _list_newest_last(session: Session, person_ids: Collection[Id], tonight: date) -> list[_Met]:
    """Every contact with these records in the last nights, each record's newest last."""
    rows: list[_Met] = []
    for some in pieces(sorted(person_ids)):
        query = (
            select(
                contact_person.c.person_id, contact.c.night, contact.c.cell, contact.c.district_id, contact.c.state,
                contact.c.next_step, contact.c.seen_at, contact.c.id,
            )
            .join(contact, contact.c.id == contact_person.c.contact_id)
            .where(
                contact_person.c.person_id.in_(some),
                contact.c.night >= tonight - timedelta(days=FOLLOW_UP_NIGHTS),
            )
        )  # fmt: skip
        rows += starmap(_Met, session.execute(query).all())
    return sorted(rows, key=lambda row: (row.seen_at, row.contact_id))


def _list_dead(session: Session, one_id: Mapping[Id, Id]) -> set[Id]:
    dead: set[Id] = set()
    for some in pieces(sorted(one_id)):
        query = select(person.c.id).where(person.c.id.in_(some), person.c.died_on.is_not(None))
        dead |= {one_id[each] for each in session.scalars(query)}
    return dead
