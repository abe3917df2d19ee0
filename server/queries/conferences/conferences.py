"""Case conferences and what belongs to them: agenda, who came, what was sent, what was typed, what was decided."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, insert, select, union, update
from sqlalchemy.orm import Session

from server.database.context import beyond_reader
from server.database.locks import lock_records
from server.database.statements import ids, narrow
from server.queries.conferences.guests import is_invited
from server.queries.people.concealment import case_not_concealed, list_concealed
from server.tables.cases.case import case_review, mdt_case
from server.tables.conferences.conference import (
    agenda_item,
    agenda_left_out,
    attendance,
    case_conference,
    circulation,
    conference_guest,
    conference_note,
    conference_presence,
    written_update,
)
from shared.model.case import CaseReview
from shared.model.codes import CaseState
from shared.model.conference import AgendaItem, Attendance, CaseConference
from shared.model.value import Id, Value
from shared.policy import Subject, SubjectKind


class LeftOut(Value, frozen=True, kw_only=True):
    """A case that is not on an agenda, and why not."""

    case_id: Id
    position: int
    reason: str


class Note(Value, frozen=True, kw_only=True):
    """What has been typed about one case so far."""

    agenda_item_id: Id
    notes: str = ""
    outcome: str = ""
    outcome_code: str = ""
    next_on: date | None = None
    version: int = 0
    outcome_version: int = 0
    next_version: int = 0
    changed_at: datetime | None = None
    changed_by: Id = ""

    @property
    def has_words(self) -> bool:
        """Was anything typed or chosen, and not taken out again?"""
        return bool(self.notes or self.outcome or self.outcome_code or self.next_on)


NOTE_SAYS = (
    (conference_note.c.notes != "") | (conference_note.c.outcome != "") | (conference_note.c.outcome_code != "")
    | conference_note.c.next_on.is_not(None)
)  # fmt: skip
"""The same in SQL."""
AGENDA, MINUTES = "agenda", "minutes"


class Circulated(Value, frozen=True, kw_only=True):
    """What one agency was sent, or why nothing (`withheld`): its agenda, with the warning when it was late, or the minutes."""

    id: Id
    conference_id: Id
    agency_id: Id
    paper: str = AGENDA
    at: datetime
    worker_id: Id
    cases: int = 0
    withheld: str = ""
    warning: str = ""
    sha256: str = ""
    starts_at: datetime | None = None
    place: str = ""
    version: int = 0


_CONFERENCE = select(case_conference).where(case_conference.c.id == bindparam("conference_id"))
_ITEMS = (
    select(agenda_item)
    .where(agenda_item.c.conference_id == bindparam("conference_id"), agenda_item.c.off_at.is_(None))
    .order_by(agenda_item.c.position)
)
_OFF = select(agenda_item).where(
    agenda_item.c.conference_id == bindparam("conference_id"), agenda_item.c.off_at.is_not(None)
)
_NOTE = select(conference_note).where(conference_note.c.agenda_item_id == bindparam("agenda_item_id"))
_REVIEWS = (
    select(case_review)
    .where(case_review.c.case_id.in_(ids("case_ids")))
    .order_by(case_review.c.mdt_number, case_review.c.at)
)


def subject_of(conference: CaseConference) -> Subject:
    """What policy needs to know of a conference: its district, and who takes its minutes."""
    return Subject(
        kind=SubjectKind.CONFERENCE,
        id=conference.id,
        district_ids=frozenset({conference.district_id}),
        worker_id=conference.minute_taker_id,
    )


def add_conference(session: Session, new: CaseConference) -> None:
    """Store a conference."""
    session.execute(insert(case_conference), [_plain(new)])


def set_conference(session: Session, conference_id: Id, **values: Any) -> None:
    """Set these columns of a conference, and no others: what somebody else has set meanwhile stays."""
    session.execute(update(case_conference).where(case_conference.c.id == conference_id).values(**values))


def find_conference(session: Session, conference_id: Id) -> CaseConference | None:
    """The conference with this id."""
    row = session.execute(_CONFERENCE, {"conference_id": conference_id}).mappings().first()
    return None if row is None else CaseConference(**row)


def hold_conference(session: Session, conference_id: Id, *, alone: bool = False) -> CaseConference:
    """The conference as it is now, held until the transaction ends: `alone` for who ends it, else beside others who type, so
    that nobody types into one that is being ended. Raises LookupError."""
    query = _CONFERENCE.with_for_update(read=not alone)
    row = session.execute(query, {"conference_id": conference_id}).mappings().first()
    if row is None:
        raise LookupError(conference_id)
    return CaseConference(**row)


def list_conferences(session: Session, district_ids: Collection[Id]) -> list[CaseConference]:
    """Every conference of these districts, the newest first."""
    query = select(case_conference).where(case_conference.c.district_id.in_(district_ids))
    query = query.order_by(case_conference.c.starts_at.desc(), case_conference.c.id)
    return [CaseConference(**row) for row in session.execute(query).mappings()]


def list_to_come_with(session: Session, case_ids: Collection[Id]) -> list[Id]:
    """The conferences that have not ended whose agenda chose or left out one of these cases."""
    named = [
        select(each.c.conference_id).where(each.c.case_id.in_(case_ids)) for each in (agenda_item, agenda_left_out)
    ]
    query = select(case_conference.c.id).where(
        case_conference.c.finished_at.is_(None), case_conference.c.id.in_(union(*named))
    )
    return list(session.scalars(query.order_by(case_conference.c.id)))


def list_items(session: Session, conference_id: Id) -> list[AgendaItem]:
    """The agenda in its order.

    A person hidden since it was held leaves no gap in the numbers of those who may not know (privacy rule A5).
    """
    query = narrow(_ITEMS, case_not_concealed(session, agenda_item.c.case_id))
    items = [AgendaItem(**row) for row in session.execute(query, {"conference_id": conference_id}).mappings()]
    if not list_concealed(session):
        return items
    return [msgspec.structs.replace(item, position=number) for number, item in enumerate(items, start=1)]


def list_left_out(session: Session, conference_id: Id) -> list[LeftOut]:
    """The cases that are not on the agenda, in the order of the list."""
    query = (
        select(agenda_left_out.c.case_id, agenda_left_out.c.position, agenda_left_out.c.reason)
        .where(
            agenda_left_out.c.conference_id == conference_id, *case_not_concealed(session, agenda_left_out.c.case_id)
        )
        .order_by(agenda_left_out.c.position, agenda_left_out.c.case_id)
    )
    return [LeftOut(**row) for row in session.execute(query).mappings()]


def list_off(session: Session, conference_id: Id) -> list[AgendaItem]:
    """What was taken off the agenda again, in no order; nothing of somebody hidden from the reader."""
    query = narrow(_OFF, case_not_concealed(session, agenda_item.c.case_id))
    return [AgendaItem(**row) for row in session.execute(query, {"conference_id": conference_id}).mappings()]


def find_item(session: Session, conference_id: Id, item_id: Id) -> AgendaItem | None:
    """One item of a conference by its id, on the agenda or taken off it; its `position` is the one on the agenda now."""
    every = [*list_items(session, conference_id), *list_off(session, conference_id)]
    return next((item for item in every if item.id == item_id), None)


def list_item_ids(session: Session, conference_id: Id) -> dict[Id, Id]:
    """The item of every case that is or was on the agenda, by case: a case that comes back keeps its item and its notes."""
    query = select(agenda_item.c.case_id, agenda_item.c.id).where(agenda_item.c.conference_id == conference_id)
    return {row.case_id: row.id for row in session.execute(query)}


def replace_agenda(
    session: Session,
    conference_id: Id,
    items: Sequence[AgendaItem],
    left_out: Sequence[LeftOut],
    now: datetime,
    why_off: str = "",
) -> None:
    """Put a new agenda in the place of the old one. An item that is no longer on it stays, marked when and why it was taken
    off: screens that are open go on writing to the person they show."""
    kept = {item.id for item in items}
    known = set(list_item_ids(session, conference_id).values())
    gone = (agenda_item.c.conference_id == conference_id) & agenda_item.c.off_at.is_(None)
    session.execute(
        update(agenda_item).where(gone, agenda_item.c.id.not_in(kept)).values(off_at=now, off_reason=why_off)
    )
    session.execute(delete(agenda_left_out).where(agenda_left_out.c.conference_id == conference_id))
    for item in items:
        values = _plain(item)
        if item.id in known:
            session.execute(update(agenda_item).where(agenda_item.c.id == item.id).values(**values))
        else:
            session.execute(insert(agenda_item), [values])
    if left_out:
        rows = [{**_plain(each), "conference_id": conference_id} for each in left_out]
        session.execute(insert(agenda_left_out), rows)


def list_notes(session: Session, conference_id: Id) -> dict[Id, Note]:
    """What has been typed, by agenda item, also where it was taken out again. Items nobody typed into are left out."""
    query = (
        select(conference_note)
        .join(agenda_item, agenda_item.c.id == conference_note.c.agenda_item_id)
        .where(agenda_item.c.conference_id == conference_id, *case_not_concealed(session, agenda_item.c.case_id))
    )
    return {row["agenda_item_id"]: Note(**row) for row in session.execute(query).mappings()}


def look_at_note(session: Session, agenda_item_id: Id) -> Note:
    """What has been typed under one item, for reading. Empty when nothing was."""
    row = session.execute(_NOTE, {"agenda_item_id": agenda_item_id}).mappings().first()
    return Note(agenda_item_id=agenda_item_id) if row is None else Note(**row)


def find_note(session: Session, agenda_item_id: Id) -> Note:
    """What has been typed under one item, for writing: locked until the transaction ends. Empty when nothing was."""
    row = session.execute(_NOTE.with_for_update(), {"agenda_item_id": agenda_item_id}).mappings().first()
    return Note(agenda_item_id=agenda_item_id) if row is None else Note(**row)


def lock_item(session: Session, agenda_item_id: Id) -> None:
    """Let one writer at a time change what belongs to an item (on SQLite the transaction does so already)."""
    session.execute(select(agenda_item.c.id).where(agenda_item.c.id == agenda_item_id).with_for_update())


def clear_note(session: Session, agenda_item_id: Id) -> None:
    """Take out what was typed under an item, once it is kept elsewhere."""
    session.execute(delete(conference_note).where(conference_note.c.agenda_item_id == agenda_item_id))


def set_note(session: Session, note: Note) -> None:
    """Store what has been typed under one item."""
    values = _plain(note)
    if note.version == 1:
        session.execute(insert(conference_note), [values])
    else:
        session.execute(
            update(conference_note).where(conference_note.c.agenda_item_id == note.agenda_item_id).values(**values)
        )


@beyond_reader
def has_words(session: Session, conference_id: Id) -> bool:
    """Was anything typed into this conference, or written for it, about whomever? What somebody took back stays in the person's
    own copy, and what was typed of somebody who was hidden since is a review of them."""
    kept = [
        select(each.c.id).where(each.c.conference_id == conference_id).limit(1)
        for each in (written_update, case_review)
    ]
    return has_notes(session, conference_id) or any(session.execute(each).first() is not None for each in kept)


def has_notes(session: Session, conference_id: Id) -> bool:
    """Does anything stand that was typed into this conference? What was taken out again is as good as never typed."""
    of_item = agenda_item.c.id == conference_note.c.agenda_item_id
    noted = select(conference_note.c.agenda_item_id).join(agenda_item, of_item)
    theirs = noted.where(agenda_item.c.conference_id == conference_id, NOTE_SAYS)
    return session.execute(theirs.limit(1)).first() is not None


def delete_conference(session: Session, conference_id: Id) -> None:
    """Take out a conference, with its agenda and who was to come."""
    for table in (agenda_item, agenda_left_out, attendance, conference_guest, conference_presence):
        session.execute(delete(table).where(table.c.conference_id == conference_id))
    session.execute(delete(case_conference).where(case_conference.c.id == conference_id))


def list_attendance(session: Session, conference_id: Id) -> dict[Id, Attendance]:
    """Who came, by agency."""
    query = select(attendance).where(attendance.c.conference_id == conference_id)
    return {row["agency_id"]: Attendance(**row) for row in session.execute(query).mappings()}


def hold_attendance(session: Session, conference_id: Id, agency_id: Id) -> Attendance | None:
    """What was said of an agency so far, for this writer alone until the transaction ends."""
    lock_records(session, [f"attendance {conference_id} {agency_id}"])
    return list_attendance(session, conference_id).get(agency_id)


def set_attendance(session: Session, record: Attendance) -> None:
    """Say whether an agency came, in the place of the earlier word. The caller holds it (`hold_attendance`)."""
    same = (attendance.c.conference_id == record.conference_id) & (attendance.c.agency_id == record.agency_id)
    session.execute(delete(attendance).where(same))
    session.execute(insert(attendance), [_plain(record)])


def delete_attendance(session: Session, conference_id: Id, agency_id: Id) -> None:
    """Leave open again whether an agency comes."""
    same = (attendance.c.conference_id == conference_id) & (attendance.c.agency_id == agency_id)
    session.execute(delete(attendance).where(same))


def add_circulated(session: Session, rows: Sequence[Circulated]) -> None:
    """Keep what was sent to whom."""
    if rows:
        session.execute(insert(circulation), [_plain(row) for row in rows])


def list_circulated(session: Session, conference_id: Id, paper: str = AGENDA) -> list[Circulated]:
    """What was sent to whom, agendas or minutes, in the order it was sent."""
    query = (
        select(circulation)
        .where(circulation.c.conference_id == conference_id, circulation.c.paper == paper)
        .order_by(circulation.c.at, circulation.c.id)
    )
    return [Circulated(**row) for row in session.execute(query).mappings()]


@beyond_reader
def list_circulated_to(session: Session, agency_id: Id, district_ids: Collection[Id]) -> list[CaseConference]:
    """The conferences whose agenda an agency was sent, the newest first."""
    sent = select(circulation.c.conference_id).where(circulation.c.agency_id == agency_id, circulation.c.withheld == "")
    query = (
        select(case_conference)
        .where(case_conference.c.id.in_(sent), case_conference.c.district_id.in_(district_ids) | is_invited(agency_id))
        .order_by(case_conference.c.starts_at.desc())
    )
    return [CaseConference(**row) for row in session.execute(query).mappings()]


def list_carried_over(session: Session, district_id: Id) -> set[Id]:
    """The cases that were open at a conference before, or stood on the last agenda without being reached."""
    seen = select(case_review.c.case_id).where(case_review.c.reached)
    unreached = (
        select(agenda_item.c.case_id)
        .join(case_conference, case_conference.c.id == agenda_item.c.conference_id)
        .where(
            case_conference.c.district_id == district_id,
            case_conference.c.finished_at.is_not(None),
            agenda_item.c.off_at.is_(None),
        )
    )
    query = select(mdt_case.c.id).where(
        mdt_case.c.district_id == district_id,
        mdt_case.c.state.in_([CaseState.LISTED.value, CaseState.OPEN.value]),
        mdt_case.c.id.in_(seen) | mdt_case.c.id.in_(unreached) | (mdt_case.c.state == CaseState.OPEN.value),
    )
    return set(session.scalars(query))


def add_review(session: Session, new: CaseReview) -> None:
    """Keep what a conference made of a case."""
    session.execute(insert(case_review), [_plain(new)])


def set_review(session: Session, conference_id: Id, case_id: Id, *, outcome: str, notes: str) -> bool:
    """Put right what a conference made of a case at last: what was typed before the person was hidden, and shown again, is a
    review of its own, and stays. False where it made nothing of it."""
    theirs = (case_review.c.conference_id == conference_id) & (case_review.c.case_id == case_id)
    newest = select(case_review.c.id).where(theirs).order_by(case_review.c.at.desc(), case_review.c.id.desc()).limit(1)
    if (review_id := session.scalar(newest)) is None:
        return False
    session.execute(update(case_review).where(case_review.c.id == review_id).values(outcome=outcome, notes=notes))
    return True


def list_reviews(session: Session, case_ids: Collection[Id]) -> dict[Id, list[CaseReview]]:
    """What conferences made of these cases, by case, MDT 1 first."""
    found: dict[Id, list[CaseReview]] = {}
    for row in session.execute(_REVIEWS, {"case_ids": list(case_ids)}).mappings():
        found.setdefault(row["case_id"], []).append(CaseReview(**row))
    return found


def _plain(value: Value) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__struct_fields__}
