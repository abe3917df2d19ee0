"""What people said about sharing: one row for each word, never changed. Which of them stands is a rule, asked when it matters."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index
from sqlmodel import SQLModel

from server.database.columns import check_code, code, id_key, loose_id, moment, table_of, text
from shared.model.telling import ConsentWay, LawfulBasis


class ConsentRow(SQLModel, table=True):
    """One word: of one thing, to one agency or to every service that works with them (`agency_id` empty)."""

    __tablename__ = "consent"
    __table_args__ = (
        Index(None, "person_id", "at"),
        CheckConstraint("until IS NULL OR answer = 'agreed'", name="only_an_agreement_ends"),
        *check_code("what", "answer", "basis", "way"),
    )

    id: str = id_key()
    person_id: str = loose_id()
    what: str = code()
    agency_id: str | None = loose_id(optional=True)
    answer: str = code()
    basis: str = code(LawfulBasis.CONSENT)
    way: str = code(ConsentWay.WORD)
    document_id: str | None = loose_id(optional=True)
    until: date | None = None
    at: datetime = moment()
    worker_id: str = loose_id()
    words: str = text()


consent = table_of(ConsentRow)
