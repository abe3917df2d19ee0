"""Seals over the lines of the audit: which lines lie under which, and what was sealed."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from server.queries.operation.audit import AuditLine
from server.tables.operation.audit import audit, audit_seal
from shared.model.value import Id, Value

_COLUMNS = [audit.c[name] for name in AuditLine.__struct_fields__]
SEALS_AT_ONCE = 10
HIGHEST = 2**63 - 1
"""The last number that the column can hold."""


class Seal(Value, frozen=True, kw_only=True):
    """A seal: how many lines it is over, since when, and the digest of them and of every seal before it, signed."""

    number: int
    at: datetime
    first_at: datetime
    lines: int
    digest: str
    signature: str


def list_unsealed(session: Session, limit: int) -> list[AuditLine]:
    """The oldest lines that lie under no seal yet."""
    query = select(*_COLUMNS).where(audit.c.seal.is_(None)).order_by(audit.c.at, audit.c.id).limit(limit)
    return [AuditLine(**row) for row in session.execute(query).mappings()]


def list_lines_by_seal(session: Session) -> Iterator[tuple[int, AuditLine]]:
    """Every line that says it lies under a seal, whatever its number, seal after seal, in the order in which they were sealed.

    A few seals at a time: PostgreSQL sorts each lot in memory, and would write all of them to disk to sort them at once.
    """
    numbers = select(func.min(audit.c.seal))
    first = session.scalar(numbers)
    while first is not None:
        last = min(first + SEALS_AT_ONCE - 1, HIGHEST)
        few = select(audit.c.seal, *_COLUMNS).where(audit.c.seal.between(first, last))
        for seal, *values in session.execute(few.order_by(audit.c.seal, audit.c.at, audit.c.id)):
            yield seal, AuditLine(**dict(zip(AuditLine.__struct_fields__, values, strict=True)))
        first = session.scalar(numbers.where(audit.c.seal > last))


def count_unsealed(session: Session, before: datetime) -> int:
    """How many lines from before a moment lie under no seal."""
    query = select(func.count()).select_from(audit).where(audit.c.seal.is_(None), audit.c.at < before)
    return int(session.scalar(query) or 0)


def list_seals(session: Session) -> list[Seal]:
    """Every seal, in their order."""
    return [Seal(**row) for row in session.execute(select(audit_seal).order_by(audit_seal.c.number)).mappings()]


def find_last_seal(session: Session) -> Seal | None:
    """The newest seal."""
    row = session.execute(select(audit_seal).order_by(audit_seal.c.number.desc()).limit(1)).mappings().first()
    return None if row is None else Seal(**row)


def add_seal(session: Session, seal: Seal, line_ids: Sequence[Id]) -> None:
    """Put lines under a new seal."""
    session.execute(insert(audit_seal), [msgspec.structs.asdict(seal)])
    session.execute(update(audit).where(audit.c.id.in_(line_ids)).values(seal=seal.number))
