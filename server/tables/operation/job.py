"""Jobs that run by themselves: when each last began and how it ended, and who runs them now."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from server.database.columns import moment, table_of, text

NAME_LENGTH = 40


class JobRow(SQLModel, table=True):
    """One job. `error` is empty when its last run went well; `done` is how many things that run did.

    `looked_until` is when the last run that went well began: what happened before is dealt with. `late_after`: by then the next
    should have begun.
    """

    __tablename__ = "job"

    name: str = Field(primary_key=True, max_length=NAME_LENGTH)
    started_at: datetime = moment()
    finished_at: datetime | None = moment(optional=True)
    looked_until: datetime | None = moment(optional=True)
    done: int = 0
    error: str = text()
    late_after: datetime | None = moment(optional=True)


class LeaseRow(SQLModel, table=True):
    """Whoever holds a lease does a thing alone, until it is given back or ends."""

    __tablename__ = "lease"

    name: str = Field(primary_key=True, max_length=NAME_LENGTH)
    holder: str = Field(max_length=NAME_LENGTH)
    until: datetime = moment()


job = table_of(JobRow)
lease = table_of(LeaseRow)
