"""Programs of partner agencies that read and write by the API, and what each is told of."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from server.database.columns import check_code, code, id_key, id_of, moment, table_of


class PartnerSystemRow(SQLModel, table=True):
    """A program that an agency runs, and the worker of that agency who answers for it: it may do what they may. Only the hash
    of its secret is kept. `scopes` are words with spaces between them."""

    __tablename__ = "partner_system"

    id: str = id_key()
    agency_id: str = id_of("agency.id", index=True)
    worker_id: str = id_of("worker.id", index=True)
    name: str = Field(max_length=100)
    scopes: str = Field(max_length=200)
    secret_hash: str = Field(max_length=64)
    hook_url: str = Field(default="", max_length=500)
    made_at: datetime = moment()
    ended_at: datetime | None = moment(optional=True)


class SystemNoticeRow(SQLModel, table=True):
    """Something that a system is told of: what kind of thing is new, and its id; never a word of what it says."""

    __tablename__ = "system_notice"
    __table_args__ = (
        UniqueConstraint("system_id", "kind", "about_id"),
        Index(None, "state", "next_try_at"),
        CheckConstraint("attempts >= 0", name="attempts_not_negative"),
        *check_code("kind", "state"),
    )

    id: str = id_key()
    system_id: str = id_of("partner_system.id")
    kind: str = code()
    about_id: str = Field(max_length=36)
    made_at: datetime = moment()
    state: str = code()
    attempts: int = 0
    next_try_at: datetime = moment()
    last_error: str = Field(default="", max_length=200)
    sent_at: datetime | None = moment(optional=True)


partner_system = table_of(PartnerSystemRow)
system_notice = table_of(SystemNoticeRow)
