"""What the page of a meeting reads on the way to one case: the conference with its agenda, and what was written of the case.

Each is one statement, because the page is asked for at every case and its note every few seconds by every screen. Who may be
shown what is decided elsewhere.
"""

from typing import Any

from sqlalchemy import BindParameter, CompoundSelect, Integer, String, bindparam, cast, literal, select, union_all
from sqlalchemy.orm import Session

from server.queries.conferences.conferences import Note, find_conference, list_items
from server.queries.conferences.updates import is_read_at
from server.queries.partnership.districts import find_district
from server.queries.people.concealment import list_concealed
from server.tables.cases.case import case_review
from server.tables.conferences.conference import agenda_item, case_conference, conference_note, written_update
from server.tables.partnership.agency import agency
from server.tables.partnership.district import district
from shared.model.case import CaseReview
from shared.model.conference import AgendaItem, CaseConference
from shared.model.value import Id, Value


class Sitting(Value, frozen=True, kw_only=True):
    """A conference, where it is held, and its agenda in its order."""

    conference: CaseConference
    district_name: str
    items: tuple[AgendaItem, ...]


class Written(Value, frozen=True, kw_only=True):
    """What was written of one case: what is typed now, what agencies sent (name and text, in the order they came), and what
    earlier conferences made of it, MDT 1 first."""

    note: Note
    updates: tuple[tuple[str, str], ...]
    reviews: tuple[CaseReview, ...]


_SITTING = (
    select(case_conference, district.c.name.label("district_name"), *(c.label(f"item_{c.name}") for c in agenda_item.c))
    .join(district, district.c.id == case_conference.c.district_id)
    .outerjoin(agenda_item, (agenda_item.c.conference_id == case_conference.c.id) & agenda_item.c.off_at.is_(None))
    .where(case_conference.c.id == bindparam("conference_id"))
    .order_by(agenda_item.c.position)
)


def find_sitting(session: Session, conference_id: Id) -> Sitting | None:
    """The conference with this id. Of somebody hidden from the reader its agenda shows nothing, not even a gap."""
    if list_concealed(session):
        return _find_around_concealed(session, conference_id)
    rows = session.execute(_SITTING, {"conference_id": conference_id}).mappings().all()
    if not rows:
        return None
    return Sitting(
        conference=CaseConference(**{name: rows[0][name] for name in CaseConference.__struct_fields__}),
        district_name=rows[0]["district_name"],
        items=tuple(
            AgendaItem(**{name: row[f"item_{name}"] for name in AgendaItem.__struct_fields__})
            for row in rows
            if row["item_id"] is not None
        ),
    )


def _find_around_concealed(session: Session, conference_id: Id) -> Sitting | None:
    conference = find_conference(session, conference_id)
    if conference is None:
        return None
    held_in = find_district(session, conference.district_id)
    items = tuple(list_items(session, conference_id))
    return Sitting(conference=conference, district_name=held_in.name if held_in else "", items=items)


def _ask_written() -> CompoundSelect[Any]:
    note, update, review = conference_note.c, written_update.c, case_review.c

    def part(kind: str, *columns: Any) -> Any:
        names = ("id", "at", "number", "name", "outcome", "text", "outcome_version")
        labelled = (column.label(name) for column, name in zip(columns, names, strict=True))
        return select(literal(kind).label("kind"), *labelled)

    of_case: BindParameter[str] = bindparam("case_id")
    nothing, no_number = cast(literal(""), String), cast(literal(0), Integer)
    return union_all(
        part(
            "note",
            note.agenda_item_id,
            note.changed_at,
            note.version,
            note.changed_by,
            note.outcome,
            note.notes,
            note.outcome_version,
        ).where(note.agenda_item_id == bindparam("item_id")),
        part("update", update.id, update.at, no_number, agency.c.name, nothing, update.text, no_number)
        .join_from(written_update, agency, agency.c.id == update.agency_id)
        .where(update.case_id == of_case, is_read_at(bindparam("conference_id"))),
        part(
            "review",
            review.id,
            review.at,
            review.mdt_number,
            review.conference_id,
            review.outcome,
            review.notes,
            cast(review.reached, Integer),
        ).where(review.case_id == of_case),
    ).order_by("number", "at", "id")


_WRITTEN = _ask_written()


def find_written(session: Session, item: AgendaItem) -> Written:
    """What was written of the case of an item. The reader has been let through to its conference."""
    asked = {"item_id": item.id, "conference_id": item.conference_id, "case_id": item.case_id}
    rows = session.execute(_WRITTEN, asked).all()
    notes = [
        Note(agenda_item_id=row.id, notes=row.text, outcome=row.outcome, version=row.number,
             outcome_version=row.outcome_version, changed_at=row.at,
             changed_by=row.name)
        for row in rows if row.kind == "note"
    ]  # fmt: skip
    return Written(
        note=notes[0] if notes else Note(agenda_item_id=item.id),
        updates=tuple((row.name, row.text) for row in rows if row.kind == "update"),
        reviews=tuple(
            CaseReview(id=row.id, case_id=item.case_id, conference_id=row.name, mdt_number=row.number, at=row.at,
                       outcome=row.outcome, notes=row.text, reached=bool(row.outcome_version))
            for row in rows if row.kind == "review"
        ),
    )  # fmt: skip
