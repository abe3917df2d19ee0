"""Equality characteristics, for counting alone."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import SQLModel

from server.database.columns import check_code, code, id_key, id_of, loose_id, moment, table_of


class EqualityAnswerRow(SQLModel, table=True):
    """What somebody answered, of their own will. No worker's transaction reads it back."""

    __tablename__ = "equality_answer"
    __table_args__ = (Index(None, "person_id", "question", "at"), *check_code("question", "answer"))

    id: str = id_key()
    person_id: str = loose_id()
    question: str = code()
    answer: str = code()
    at: datetime = moment()
    agency_id: str = id_of("agency.id")
    recorded_by: str = loose_id()


equality_answer = table_of(EqualityAnswerRow)
