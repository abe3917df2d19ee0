"""The assessment: the questions that a partnership added, reworded or retired, and everybody's answers as facts."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from server.database.columns import check_code, code, id_key, loose_id, moment, table_of, text
from shared.model.telling import AskedVia


class QuestionRow(SQLModel, table=True):
    """One version of a question; `body` is the whole of it. Nothing is changed: a new wording is a new version."""

    __tablename__ = "assessment_question"
    __table_args__ = (*check_code("key"), CheckConstraint("version >= 1", name="version_counts"))

    key: str = Field(primary_key=True, max_length=64)
    version: int = Field(primary_key=True)
    body: str = text()
    at: datetime = moment()
    worker_id: str = loose_id()


class AnswerRow(SQLModel, table=True):
    """What somebody answered, when, where and to whom. `agency_id` is whose worker asked: no phone says it."""

    __tablename__ = "assessment_answer"
    __table_args__ = (Index(None, "person_id", "question", "at"), *check_code("question", "state", "via"))

    id: str = id_key()
    person_id: str = loose_id()
    question: str = code()
    version: int
    state: str = code()
    value: str = text()
    words: str = text()
    note: str = text()
    via: str = code(AskedVia.DESK)
    place: str = Field(default="", max_length=200)
    at: datetime = moment()
    worker_id: str = loose_id()
    agency_id: str | None = loose_id(optional=True)


assessment_question = table_of(QuestionRow)
assessment_answer = table_of(AnswerRow)
