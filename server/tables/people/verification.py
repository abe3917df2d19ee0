"""Judgements that a person sleeps rough, and the status derived from them and from contacts.

`person_verification` is derived: it can be dropped and rebuilt from the facts at any time, and a test compares the two.
"""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import SQLModel

from server.database.columns import check_code, code, id_key, loose_id, moment, table_of, text
from shared.model.codes import ReviewStatus


class VerificationRow(SQLModel, table=True):
    """One judgement, as recorded."""

    __tablename__ = "verification"
    __table_args__ = (Index(None, "person_id", "at"), *check_code("basis", "review_status"))

    id: str = id_key()
    person_id: str = loose_id()
    basis: str = code()
    review_status: str = code(ReviewStatus.UNREVIEWED)
    contact_id: str | None = loose_id(optional=True)
    district_id: str | None = loose_id(optional=True)
    at: datetime = moment()
    worker_id: str = loose_id()
    reason: str = text()


class PersonVerificationRow(SQLModel, table=True):
    """Whether a person is verified now, since when, where, and why: what the rule answered for the facts at hand."""

    __tablename__ = "person_verification"
    __table_args__ = (Index(None, "district_id", "since"),)

    person_id: str = id_key()
    verified: bool
    basis: str | None = None
    review_status: str = code(ReviewStatus.UNREVIEWED)
    since: datetime | None = moment(optional=True)
    contact_id: str | None = loose_id(optional=True)
    worker_id: str | None = loose_id(optional=True)
    district_id: str | None = loose_id(optional=True)
    reason: str = text()


verification = table_of(VerificationRow)
person_verification = table_of(PersonVerificationRow)
