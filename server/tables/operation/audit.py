"""Who looked at what and who changed what, and the ledger that is replayed after a restore.

Rows are only ever added.
"""

from datetime import datetime

from sqlalchemy import BigInteger, Index
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
    address: str = Field(default="", max_length=64)
    seal: int | None = Field(default=None, sa_type=BigInteger, index=True)
    """The number of the seal that it lies under; none for what was written a moment ago."""


class AuditSealRow(SQLModel, table=True):
    """A seal over some lines of the audit: what they and every seal before it say, as one number, signed.

    Lines are sealed a moment after they were written, so that nobody who looks at a record waits for a turn.
    """

    __tablename__ = "audit_seal"

    number: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    at: datetime = moment()
    first_at: datetime = moment()
    """When the oldest of its lines was written."""
    lines: int
    digest: str = Field(max_length=64)
    signature: str = Field(max_length=100)


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
audit_seal = table_of(AuditSealRow)
ledger = table_of(LedgerRow)
