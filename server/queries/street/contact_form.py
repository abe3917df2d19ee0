"""What the web page for recording a contact asks the database: who is known to a team, which places, which shift.

A row is shown only once `server.access` has allowed it. Nothing is written here.
"""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, exists, false, null, or_, select, true
from sqlalchemy.orm import Session

from server.database.sql import Sql
from server.queries.people.concealment import not_concealed
from server.queries.people.people import read_person
from server.tables.people.person import person
from server.tables.street.contact import contact, contact_correction
from server.tables.street.shift import shift, shift_worker, visit
from server.tables.street.site import site
from shared.model.codes import ContactState, SiteKind
from shared.model.person import Person
from shared.model.quick_entry import TO_CONFIRM
from shared.model.value import Id, Value
from shared.rules.corrections import STRUCK
from shared.rules.finding import Search, read_sought

MOST_FOUND = 20


class NamedSite(Value, frozen=True, kw_only=True):
    """A known place, to be chosen from a list."""

    id: Id
    name: str
    kind: SiteKind


class OwnRecord(Value, frozen=True, kw_only=True):
    """A contact or a visit as its author's own list says it; a visit has no state."""

    id: Id
    at: datetime
    state: ContactState | None
    place: str
    worker_id: Id
    is_struck: bool = False
    is_to_confirm: bool = False
    """Recorded on a locked phone, and not yet confirmed."""


def search_people(
    session: Session, words: str, team_ids: Collection[Id], district_ids: Collection[Id], today: date
) -> list[Person]:
    """Returns whom each word fits, however it is spelt, among the people of these teams and districts; who changed last first."""
    sought = read_sought(words, today)
    if sought.born is None and not sought.words:
        return []
    told = select(person.c.id, person.c.name, person.c.alias, person.c.description, person.c.date_of_birth)
    query = told.where(_of(person, team_ids, district_ids), *not_concealed(session, person.c.id))
    rows = session.execute(query.order_by(person.c.changed_at.desc(), person.c.id)).all()
    search = Search(sought)
    found = (row.id for row in rows if search.fits((row.name, row.alias), row.description, row.date_of_birth))
    ids = list(islice(found, MOST_FOUND))
    known = session.execute(select(person).where(person.c.id.in_(ids))).mappings()
    return sorted(map(read_person, known), key=lambda each: ids.index(each.id))


def list_named_sites(session: Session, team_ids: Collection[Id], district_ids: Collection[Id]) -> list[NamedSite]:
    """Returns the places in use of these teams and districts, by name."""
    query = select(site.c.id, site.c.name, site.c.kind).where(
        site.c.in_use.is_(True), _of(site, team_ids, district_ids)
    )
    rows = session.execute(query.order_by(site.c.name, site.c.id))
    return [NamedSite(id=row.id, name=row.name, kind=SiteKind(row.kind)) for row in rows]


def find_shift_at(session: Session, worker_id: Id, team_id: Id, night: date, at: datetime) -> Id | None:
    """Returns the newest shift of a night that this worker walked with this team and that had not ended by then."""
    query = (
        select(shift.c.id)
        .join(shift_worker, shift_worker.c.shift_id == shift.c.id)
        .where(
            shift_worker.c.worker_id == worker_id,
            shift.c.team_id == team_id,
            shift.c.night == night,
            shift.c.ended_at.is_(None) | (shift.c.ended_at >= at),
        )
        .order_by((shift.c.started_at <= at).desc(), shift.c.started_at.desc(), shift.c.id)
    )
    return session.scalars(query.limit(1)).first()


def list_own_since(session: Session, worker_id: Id, night: date) -> list[OwnRecord]:
    """What a worker recorded of a night and since, the newest first: contacts and visits, the struck ones too."""
    met = select(
        contact.c.id, contact.c.seen_at.label("at"), contact.c.state, site.c.name, contact.c.worker_id,
        false().label("is_struck"), _is_to_confirm(),
    )  # fmt: skip
    looked = _looked()
    rows = [
        *session.execute(_since(met, contact, night).where(contact.c.worker_id == worker_id)),
        *session.execute(_since(looked, visit, night).where(visit.c.worker_id == worker_id)),
    ]
    return _in_order(rows)


def list_struck_since(session: Session, team_ids: Collection[Id], night: date) -> list[OwnRecord]:
    """The contacts and visits of these teams of a night and since that somebody struck out last."""
    newer = contact_correction.alias()
    is_last = ~exists().where(
        newer.c.contact_id == contact_correction.c.contact_id, newer.c.at > contact_correction.c.at
    )
    met = select(
        contact.c.id, contact.c.seen_at.label("at"), contact.c.state, site.c.name, contact.c.worker_id,
        true().label("is_struck"), _is_to_confirm(),
    )  # fmt: skip
    query = _since(met, contact, night).join(contact_correction, contact_correction.c.contact_id == contact.c.id)
    struck = contact_correction.c.reason.startswith(STRUCK, autoescape=True)
    looked = _since(_looked(), visit, night).where(visit.c.team_id.in_(sorted(team_ids)), visit.c.is_struck)
    rows = [
        *session.execute(query.where(contact.c.team_id.in_(sorted(team_ids)), struck, is_last)),
        *session.execute(looked),
    ]
    return _in_order(rows)


def _looked() -> Select[Any]:
    return select(
        visit.c.id,
        visit.c.at,
        null().label("state"),
        site.c.name,
        visit.c.worker_id,
        visit.c.is_struck,
        false().label("is_to_confirm"),
    )


def _is_to_confirm() -> ColumnElement[bool]:
    return contact.c.note.startswith(TO_CONFIRM, autoescape=True).label("is_to_confirm")


def _since(query: Select[Any], table: Table, night: date) -> Select[Any]:
    return query.select_from(table).outerjoin(site, site.c.id == table.c.site_id).where(table.c.night >= night)


def _in_order(rows: Iterable[Any]) -> list[OwnRecord]:
    found = [
        OwnRecord(
            id=row.id, at=row.at, state=ContactState(row.state) if row.state else None, place=row.name or "",
            worker_id=row.worker_id, is_struck=bool(row.is_struck), is_to_confirm=bool(row.is_to_confirm),
        )
        for row in rows
    ]  # fmt: skip
    return sorted(found, key=lambda each: (each.at, each.id), reverse=True)


def find_author(session: Session, contact_id: Id) -> Id | None:
    """Returns who recorded a contact; None when there is no such contact."""
    return session.scalar(select(contact.c.worker_id).where(contact.c.id == contact_id))


def hold_form(session: Session, form_id: Id) -> None:
    """Lets one press at a time through for a form, until the transaction ends. SQLite has one writer as it is."""
    sql = Sql(session)
    if sql.is_postgres:
        sql.rows("select pg_advisory_xact_lock(hashtextextended(?, 0))", form_id)


def _of(table: Table, team_ids: Collection[Id], district_ids: Collection[Id]) -> ColumnElement[bool]:
    return or_(table.c.team_id.in_(sorted(team_ids)), table.c.district_id.in_(sorted(district_ids)))
