"""What is past its time (privacy rule A8): finding it, and taking it out of the tables. When that is, is not decided here."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Select, Table, and_, delete, exists, func, null, or_, select, update
from sqlalchemy.orm import Session

from server.database import bulk
from server.database.positions import NO_POSITION
from server.database.sql import Sql
from server.queries.people.told_needs import STANDS
from server.queries.people.verification import list_groups
from server.tables.cases.case import case_action, case_event, case_review, mdt_case
from server.tables.conferences.conference import agenda_item, agenda_left_out, case_conference
from server.tables.operation.audit import audit
from server.tables.operation.device import sealed_outbox
from server.tables.operation.mail import mail
from server.tables.people.note import person_note
from server.tables.people.person import person, person_need
from server.tables.people.verification import person_verification
from server.tables.referrals.imports import import_batch, refused_row
from server.tables.referrals.referral import alert, alert_referrer, alert_version, referral
from server.tables.street.contact import contact, contact_correction, contact_person
from server.tables.street.shift import check_in, shift, visit, visit_strike
from shared.model.codes import PinSource, SupportNeed
from shared.model.contact import Contact
from shared.model.value import Id, Value
from shared.rules.verification import without_place

COARSE = str(PinSource.COARSENED)


@dataclass(frozen=True)
class Places:
    """A table with positions: when each was recorded, the entity that phones know it by, and what else tells the place."""

    table: Table
    at: ColumnElement[datetime]
    entity: str | None
    telling: Mapping[str, Any]
    """Columns that say the place without coordinates, and what they say when they no longer do."""

    @property
    def has_cell(self) -> bool:
        """Does it keep the square of the grid?"""
        return "cell" in self.table.c


PLACES = (
    Places(contact, contact.c.seen_at, "id", {"site_id": None}),
    Places(visit, visit.c.at, "id", {"site_id": None}),
    Places(check_in, check_in.c.at, "shift_id", {}),
    Places(referral, referral.c.reported_at, "id", {"place": ""}),
    Places(
        alert,
        func.coalesce(alert.c.reported_at, alert.c.received_at),
        None,
        {"place": "", "postcode": "", "raw": "{}"},
    ),
)


class Exact(Value, frozen=True, kw_only=True):
    """A row whose place is known exactly. `entity` is None where no phone ever hears of it."""

    id: Id
    entity: Id | None
    latitude: float | None
    longitude: float | None
    cell: int | None


Point = tuple[float | None, float | None, int | None]
"""Latitude, longitude and the leaf of the grid; None where it has none."""


# ---------------------------------------------------------------------------------------------------------------- places
def _is_exact(places: Places, before: datetime) -> ColumnElement[bool]:
    table = places.table
    pinned = and_(table.c.latitude.is_not(None), func.coalesce(table.c.pin_source, "") != COARSE)
    told = [
        table.c[name].is_not(None) if said is None else table.c[name] != said for name, said in places.telling.items()
    ]
    if table is alert:
        told.append(exists().where(alert_version.c.alert_id == alert.c.id, _tells_anything()))
    return and_(places.at < before, or_(pinned, *told))


def _tells_anything() -> ColumnElement[bool]:
    """A newer version of an alert that still says what its row said, and how that was understood."""
    return or_(alert_version.c.raw != "{}", alert_version.c.changes != "{}")


def count_exact(session: Session, places: Places, before: datetime) -> int:
    """How many rows from before a moment say their place exactly."""
    return _count(session, places.table, _is_exact(places, before))


def list_exact(session: Session, places: Places, before: datetime, limit: int) -> list[Exact]:
    """Some of those rows."""
    table = places.table
    query = select(
        table.c.id,
        table.c.latitude,
        table.c.longitude,
        (table.c[places.entity] if places.entity else null()).label("entity"),
        (table.c.cell if places.has_cell else null()).label("cell"),
    )
    rows = session.execute(query.where(_is_exact(places, before)).order_by(table.c.id).limit(limit)).mappings()
    return [Exact(**row) for row in rows]


def set_coarse(session: Session, places: Places, points: Mapping[Id, Point]) -> None:
    """Say of each row only the point given, and nothing else of its place."""
    rows: dict[Id, dict[str, Any]] = {}
    for row_id, point in points.items():
        latitude, longitude, cell = point
        rows[row_id] = {
            **NO_POSITION, **places.telling, "latitude": latitude, "longitude": longitude,
            "pin_source": None if latitude is None else COARSE, **({"cell": cell} if places.has_cell else {}),
        }  # fmt: skip
    bulk.update_each(session, places.table, rows)
    if places.table is contact:
        _forget_places_told(session, list(points))
    if places.table is alert:
        versions = update(alert_version).where(alert_version.c.alert_id.in_(list(points)), _tells_anything())
        session.execute(versions.values(raw="{}", changes="{}", applied="[]"))


def _forget_places_told(session: Session, contact_ids: Sequence[Id]) -> None:
    """What a contact said at first, and how it was corrected, names its place no more either; nor does what follows of it."""
    first = select(contact.c.id, contact.c.original).where(
        contact.c.id.in_(contact_ids), contact.c.original.is_not(None)
    )
    originals = {}
    for row in session.execute(first):
        told = msgspec.structs.replace(msgspec.json.decode(row.original, type=Contact), position=None, site_id=None)
        originals[row.id] = {"original": msgspec.json.encode(told).decode()}
    bulk.update_each(session, contact, originals)
    later = select(contact_correction.c.id, contact_correction.c.fields).where(
        contact_correction.c.contact_id.in_(contact_ids)
    )
    fields = {}
    for row in session.execute(later):
        kept = {
            name: value
            for name, value in msgspec.json.decode(row.fields).items()
            if name not in {"position", "site_id"}
        }
        fields[row.id] = {"fields": msgspec.json.encode(kept).decode()}
    bulk.update_each(session, contact_correction, fields)
    _drop_sites_of(session, person_verification, "person_id", person_verification.c.contact_id.in_(contact_ids))


def drop_named_sites(session: Session, before: datetime) -> None:
    """Reasons that name the site where somebody was seen say it no more, on lists and agendas from before a moment."""
    held = select(case_conference.c.id).where(case_conference.c.starts_at < before)
    _drop_sites_of(session, mdt_case, "id", mdt_case.c.since < before)
    _drop_sites_of(session, case_event, "id", case_event.c.at < before)
    _drop_sites_of(session, agenda_item, "id", agenda_item.c.conference_id.in_(held))
    left_out = agenda_left_out.c.conference_id.in_(held) & _names_a_site(agenda_left_out)
    for row in session.execute(select(agenda_left_out).where(left_out)):
        this = (agenda_left_out.c.conference_id == row.conference_id) & (agenda_left_out.c.case_id == row.case_id)
        session.execute(update(agenda_left_out).where(this).values(reason=without_place(row.reason)))


def _drop_sites_of(session: Session, table: Table, key: str, condition: ColumnElement[bool]) -> None:
    rows = session.execute(select(table.c[key], table.c.reason).where(_names_a_site(table), condition))
    bulk.update_each(session, table, {row[0]: {"reason": without_place(row.reason)} for row in rows}, key=key)


def _names_a_site(table: Table) -> ColumnElement[bool]:
    return table.c.reason.like("%, site '%")


def count_placed(session: Session, places: Places, before: datetime) -> int:
    """How many rows from before a moment have any point."""
    return _count(session, places.table, (places.at < before) & places.table.c.latitude.is_not(None))


def delete_places(session: Session, places: Places, before: datetime) -> int:
    """Take the point, and the square, out of rows from before a moment; returns how many had a point."""
    nothing = {**NO_POSITION, **({"cell": None} if places.has_cell else {})}
    done = count_placed(session, places, before)
    left = [places.table.c[name].is_not(None) for name in ("latitude", *(["cell"] if places.has_cell else []))]
    session.execute(update(places.table).where(places.at < before, or_(*left)).values(**nothing))
    return done


# ---------------------------------------------------------------------------------------------------------------- people
def list_people_past(session: Session, before: datetime, among: Collection[Id] | None = None) -> list[list[Id]]:
    """People, each as every record that is theirs, with whom nobody has dealt since a moment; of all, or `among` these few.

    A contact counts, and so does a note, a case, its reviews and its actions; who was never met counts from the record.
    """
    met = exists().where(contact_person.c.person_id == person.c.id)
    cases = select(mdt_case.c.id).where(mdt_case.c.person_id == person.c.id)
    since = (
        exists().where(contact_person.c.person_id == person.c.id, contact_person.c.seen_at >= before),
        exists().where(person_note.c.person_id == person.c.id, person_note.c.at >= before),
        exists().where(
            mdt_case.c.person_id == person.c.id, or_(mdt_case.c.since >= before, mdt_case.c.closed_at >= before)
        ),
        exists().where(case_review.c.case_id.in_(cases), case_review.c.at >= before),
        exists().where(
            case_action.c.case_id.in_(cases), or_(case_action.c.agreed_at >= before, case_action.c.done_at >= before)
        ),
    )
    query = select(person.c.id).where(*(~each for each in since), or_(met, person.c.created_at < before))
    past = set(session.scalars(query if among is None else query.where(person.c.id.in_(among))))
    groups = set(list_groups(session, past).values())
    # A merge may name a record that is not known here: it keeps nobody.
    known = past | _known(session, set().union(*groups) - past)
    return sorted(sorted(group & known) for group in groups if group & known <= past)


def _known(session: Session, ids: Collection[Id]) -> set[Id]:
    return {each for (each,) in Sql(session).rows("select id from person where id in ?*", set(ids))} if ids else set()


def has_safeguarding_need(session: Session, person_ids: Sequence[Id]) -> bool:
    """Was a safeguarding need ever recorded of this person?"""
    told = (person_need.c.person_id.in_(person_ids)) & (person_need.c.need == str(SupportNeed.SAFEGUARDING))
    return session.execute(select(person_need.c.id).where(told, STANDS).limit(1)).first() is not None


# ----------------------------------------------------------------------------------------------------------------- words
@dataclass(frozen=True)
class Texts:
    """A table with words about somebody whom no record names, or that is nobody's record."""

    table: Table
    at: ColumnElement[datetime]
    columns: tuple[str, ...]
    entity: bool
    """Do phones know it by its id?"""


