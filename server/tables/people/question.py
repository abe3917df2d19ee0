"""What services ask of one another about a person, and what they are answered."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlmodel import SQLModel

from server.database.columns import id_key, id_of, loose_id, moment, table_of, text


class QuestionRow(SQLModel, table=True):
    """A question of one service about one person; its answer, once there is one."""

    __tablename__ = "question"
    __table_args__ = (
        CheckConstraint("text <> ''", name="asks_something"),
        CheckConstraint(
            "(answered_at IS NULL) = (answered_by IS NULL) AND (answered_at IS NULL) = (answer_agency_id IS NULL) "
            "AND (answered_at IS NULL) = (answer = '')",
            name="answered_by_somebody",
        ),
    )

    id: str = id_key()
    person_id: str = loose_id(index=True)
    agency_id: str = id_of("agency.id", index=True)
    worker_id: str = loose_id()
    asked_at: datetime = moment(index=True)
    answered_at: datetime | None = moment(optional=True)
    answered_by: str | None = loose_id(optional=True)
    answer_agency_id: str | None = loose_id(optional=True)
    answer: str = text()
    text: str = text()


question = table_of(QuestionRow)
