"""Whom of a case list somebody looks for. A person is known by what every record of theirs says: those that were found to be the
same person's as the one on the list speak for it too."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, bindparam, or_, select
from sqlalchemy.orm import Session

from server.queries.people.concealment import without_concealed
from server.tables.cases.case import mdt_case
from server.tables.people.person import person, person_merge
from shared.model.value import Id
from shared.rules.finding import Search, Sought

_joined = (
    select(person_merge.c.into_id, person.c.name, person.c.alias, person.c.description, person.c.date_of_birth)
    .join_from(person_merge, person, person.c.id == person_merge.c.from_id)
    .where(person_merge.c.undone.is_(False))
    .subquery("joined")
)
_JOINED = (
    select(_joined)
    .join(mdt_case, mdt_case.c.person_id == _joined.c.into_id)
    .where(mdt_case.c.district_id == bindparam("district_id"))
)


def was_born() -> ColumnElement[bool]:
    """The condition, on `mdt_case` joined with `person`, that one of their records has the date of birth `born`."""
    theirs = select(_joined.c.into_id).where(_joined.c.date_of_birth == bindparam("born"))
    return or_(person.c.date_of_birth == bindparam("born"), mdt_case.c.person_id.in_(theirs))


def list_fitting(session: Session, rows: Iterable[Any], asked: dict[str, Any], sought: Sought) -> list[Any]:
    """Whom of these rows (id, name, alias, description, date of birth, person) the words fit. The rule is asked, not a database:
    both find the same people, and nobody by signs alone."""
    if sought.born is None and not sought.words:
        return []
    also: dict[Id, list[Any]] = {}
    for row in session.execute(without_concealed(session, _JOINED, mdt_case.c.person_id), asked):
        also.setdefault(row.into_id, []).append(row)
    search, found = Search(sought), []
    for row in rows:
        _, name, alias, description, born, person_id = row
        if person_id in also:
            name, alias, description, born = _as_one([row, *also[person_id]], sought)
        if search.fits((name, alias), description, born):
            found.append(row)
    return found


def _as_one(records: list[Any], sought: Sought) -> tuple[str, str, str, date | None]:
    """Several records of one person, read as one: every name and description, and the date of birth that is looked for."""
    name, alias, told = (" ".join(getattr(each, part) for each in records) for part in ("name", "alias", "description"))
    born = [each.date_of_birth for each in records]
    return name, alias, told, sought.born if sought.born in born else born[0]
