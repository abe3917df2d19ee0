"""Shifts, who walked them, the stops made (also where nobody was), and lone workers' check-ins."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, false
from sqlalchemy import text as sql
from sqlmodel import Field, SQLModel

from server.database.columns import PositionColumns, check_position, id_key, loose_id, moment, table_of, text


class ShiftRow(SQLModel, table=True):
    """One outing of a team. `ended_at` is set once a worker has ended it."""

    __tablename__ = "shift"
    __table_args__ = (Index(None, "team_id", "night"),)

    id: str = id_key()
    team_id: str = loose_id()
    worker_id: str = loose_id()
    started_at: datetime = moment()
    night: date
    area: str = Field(default="", max_length=200)
    ended_at: datetime | None = moment(optional=True)
    summary: str = text()


class ShiftWorkerRow(SQLModel, table=True):
    """A worker walked a shift, taken along by whoever `named_by` is unless they came by themselves.

    `joined_at` and `ended_at` are by the server's clock; `ended_at` is when this worker went home.
    """

    __tablename__ = "shift_worker"

    shift_id: str = loose_id(primary_key=True)
    worker_id: str = loose_id(primary_key=True, index=True)
    joined_at: datetime = moment()
    named_by: str | None = loose_id(optional=True)
    ended_at: datetime | None = moment(optional=True)


class VisitRow(PositionColumns, table=True):
    """One stop: somebody looked here. The denominator of every hotspot."""

    __tablename__ = "visit"
    __table_args__ = (
        Index(None, "district_id", "night"),
        CheckConstraint("people_found BETWEEN 0 AND 500", name="people_found_in_range"),
        *check_position(),
    )

    id: str = id_key()
    shift_id: str | None = loose_id(optional=True, index=True)
    team_id: str = loose_id()
    worker_id: str = loose_id()
    at: datetime = moment()
    night: date
    site_id: str | None = loose_id(optional=True, index=True)
    referral_id: str | None = loose_id(optional=True, index=True)
    people_found: int = 0
    bedding_present: bool | None = None
    note: str = text()
    district_id: str | None = loose_id(optional=True)
    cell: int | None = Field(default=None, sa_type=BigInteger)
    is_struck: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """Whether the newest word on it says that it did not happen: then nobody looked here."""


class VisitStrikeRow(SQLModel, table=True):
    """A later word on a visit: that it did not happen, or did after all."""

    __tablename__ = "visit_strike"

    id: str = id_key()
    visit_id: str = loose_id(index=True)
    at: datetime = moment()
    worker_id: str = loose_id()
    reason: str = Field(default="", max_length=200)
    is_struck: bool = True


class CheckInRow(PositionColumns, table=True):
    """A lone worker says they are well.

    `at` and `next_due_at` are what their phone's clock said; `heard_at` and `due_at` the same by the server's clock.
    """

    __tablename__ = "check_in"
    __table_args__ = (
        Index(None, "shift_id", "at"),
        Index(None, "worker_id", "at"),
        # Looked for at each pass of the watch, among every check-in of years: the newest of who is out, and those under duress.
        Index("ix_check_in_newest", "worker_id", "heard_at", "at", "id"),
        Index("ix_check_in_duress", "at", sqlite_where=sql("duress = 1"), postgresql_where=sql("duress")),
        *check_position(),
    )

    id: str = id_key()
    shift_id: str = loose_id()
    worker_id: str = loose_id()
    at: datetime = moment()
    next_due_at: datetime | None = moment(optional=True)
    heard_at: datetime | None = moment(optional=True)
    due_at: datetime | None = moment(optional=True)
    duress: bool = False


class SignOfLifeRow(SQLModel, table=True):
    """The last thing that a worker did themselves: a check-in, contact or visit, by the server's clock."""

    __tablename__ = "sign_of_life"

    worker_id: str = loose_id(primary_key=True)
    at: datetime = moment()
    kind: str = Field(max_length=64)


shift = table_of(ShiftRow)
shift_worker = table_of(ShiftWorkerRow)
visit = table_of(VisitRow)
visit_strike = table_of(VisitStrikeRow)
check_in = table_of(CheckInRow)
sign_of_life = table_of(SignOfLifeRow)
