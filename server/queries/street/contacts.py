"""Street contacts: stored a batch at a time, read back whole, with their corrections."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from operator import attrgetter
from typing import Any

import msgspec
from sqlalchemy import RowMapping, Table, func, select
from sqlalchemy.orm import Session

from server.database import bulk
from server.database.context import beyond_reader
from server.database.locks import lock_records
from server.database.positions import lay_all_flat, read_position
from server.database.sql import Sql, moment_of
from server.tables.street.contact import contact, contact_colleague, contact_correction, contact_need, contact_person
from shared.model.codes import ContactState, ReceivingSupport, SupportNeed
from shared.model.contact import Contact, ContactCorrection, NeedSeen
from shared.model.value import Id, Value


class StoredContact(Value, frozen=True, kw_only=True):
    """A contact with what the server knows besides: when it was received, where it was, and what it said at first."""

    contact: Contact
    received_at: datetime
    district_id: Id | None = None
    cell: int | None = None
    corrections: int = 0
    original: str | None = None


NUMBERING = "numbers of contacts"
_encode = msgspec.json.Encoder().encode


def add_contacts(session: Session, stored: Sequence[StoredContact]) -> None:
    """Store contacts that were not there; one that is there already stays as it is."""
    bulk.insert_new(session, contact, _columns(stored))
    _add_links(session, stored)


def replace_contacts(session: Session, stored: Sequence[StoredContact]) -> None:
    """Store contacts as they read now, in the place of what they read before."""
    bulk.upsert(session, contact, _columns(stored))
    ids = [each.contact.id for each in stored]
    for links in (contact_person, contact_colleague, contact_need):
        bulk.delete_of(session, links, "contact_id", ids)
    _add_links(session, stored)


def _columns(stored: Sequence[StoredContact]) -> dict[str, Sequence[Any]]:
    """The table's columns, each whole: a night's worth of contacts is written several times as fast as row by row."""
    told = [each.contact for each in stored]
    return {
        **bulk.lay_on_side(_AS_THEY_ARE, list(map(_as_they_are, told))),
        "state": [str(each.state) for each in told],
        "offered": [_list_of(each.offered) for each in told],
        "given": [_list_of(each.given) for each in told],
        **lay_all_flat([each.position for each in told]),
        "received_at": [each.received_at for each in stored],
        "district_id": [each.district_id for each in stored],
        "cell": [each.cell for each in stored],
        "corrections": [each.corrections for each in stored],
        "original": [each.original for each in stored],
    }


_AS_THEY_ARE = (
    "id", "seen_at", "recorded_at", "night", "worker_id", "team_id", "shift_id", "unidentified_people", "site_id",
    "referral_id", "safety_needs", "strengths", "next_step", "note",
)  # fmt: skip
_as_they_are = attrgetter(*_AS_THEY_ARE)


def _list_of(phrases: Sequence[str]) -> str:
    return _encode(phrases).decode() if phrases else "[]"


_MEETING = ("contact_id", "person_id", "seen_at", "night", "state", "district_id", "team_id", "referral_id")


def _add_links(session: Session, stored: Sequence[StoredContact]) -> None:
    met = [
        (
            told.id, person_id, told.seen_at, told.night, str(told.state), each.district_id, told.team_id, told.referral_id,
        )
        for each in stored
        for told in (each.contact,)
        for person_id in dict.fromkeys(told.person_ids)
    ]  # fmt: skip
    colleagues = [
        {"contact_id": each.contact.id, "worker_id": worker_id}
        for each in stored
        for worker_id in set(each.contact.colleague_ids)
    ]
    needs = [
        {"contact_id": each.contact.id, "need": str(seen.need), "receiving_support": str(seen.receiving_support)}
        for each in stored
        for seen in each.contact.needs
    ]
    bulk.insert_new(session, contact_person, bulk.lay_on_side(_MEETING, met))
    bulk.insert_new(session, contact_colleague, colleagues)
    bulk.insert_new(session, contact_need, needs)


def list_contacts_of(session: Session, person_ids: Collection[Id]) -> list[Id]:
    """The ids of the contacts in which any of these people was met, in order."""
    query = select(contact_person.c.contact_id).distinct().where(contact_person.c.person_id.in_(person_ids))
    return list(session.scalars(query.order_by(contact_person.c.contact_id)))


def number_new(session: Session, most: int, now: datetime) -> int:
    """Give contacts that were stored for good their number, at most so many; returns how many.

    Whoever reads on from a number misses nothing: a contact that comes later, however long its transaction was open, has a higher
    one, and so has one that is numbered anew after a restore: numbers begin at the milliseconds of the clock. One transaction
    at a time numbers.
    """
    lock_records(session, [NUMBERING])
    given = max(session.scalar(select(func.max(contact.c.told_number))) or 0, int(now.timestamp() * 1000))
    waiting = select(contact.c.id).where(contact.c.told_number.is_(None))
    ids = session.scalars(waiting.order_by(contact.c.received_at, contact.c.id).limit(most)).all()
    bulk.update_each(session, contact, {each: {"told_number": given + n} for n, each in enumerate(ids, 1)})
    return len(ids)


@beyond_reader
def goes_on_from(session: Session, number: int, contact_id: Id) -> bool:
    """Was that contact given this number here? Not after a restore, which gives the numbers since to others."""
    if number == 0:
        return True
    found = session.scalar(select(contact.c.id).where(contact.c.told_number == number))
    if found is None:  # erased since; unless the numbers do not go so far
        return (session.scalar(select(func.max(contact.c.told_number))) or 0) > number
    return bool(found == contact_id)


def list_met(session: Session, person_ids: Collection[Id], after: int, limit: int) -> list[tuple[int, Id]]:
    """Contacts in which any of these people was met, as (number, id) in that order, from after one number on."""
    met = select(contact_person.c.contact_id).where(contact_person.c.person_id.in_(person_ids))
    query = select(contact.c.told_number, contact.c.id).where(contact.c.told_number > after, contact.c.id.in_(met))
    return [(row.told_number, row.id) for row in session.execute(query.order_by(contact.c.told_number).limit(limit))]


@beyond_reader
def list_all_met(session: Session, contact_ids: Collection[Id]) -> dict[Id, set[Id]]:
    """Everybody who was met in each of these contacts, also whom the reader may not know of: to decide by, never to be told."""
    found = _linked(session, contact_person, "person_id", contact_ids)
    return {contact_id: set(found[contact_id]) for contact_id in contact_ids}


def find_contact(session: Session, contact_id: Id) -> StoredContact | None:
    """The contact with this id, as it reads now."""
    return list_contacts(session, [contact_id]).get(contact_id)


def list_contacts(session: Session, contact_ids: Collection[Id]) -> dict[Id, StoredContact]:
    """These contacts by id, as they read now. Unknown ids are left out."""
    if not contact_ids:
        return {}
    rows = session.execute(select(contact).where(contact.c.id.in_(contact_ids))).mappings().all()
    people = _linked(session, contact_person, "person_id", contact_ids)
    colleagues = _linked(session, contact_colleague, "worker_id", contact_ids)
    needs = _needs(session, contact_ids)
    return {row["id"]: _read(row, people[row["id"]], colleagues[row["id"]], needs[row["id"]]) for row in rows}


def _read(row: RowMapping, people: list[Id], colleagues: list[Id], needs: list[NeedSeen]) -> StoredContact:
    told = Contact(
        id=row["id"],
        state=ContactState(row["state"]),
        seen_at=row["seen_at"],
        recorded_at=row["recorded_at"],
        night=row["night"],
        worker_id=row["worker_id"],
        team_id=row["team_id"],
        colleague_ids=tuple(colleagues),
        shift_id=row["shift_id"],
        person_ids=tuple(people),
        unidentified_people=row["unidentified_people"],
        site_id=row["site_id"],
        position=read_position(row),
        referral_id=row["referral_id"],
        needs=tuple(needs),
        offered=tuple(msgspec.json.decode(row["offered"])),
        given=tuple(msgspec.json.decode(row["given"])),
        safety_needs=row["safety_needs"],
        strengths=row["strengths"],
        next_step=row["next_step"],
        note=row["note"],
    )
    return StoredContact(
        contact=told,
        received_at=row["received_at"],
        district_id=row["district_id"],
        cell=row["cell"],
        corrections=row["corrections"],
        original=row["original"],
    )


def _linked(session: Session, links: Table, column: str, contact_ids: Collection[Id]) -> Mapping[Id, list[Id]]:
    found: dict[Id, list[Id]] = defaultdict(list)
    query = (
        select(links.c.contact_id, links.c[column]).where(links.c.contact_id.in_(contact_ids)).order_by(links.c[column])
    )
    for contact_id, value in session.execute(query):
        found[contact_id].append(value)
    return found


def _needs(session: Session, contact_ids: Collection[Id]) -> Mapping[Id, list[NeedSeen]]:
    found: dict[Id, list[NeedSeen]] = defaultdict(list)
    query = select(contact_need).where(contact_need.c.contact_id.in_(contact_ids)).order_by(contact_need.c.need)
    for row in session.execute(query):
        seen = NeedSeen(need=SupportNeed(row.need), receiving_support=ReceivingSupport(row.receiving_support))
        found[row.contact_id].append(seen)
    return found


# -------------------------------------------------------------------------------------------------------- corrections


def add_corrections(session: Session, corrections: Sequence[ContactCorrection]) -> None:
    """Store later words on contacts."""
    rows = [
        {
            "id": each.id,
            "contact_id": each.contact_id,
            "at": each.at,
            "worker_id": each.worker_id,
            "fields": _encode(each.fields).decode(),
            "reason": each.reason,
        }
        for each in corrections
    ]
    bulk.insert_new(session, contact_correction, rows)


def list_corrections(session: Session, contact_ids: Collection[Id]) -> dict[Id, list[ContactCorrection]]:
    """The corrections of these contacts, by contact, in their order of time."""
    if not contact_ids:
        return {}
    found: dict[Id, list[ContactCorrection]] = defaultdict(list)
    names = ContactCorrection.__struct_fields__
    query = f"select {', '.join(names)} from contact_correction where contact_id in ?* order by at, id"
    for row in Sql(session).rows(query, set(contact_ids)):
        told = dict(zip(names, row, strict=True))
        decoded = {"at": moment_of(told["at"]), "fields": msgspec.json.decode(told["fields"])}
        found[told["contact_id"]].append(ContactCorrection(**told | decoded))
    return dict(found)


def count_recorded(
    session: Session,
    worker_id: Id,
    district_ids: Collection[Id],
    *,
    night: date | None = None,
    received_since: datetime | None = None,
) -> int:
    """How many contacts a worker has recorded in these districts: of one night, or received since a moment, or both."""
    conditions = [contact.c.district_id.in_(district_ids), contact.c.worker_id == worker_id]
    if night is not None:
        conditions.append(contact.c.night == night)
    if received_since is not None:
        conditions.append(contact.c.received_at >= received_since)
    return session.execute(select(func.count()).select_from(contact).where(*conditions)).scalar_one()


def count_contacts(session: Session) -> int:
    """How many contacts there are."""
    return session.execute(select(func.count()).select_from(contact)).scalar_one()
