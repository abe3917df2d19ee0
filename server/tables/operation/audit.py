"""Who looked at what and who changed what, and the ledger that is replayed after a restore.

Rows are only ever added.
"""

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy import text as sql
from sqlmodel import Field, SQLModel

from server.database.columns import id_key, loose_id, moment, table_of, text

LOOKED_AT = sql("subject_kind = 'person' AND action = 'see_person'")
"""Who opened a person's record: a hundred times fewer than the lines of lists that showed the name."""


class AuditRow(SQLModel, table=True):
    """One read of a personal record, one write, or one refusal. Never holds the personal data itself."""

    __tablename__ = "audit"
    __table_args__ = (
        Index(None, "subject_kind", "subject_id", "at"),
        Index(None, "actor_id", "at"),
        Index(None, "at"),
        Index("ix_audit_looks", "subject_id", "at", sqlite_where=LOOKED_AT, postgresql_where=LOOKED_AT),
    )

    id: str = id_key()
    at: datetime = moment()
    actor_id: str | None = loose_id(optional=True)
    agency_id: str | None = loose_id(optional=True)
    device_number: int | None = None
    action: str = Field(max_length=64)
    subject_kind: str = Field(default="", max_length=40)
    subject_id: str = Field(default="", max_length=64)
    purpose: str = Field(default="", max_length=200)
    allowed: bool = True
    reason: str = Field(default="", max_length=200)
    detail: str = text()


class LedgerRow(SQLModel, table=True):
    """A grant, revocation, wipe or erasure.

    Also written outside the database, so that a restore cannot undo it (A9).
    """

    __tablename__ = "ledger"

    id: str = id_key()
    at: datetime = moment()
    kind: str = Field(max_length=40)
    subject_id: str = Field(max_length=64, index=True)
    detail: str = text("{}")


audit = table_of(AuditRow)
ledger = table_of(LedgerRow)
