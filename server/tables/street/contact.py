"""Street contacts as they stand after their corrections, who was met, what they needed, and the corrections."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Index
from sqlalchemy import text as sql
from sqlmodel import Field, SQLModel

from server.database.columns import (
    PositionColumns,
    check_code,
    check_position,
    code,
    id_key,
    index_where_present,
    loose_id,
    moment,
    table_of,
    text,
)
from shared.model.codes import ReceivingSupport

REFERRED = sql("referral_id IS NOT NULL")
UNNUMBERED = sql("told_number IS NULL")


class ContactRow(PositionColumns, table=True):
    """A contact as it reads now. `original` is what it said at first, as JSON, once a correction has come.

    `offered` and `given` are JSON lists of phrases. `cell` is the leaf of the grid, `district_id` where it happened.
    `told_number` is given once it is stored for good: partners' systems read by it.
    """

    __tablename__ = "contact"
    __table_args__ = (
        Index(None, "district_id", "night"),
        *index_where_present("site_id", "seen_at"),
        *index_where_present("shift_id"),
        *index_where_present("referral_id"),
        Index(None, "told_number", unique=True),
        Index("ix_contact_unnumbered", "received_at", "id", sqlite_where=UNNUMBERED, postgresql_where=UNNUMBERED),
        CheckConstraint("unidentified_people BETWEEN 0 AND 500", name="unidentified_people_in_range"),
        *check_code("state"),
        *check_position(),
    )

    id: str = id_key()
    state: str = code()
    seen_at: datetime = moment()
    recorded_at: datetime = moment()
    received_at: datetime = moment()
    night: date
    worker_id: str = loose_id()
    team_id: str = loose_id()
    shift_id: str | None = loose_id(optional=True)
    unidentified_people: int = 0
    site_id: str | None = loose_id(optional=True)
    referral_id: str | None = loose_id(optional=True)
    offered: str = text("[]")
    given: str = text("[]")
    safety_needs: str = text()
    strengths: str = text()
    next_step: str = text()
    note: str = text()
    district_id: str | None = loose_id(optional=True)
    cell: int | None = Field(default=None, sa_type=BigInteger)
    corrections: int = 0
    original: str | None = Field(default=None)
    told_number: int | None = Field(default=None, sa_type=BigInteger)


class ContactPersonRow(SQLModel, table=True):
    """A person was met in a contact.

    What a person's history asks of each contact stands here too: however long the history, this table's indexes answer.
    """

    __tablename__ = "contact_person"
    __table_args__ = (
        Index(None, "person_id", "seen_at"),
        Index(None, "person_id", "team_id", "district_id", "seen_at"),
        Index("ix_contact_person_referred", "person_id", sqlite_where=REFERRED, postgresql_where=REFERRED),
        *check_code("state"),
    )

    contact_id: str = loose_id(primary_key=True)
    person_id: str = loose_id(primary_key=True)
    seen_at: datetime = moment()
    night: date
    state: str = code()
    district_id: str | None = loose_id(optional=True)
    team_id: str | None = loose_id(optional=True)
    referral_id: str | None = loose_id(optional=True)


class ContactColleagueRow(SQLModel, table=True):
    """A colleague was there too."""

    __tablename__ = "contact_colleague"

    contact_id: str = loose_id(primary_key=True)
    worker_id: str = loose_id(primary_key=True)


class ContactNeedRow(SQLModel, table=True):
    """A need came up in a contact."""

    __tablename__ = "contact_need"
    __table_args__ = check_code("need", "receiving_support")

    contact_id: str = loose_id(primary_key=True)
    need: str = Field(primary_key=True, max_length=64)
    receiving_support: str = code(ReceivingSupport.NOT_KNOWN)


class ContactCorrectionRow(SQLModel, table=True):
    """A later word on a contact: `fields` is a JSON object of what differs."""

    __tablename__ = "contact_correction"

    id: str = id_key()
    contact_id: str = loose_id(index=True)
    at: datetime = moment()
    worker_id: str = loose_id()
    fields: str = text("{}")
    reason: str = Field(default="", max_length=200)


contact = table_of(ContactRow)
contact_person = table_of(ContactPersonRow)
contact_colleague = table_of(ContactColleagueRow)
contact_need = table_of(ContactNeedRow)
contact_correction = table_of(ContactCorrectionRow)
