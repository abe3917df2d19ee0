"""Who is on leave, from when until when; never why."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlmodel import SQLModel

from server.database.columns import id_key, id_of, loose_id, moment, table_of


class LeaveRow(SQLModel, table=True):
    """A worker is not to be asked for anything from `starts_at` until `ends_at`."""

    __tablename__ = "leave"
    __table_args__ = (
        Index(None, "ends_at"),
        CheckConstraint("starts_at < ends_at", name="ends_after_it_begins"),
    )

    id: str = id_key()
    worker_id: str = id_of("worker.id", index=True)
    starts_at: datetime = moment()
    ends_at: datetime = moment()
    set_by: str | None = loose_id(optional=True)
    set_at: datetime = moment()


leave = table_of(LeaveRow)
