"""Looks: one square (or site) × night × shift, with whom it found. Derived from contacts and visits, and only here.

Whoever writes a contact, a visit, a merge or an erasure names the outings it touched (`Outing`) and renews them in the same
transaction. A rebuild derives every outing from the facts by the same code, so that both are one.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from datetime import date, timedelta
from itertools import starmap
from typing import NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Table, and_, delete, func, literal, null, or_, select
from sqlalchemy.orm import Session

from server.database.bulk import insert_all
from server.database.context import beyond_reader
from server.database.locks import lock_records
from server.queries.people.concealment import list_concealed
from server.queries.people.verification import list_groups
from server.tables.street.contact import contact, contact_person
from server.tables.street.look import look
from server.tables.street.shift import visit
from shared.model.value import Id
from shared.rules.verification import ROUGH_SLEEPING_STATES

Each = TypeVar("Each")
Condition = ColumnElement[bool]

PIECE = 500
"""How many ids one IN may hold."""
LOCKS = 32
"""Nights share so many locks, however many of them one push brings."""
ROUGH = frozenset(str(state) for state in ROUGH_SLEEPING_STATES)


class Outing(NamedTuple):
    """One shift (else the team) on one night in one district ("" where none is known)."""

    district_id: Id
    night: date
    outing: Id


class Square(NamedTuple):
    """A square of an outing; `cell` is 0 where only the site is known, `site_id` "" where there is a square."""

    district_id: Id
    night: date
    outing: Id
    cell: int
    site_id: Id


class Look(NamedTuple):
    """What one outing found in one square: a `Square`, and whom."""

    district_id: Id
    night: date
    outing: Id
    cell: int
    site_id: Id
    people: int
    unidentified: int


Ground = TypeVar("Ground", Outing, Square)


class _Row(NamedTuple):
    district_id: Id | None
    night: date
    outing: Id
    cell: int | None
    site_id: Id | None
    of: Id
    state: str | None
    unidentified: int
    person_id: Id | None


def list_outings(
    session: Session,
    *,
    contact_ids: Collection[Id] = (),
    visit_ids: Collection[Id] = (),
    person_ids: Collection[Id] = (),
) -> set[Outing]:
    """The outings of these contacts and visits, and of every contact that met one of these records or their like."""
    found: set[Outing] = set()
    for table, ids in ((contact, contact_ids), (visit, visit_ids)):
        for some in pieces(ids):
            found |= _read_outings(session, table, table.c.id.in_(some))
    same = {each for group in list_groups(session, person_ids).values() for each in group} if person_ids else set()
    for some in pieces(same):
        met = select(contact_person.c.contact_id).where(contact_person.c.person_id.in_(some))
        found |= _read_outings(session, contact, contact.c.id.in_(met))
    return found


def list_squares(session: Session, contact_ids: Collection[Id], visit_ids: Collection[Id]) -> set[Square]:
    """The squares in which these contacts and visits were made, of those that have a place."""
    found: set[Square] = set()
    for table, ids in ((contact, contact_ids), (visit, visit_ids)):
        for some in pieces(ids):
            query = select(table.c.district_id, table.c.night, _outing_of(table), table.c.cell, table.c.site_id)
            rows = session.execute(query.where(table.c.id.in_(some), _has_place(table)).distinct())
            found |= {_square(*row) for row in rows}
    return found


def list_outings_placed(session: Session, table: Table, condition: ColumnElement[bool]) -> set[Outing]:
    """The outings of contacts or visits that have a place and fulfil a condition."""
    return _read_outings(session, table, and_(condition, or_(table.c.cell.is_not(None), table.c.site_id.is_not(None))))


def hold_nights(session: Session, nights: Collection[date]) -> None:
    """Hold the looks of these nights. Who takes the feed counter before it derives them holds them before that."""
    lock_records(session, {f"look {night.toordinal() % LOCKS}" for night in nights})


def renew_looks(session: Session, outings: Collection[Outing]) -> None:
    """Derive the looks of these outings again, in the place of what stood there. On PostgreSQL, one at a time a night."""
    _renew(session, outings, _is_of)


def renew_squares(session: Session, squares: Collection[Square]) -> None:
    """The same of squares to which something was added and from which nothing was taken: the rest of their outings stands."""
    _renew(session, squares, _is_in)


def _renew(
    session: Session, named: Collection[Ground], condition: Callable[[Table, Collection[Ground]], Condition]
) -> None:
    if not named:
        return
    hold_nights(session, {each.night for each in named})
    for some in pieces(sorted(named)):
        # Whatever stands between the named ones is derived along with them: both statements ask the same.
        fresh = _derive(session, condition(contact, some), condition(visit, some))
        session.execute(delete(look).where(condition(look, some)))
        if fresh:
            insert_all(session, look, [each._asdict() for each in fresh])


def rebuild_looks(session: Session) -> int:
    """Derive every look again, a month at a time; returns how many differed from what stood there."""
    ends = [session.execute(select(func.min(t.c.night), func.max(t.c.night))).one() for t in (contact, visit, look)]
    nights = [night for pair in ends for night in pair if night is not None]
    differing, first = 0, min(nights, default=None)
    while first is not None and first <= max(nights):
        last = first + timedelta(days=30)
        held = {Look(*row) for row in session.execute(select(look).where(look.c.night.between(first, last)))}
        fresh = set(_derive(session, contact.c.night.between(first, last), visit.c.night.between(first, last)))
        differing += len(held ^ fresh)
        wrong = {Outing(*each[:3]) for each in held ^ fresh}
        renew_looks(session, wrong)
        first = last + timedelta(days=1)
    return differing


def list_looks(session: Session, district_ids: Collection[Id], first: date, last: date) -> list[Look]:
    """The looks of these districts from one night to another, without what the reader may not know.

    Where no look was ever written (a database that was filled by hand) they are derived here and now.
    """
    here = look.c.district_id.in_(sorted(district_ids)) & look.c.night.between(first, last)
    if session.execute(select(literal(1)).select_from(look).limit(1)).first() is None:
        of_contacts, of_visits = (_is_within(table, district_ids, first, last) for table in (contact, visit))
        return _derive(session, of_contacts, of_visits, list_concealed(session))
    found = [Look(*row) for row in session.execute(select(look).where(here))]
    concealed = list_concealed(session)
    if not concealed:
        return found
    return _without_concealed(session, found, _is_within(contact, district_ids, first, last), concealed)


@beyond_reader
def _without_concealed(
    session: Session, found: list[Look], within: ColumnElement[bool], concealed: Collection[Id]
) -> list[Look]:
    """These looks as if these people had never been met; of no outing beside. The reader's own transaction sees neither them nor
    whom a contact met, so it could not tell which looks are theirs."""
    met = select(contact_person.c.contact_id).where(contact_person.c.person_id.in_(sorted(concealed)))
    known_to_few = _read_outings(session, contact, contact.c.id.in_(met) & within) & {
        Outing(*each[:3]) for each in found
    }
    if not known_to_few:
        return found
    some = sorted(known_to_few)
    again = _derive(session, _is_of(contact, some), _is_of(visit, some), concealed)
    return [each for each in found if Outing(*each[:3]) not in known_to_few] + [
        each for each in again if Outing(*each[:3]) in known_to_few
    ]


def _derive(
    session: Session, of_contacts: ColumnElement[bool], of_visits: ColumnElement[bool], concealed: Collection[Id] = ()
) -> list[Look]:
    """The looks that these contacts and visits make.

    A contact whom only concealed people met is as if it had not been. A visit counts where it found nobody: whom a visit
    found stands in the contacts beside it, which may lie in the next square.
    """
    met: dict[Square, set[Id]] = defaultdict(set)
    unidentified: dict[Square, dict[Id, int]] = defaultdict(dict)
    rows = _read_rows(session, of_contacts, of_visits, concealed)
    groups = list_groups(session, {row.person_id for row in rows if row.person_id})
    for row in rows:
        key = _square(row.district_id, row.night, row.outing, row.cell, row.site_id)
        is_rough = row.state in ROUGH
        unidentified[key][row.of] = row.unidentified if is_rough else 0
        if is_rough and row.person_id:
            met[key].add(min(groups[row.person_id]))
    return [Look(*key, len(met[key]), sum(strangers.values())) for key, strangers in unidentified.items()]


def _read_rows(
    session: Session, of_contacts: ColumnElement[bool], of_visits: ColumnElement[bool], concealed: Collection[Id]
) -> list[_Row]:
    contacts = (
        select(
            contact.c.district_id, contact.c.night, _outing_of(contact), contact.c.cell, contact.c.site_id, contact.c.id,
            contact.c.state, contact.c.unidentified_people, contact_person.c.person_id,
        )
        .outerjoin(contact_person, contact_person.c.contact_id == contact.c.id)
        .where(of_contacts, _has_place(contact))
    )  # fmt: skip
    visits = select(
        visit.c.district_id, visit.c.night, _outing_of(visit), visit.c.cell, visit.c.site_id, visit.c.id,
        null(), literal(0), null(),
    ).where(of_visits, _has_place(visit), visit.c.people_found == 0, visit.c.is_struck.is_(False))  # fmt: skip
    rows = list(starmap(_Row, session.execute(contacts).all()))
    hidden = [row for row in rows if row.person_id in concealed]
    if hidden:
        rows = [row for row in rows if row.person_id not in concealed]
        told = {row.of for row in rows}
        rows += [row._replace(person_id=None) for row in hidden if row.unidentified and row.of not in told]
    return rows + list(starmap(_Row, session.execute(visits).all()))


def _square(district_id: Id | None, night: date, outing: Id, cell: int | None, site_id: Id | None) -> Square:
    return Square(district_id or "", night, outing, cell or 0, "" if cell else site_id or "")


def _has_place(table: Table) -> ColumnElement[bool]:
    return or_(table.c.cell.is_not(None), table.c.site_id.is_not(None))


def _outing_of(table: Table) -> ColumnElement[Id]:
    if table is look:
        return look.c.outing
    outing: ColumnElement[Id] = func.coalesce(table.c.shift_id, table.c.team_id)
    return outing


def _read_outings(session: Session, table: Table, condition: ColumnElement[bool]) -> set[Outing]:
    query = select(table.c.district_id, table.c.night, _outing_of(table)).where(condition).distinct()
    return {Outing(district_id or "", night, outing) for district_id, night, outing in session.execute(query)}


def _is_of(table: Table, outings: Collection[Outing]) -> ColumnElement[bool]:
    districts = {each.district_id for each in outings}
    where = [table.c.district_id.in_(sorted(districts))]
    if "" in districts and table is not look:
        where.append(table.c.district_id.is_(None))
    return and_(
        or_(*where),
        table.c.night.in_(sorted({each.night for each in outings})),
        _outing_of(table).in_(sorted({each.outing for each in outings})),
    )


def _is_in(table: Table, squares: Collection[Square]) -> ColumnElement[bool]:
    return and_(
        _is_of(table, {Outing(*each[:3]) for each in squares}),
        or_(
            table.c.cell.in_(sorted({each.cell for each in squares if each.cell})),
            and_(
                func.coalesce(table.c.cell, 0) == 0,
                table.c.site_id.in_(sorted({each.site_id for each in squares if each.site_id})),
            ),
        ),
    )


def _is_within(table: Table, district_ids: Collection[Id], first: date, last: date) -> ColumnElement[bool]:
    return and_(table.c.district_id.in_(sorted(district_ids)), table.c.night.between(first, last))


def pieces(values: Collection[Each]) -> Iterator[list[Each]]:
    every = list(values)
    return (every[start : start + PIECE] for start in range(0, len(every), PIECE))
