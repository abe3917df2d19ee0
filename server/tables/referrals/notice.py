"""Notices of somebody who will have nowhere to go: from a hospital, a prison, or by the duty to refer; each to one district."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from server.database.columns import check_one_of, id_key, id_of, loose_id, moment, table_of, text
from shared.model.notice import NoticeKind


class NoticeRow(SQLModel, table=True):
    """One notice and its answer. Once somebody was put forward by it, `person_id` is theirs, and it goes with their record."""

    __tablename__ = "notice"
    __table_args__ = (
        CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name="answered_at_a_time"),
        check_one_of("kind", NoticeKind),
    )

    id: str = id_key()
    reference: str = Field(max_length=40, unique=True)
    kind: str = Field(max_length=32)
    district_id: str = id_of("district.id", index=True)
    institution: str = Field(max_length=200)
    name: str = Field(max_length=200)
    date_of_birth: date | None = None
    expected_on: date | None = None
    words: str = text()
    sender_name: str = Field(max_length=200)
    sender_reach: str = Field(max_length=200)
    received_at: datetime = moment(index=True)
    received_by: str | None = loose_id(optional=True)
    person_id: str | None = loose_id(optional=True, index=True)
    answer: str | None = Field(default=None, max_length=32)
    answer_words: str = text()
    answered_at: datetime | None = moment(optional=True)
    answered_by: str | None = loose_id(optional=True)


notice = table_of(NoticeRow)