TEXTS = (
    Texts(contact, contact.c.seen_at, ("note", "next_step", "safety_needs", "strengths"), entity=True),
    Texts(visit, visit.c.at, ("note",), entity=True),
    Texts(visit_strike, visit_strike.c.at, ("reason",), entity=True),
    Texts(shift, shift.c.started_at, ("summary",), entity=True),
    Texts(referral, referral.c.reported_at, ("description", "concerns", "seen_text"), entity=True),
    Texts(alert, func.coalesce(alert.c.reported_at, alert.c.received_at), ("appearance", "concerns", "seen_text"), entity=False),
)  # fmt: skip


def _has_words(texts: Texts, before: datetime) -> ColumnElement[bool]:
    said = or_(*(texts.table.c[name] != "" for name in texts.columns))
    if texts.table is not contact:
        return and_(texts.at < before, said)
    # What was written when a known person was met is kept as long as that person's record.
    theirs = exists().where(contact_person.c.contact_id == contact.c.id, contact_person.c.person_id == person.c.id)
    return and_(texts.at < before, or_(said, contact.c.original.is_not(None)), ~theirs)


def count_words(session: Session, texts: Texts, before: datetime) -> int:
    """How many rows from before a moment say something."""
    return _count(session, texts.table, _has_words(texts, before))


