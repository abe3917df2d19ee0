"""Notes that a service writes about a person, and the times somebody broke the glass to read them."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from server.database.columns import id_key, id_of, loose_id, moment, table_of, text


class PersonNoteRow(SQLModel, table=True):
    """One note. It belongs to its agency; only services that work with the person read it (privacy rule A3)."""

    __tablename__ = "person_note"
    __table_args__ = (Index(None, "person_id", "at"), CheckConstraint("text <> ''", name="says_something"))

    id: str = id_key()
    person_id: str = loose_id()
    agency_id: str = id_of("agency.id", index=True)
    worker_id: str = loose_id()
    at: datetime = moment()
    text: str = text()


class BreakGlassRow(SQLModel, table=True):
    """Somebody opened one person's notes in need, for a day. Every one is reviewed (privacy rule A4)."""

    __tablename__ = "break_glass"
    __table_args__ = (
        Index(None, "person_id", "ends_at"),
        Index(None, "reviewed_at", "at"),
        CheckConstraint("ends_at > at", name="ends_after_it_began"),
        CheckConstraint("length(reason) >= 10", name="has_a_reason"),
        CheckConstraint("(reviewed_at IS NULL) = (reviewed_by IS NULL)", name="reviewed_by_somebody"),
    )

    id: str = id_key()
    person_id: str = loose_id()
    worker_id: str = loose_id(index=True)
    agency_id: str = id_of("agency.id")
    at: datetime = moment()
    ends_at: datetime = moment()
    cause: str = Field(max_length=64)
    reason: str = text()
    reviewed_at: datetime | None = moment(optional=True)
    reviewed_by: str | None = loose_id(optional=True)
    finding: str = text()


person_note = table_of(PersonNoteRow)
break_glass = table_of(BreakGlassRow)
