"""What was brought in from a district's own spreadsheet: files, what their columns mean, and what they said of each person."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from server.database.columns import id_key, id_of, loose_id, moment, table_of, text


class CaseloadBatchRow(SQLModel, table=True):
    """One file. `held` is its cells and the answers given so far, sealed with a key outside the database; empty once the batch is
    closed. `made` names what was brought in by it (ids alone, JSON), so that it can be undone as one."""

    __tablename__ = "caseload_batch"

    id: str = id_key()
    district_id: str = id_of("district.id", index=True)
    file_name: str = Field(default="", max_length=200)
    begun_at: datetime = moment()
    begun_by: str = loose_id()
    held: str = text()
    applied_at: datetime | None = moment(optional=True)
    made: str = text()
    account: str = text()
    undone_at: datetime | None = moment(optional=True)
    on_phones_at: datetime | None = moment(optional=True)


class CaseloadMappingRow(SQLModel, table=True):
    """What the headings of a district's spreadsheet mean, kept by name for the next time: JSON, heading to meaning."""

    __tablename__ = "caseload_mapping"
    __table_args__ = (UniqueConstraint("district_id", "name"),)

    id: str = id_key()
    district_id: str = id_of("district.id")
    name: str = Field(max_length=200)
    meanings: str = text()
    changed_at: datetime = moment()


class BroughtInRow(SQLModel, table=True):
    """One thing that the file said of a person, as it stood there: a fact of the past that nobody here saw."""

    __tablename__ = "brought_in"
    __table_args__ = (CheckConstraint("text <> ''", name="says_something"),)

    id: str = id_key()
    batch_id: str = id_of("caseload_batch.id", index=True)
    person_id: str = loose_id(index=True)
    kind: str = Field(max_length=64)
    day: date | None = None
    mdt_number: int | None = None
    text: str = text()


caseload_batch = table_of(CaseloadBatchRow)
caseload_mapping = table_of(CaseloadMappingRow)
brought_in = table_of(BroughtInRow)