def delete_words(session: Session, texts: Texts, before: datetime, limit: int) -> list[Id]:
    """Take the words out of some of those rows; returns their ids."""
    table = texts.table
    ids = list(session.scalars(select(table.c.id).where(_has_words(texts, before)).order_by(table.c.id).limit(limit)))
    values: dict[str, Any] = dict.fromkeys(texts.columns, "")
    if table is contact:
        values["original"] = None
        bulk.delete_of(session, contact_correction, "contact_id", ids)
    session.execute(update(table).where(table.c.id.in_(ids)).values(**values))
    return ids


# ------------------------------------------------------------------------------------------------- referrers, audit, mail
def count_referrers_past(session: Session, today: date, before: datetime) -> int:
    """How many addresses of those who told us, and refused rows of files that may hold some, are past their time."""
    refused = _count(session, refused_row, refused_row.c.batch_id.in_(_imported(before)))
    versions = _count(session, alert_version, _says_who(today))
    return refused + versions + _count(session, alert_referrer, alert_referrer.c.delete_on < today)


def delete_referrers_past(session: Session, today: date, before: datetime) -> None:
    """Forget how to reach those who told us so long ago, and rows that an import refused."""
    session.execute(delete(alert_referrer).where(alert_referrer.c.delete_on < today))
    session.execute(update(alert_version).where(_says_who(today)).values(extras="{}"))
    session.execute(delete(refused_row).where(refused_row.c.batch_id.in_(_imported(before))))


def _says_who(today: date) -> ColumnElement[bool]:
    """A newer version of an alert, past its time, with columns that may name whoever reported."""
    return and_(alert_version.c.delete_on < today, alert_version.c.extras != "{}")


def _imported(before: datetime) -> Select[tuple[Id]]:
    return select(import_batch.c.id).where(
        func.coalesce(import_batch.c.finished_at, import_batch.c.started_at) < before
    )


LINES = ((audit, audit.c.at), (mail, mail.c.queued_at))
"""What says who did what: it is kept as long as the audit is."""


def count_lines_past(session: Session, before: datetime) -> int:
    """How many audit lines and mails are from before a moment."""
    return sum(_count(session, table, at < before) for table, at in LINES)


def delete_lines_past(session: Session, before: datetime, limit: int) -> int:
    """Delete some of them; returns how many."""
    done = 0
    for table, at in LINES:
        some = list(session.scalars(select(table.c.id).where(at < before).limit(limit)))
        bulk.delete_of(session, table, "id", some)
        done += len(some)
    return done


def delete_opened_boxes(session: Session, before: datetime) -> None:
    """Sealed changes of wiped phones, once opened and kept as changes, are not needed a second time."""
    session.execute(delete(sealed_outbox).where(sealed_outbox.c.opened_at < before))


def _count(session: Session, table: Table, condition: ColumnElement[bool]) -> int:
    return int(session.scalar(select(func.count()).select_from(table).where(condition)) or 0)
