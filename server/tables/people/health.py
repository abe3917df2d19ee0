"""Health and harm: a doctor, hospital, safeguarding and its answers, harm, and death."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from server.database.columns import check_code, code, id_key, id_of, loose_id, moment, table_of, text


class HealthFactRow(SQLModel, table=True):
    """A fact. Struck out, it stays on record."""

    __tablename__ = "health_fact"
    __table_args__ = (
        Index(None, "person_id", "recorded_at"),
        Index(None, "kind", "happened_on"),
        CheckConstraint("(struck_at IS NULL) = (struck_by IS NULL)", name="struck_by_somebody"),
        *check_code("kind"),
    )

    id: str = id_key()
    person_id: str = loose_id()
    kind: str = code()
    code: str = Field(default="", max_length=64)
    happened_on: date | None = None
    until_on: date | None = None
    expected_on: date | None = None
    words: str = text()
    learning: str = text()
    about_id: str | None = loose_id(optional=True, index=True)
    agency_id: str = id_of("agency.id", index=True)
    recorded_at: datetime = moment()
    recorded_by: str = loose_id()
    struck_at: datetime | None = moment(optional=True)
    struck_by: str | None = loose_id(optional=True)


health_fact = table_of(HealthFactRow)
