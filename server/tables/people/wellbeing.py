"""Questionnaires as versions, and each time that somebody filled one in."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from server.database.columns import check_code, code, id_key, id_of, loose_id, moment, table_of, text


class QuestionnaireRow(SQLModel, table=True):
    """One version of a questionnaire; `body` is the whole of it. Nothing is changed: a new wording is a new version."""

    __tablename__ = "questionnaire"
    __table_args__ = (*check_code("key"), CheckConstraint("version >= 1", name="version_counts"))

    key: str = Field(primary_key=True, max_length=64)
    version: int = Field(primary_key=True)
    body: str = text()
    loaded_at: datetime = moment()


class WellbeingRow(SQLModel, table=True):
    """A questionnaire that somebody filled in. What it comes to is worked out at every look. Struck out, it stays on record."""

    __tablename__ = "wellbeing"
    __table_args__ = (
        Index(None, "person_id", "filled_on"),
        CheckConstraint("(struck_at IS NULL) = (struck_by IS NULL)", name="struck_by_somebody"),
        *check_code("questionnaire"),
    )

    id: str = id_key()
    person_id: str = loose_id()
    agency_id: str = id_of("agency.id")
    questionnaire: str = code()
    version: int
    points: str = text()
    words: str = text()
    filled_on: date
    at: datetime = moment()
    worker_id: str = loose_id()
    struck_at: datetime | None = moment(optional=True)
    struck_by: str | None = loose_id(optional=True)


questionnaire = table_of(QuestionnaireRow)
wellbeing = table_of(WellbeingRow)
