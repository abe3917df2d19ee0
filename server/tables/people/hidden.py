"""Hidden people (privacy rule A5): who may know that a record exists, by whom it was hidden and why, until it is shown again."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlalchemy import text as sql
from sqlmodel import SQLModel

from server.database.columns import id_key, id_of, loose_id, moment, table_of, text

_STANDS = sql("lifted_at IS NULL")


class PersonHiddenRow(SQLModel, table=True):
    """One time that a person was hidden. While it stands (`lifted_at` empty) only its agencies may know of the record."""

    __tablename__ = "person_hidden"
    __table_args__ = (
        Index("uq_person_hidden_standing", "person_id", unique=True, sqlite_where=_STANDS, postgresql_where=_STANDS),
        CheckConstraint("length(reason) >= 10", name="has_a_reason"),
        CheckConstraint("(lifted_at IS NULL) = (lifted_by IS NULL)", name="lifted_by_somebody"),
    )

    id: str = id_key()
    person_id: str = loose_id(index=True)
    at: datetime = moment()
    worker_id: str = loose_id()
    agency_id: str = id_of("agency.id")
    reason: str = text()
    lifted_at: datetime | None = moment(optional=True)
    lifted_by: str | None = loose_id(optional=True)
    lift_reason: str = text()


class PersonHiddenAgencyRow(SQLModel, table=True):
    """One agency that may know of a hidden person."""

    __tablename__ = "person_hidden_agency"

    hidden_id: str = id_of("person_hidden.id", primary_key=True, cascade=True)
    agency_id: str = id_of("agency.id", primary_key=True)


person_hidden = table_of(PersonHiddenRow)
person_hidden_agency = table_of(PersonHiddenAgencyRow)
