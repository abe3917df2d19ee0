"""What services write down of an ordinary day, and referrals to services with their answers."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from server.database.columns import check_code, code, id_key, id_of, loose_id, moment, table_of, text


class DoorFactRow(SQLModel, table=True):
    """A fact. It belongs to its agency; another reads it where the person agreed, or where it receives the referral. Struck out,
    it stays on record."""

    __tablename__ = "door_fact"
    __table_args__ = (
        Index(None, "person_id", "happened_on"),
        Index(None, "happened_on"),
        CheckConstraint("(struck_at IS NULL) = (struck_by IS NULL)", name="struck_by_somebody"),
        *check_code("kind"),
    )

    id: str = id_key()
    person_id: str = loose_id()
    kind: str = code()
    happened_on: date
    words: str = text()
    code: str = Field(default="", max_length=64)
    service_id: str | None = loose_id(optional=True)
    service: str = Field(default="", max_length=300)
    about_id: str | None = loose_id(optional=True, index=True)
    to_agency_id: str | None = loose_id(optional=True, index=True)
    agency_id: str = id_of("agency.id", index=True)
    recorded_at: datetime = moment()
    recorded_by: str = loose_id()
    struck_at: datetime | None = moment(optional=True)
    struck_by: str | None = loose_id(optional=True)


door_fact = table_of(DoorFactRow)
