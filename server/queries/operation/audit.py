"""The audit log and the ledger: lines are added, never changed, and read back by those who answer for them."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import ColumnElement, func, insert, literal, select
from sqlalchemy.orm import Session

from server.database import bulk
from server.database.context import beyond_reader
from server.database.sql import Sql
from server.tables.operation.audit import audit, ledger
from shared.model.value import Id, Value
from shared.policy.looks import OPENED


class AuditLine(Value, frozen=True, kw_only=True):
    """Who did what to which record, when, why, and whether it was allowed. Never what the record says."""

    id: Id
    at: datetime
    actor_id: Id | None = None
    agency_id: Id | None = None
    device_number: int | None = None
    action: str
    subject_kind: str = ""
    subject_id: str = ""
    purpose: str = ""
    allowed: bool = True
    reason: str = ""
    detail: str = ""
    address: str = ""
    """The network address it came from, where it came over the network."""


class LedgerEntry(Value, frozen=True, kw_only=True):
    """A grant, revocation, wipe or erasure, to be replayed after a restore (privacy rule A9)."""

    id: Id
    at: datetime
    kind: str
    subject_id: str
    detail: dict[str, str] = msgspec.field(default_factory=dict)


def add_lines(session: Session, lines: Sequence[AuditLine]) -> None:
    """Write lines in the transaction at hand. An empty sequence writes nothing."""
    bulk.insert_all(session, audit, [msgspec.structs.asdict(line) for line in lines])


def note_terminal_act(
    session: Session, now: datetime, new_id: Callable[[], Id], action: str, subject: tuple[str, str], by: str
) -> None:
    """Write down an act at the terminal: the kind and id of what it was done to, and the machine's user who did it."""
    kind, subject_id = subject
    line = AuditLine(
        id=new_id(), at=now, action=action, subject_kind=kind, subject_id=subject_id[:64],
        purpose=f"at the terminal, by {by}"[:200],
    )  # fmt: skip
    add_lines(session, [line])


def list_lines(
    session: Session,
    *,
    subject_kind: str | None = None,
    subject_id: str | None = None,
    actor_id: str | None = None,
    limit: int = 200,
) -> list[AuditLine]:
    """The newest lines, of one subject or of all, by one actor or by all."""
    query = (
        select(*(audit.c[name] for name in AuditLine.__struct_fields__))
        .order_by(audit.c.at.desc(), audit.c.id.desc())
        .limit(limit)
    )
    if subject_kind is not None:
        query = query.where(audit.c.subject_kind == subject_kind)
    if subject_id is not None:
        query = query.where(audit.c.subject_id == subject_id)
    if actor_id is not None:
        query = query.where(audit.c.actor_id == actor_id)
    return [AuditLine(**row) for row in session.execute(query).mappings()]


def list_opened_records(session: Session, since: datetime) -> list[tuple[Id, datetime, Id]]:
    """Who opened whose record, and when, from a moment on: by worker, in the order of time."""
    opened = (audit.c.subject_kind == "person") & audit.c.action.in_(_OPENED) & audit.c.allowed
    query = select(audit.c.actor_id, audit.c.at, audit.c.subject_id).where(opened, audit.c.at >= since)
    ordered = query.where(audit.c.actor_id.is_not(None)).order_by(audit.c.actor_id, audit.c.at)
    return [(row.actor_id, row.at, row.subject_id) for row in session.execute(ordered)]


PROVEN = ("sign_in", "sign_in_organisation_again")
"""Acts by which somebody proves who they are: an organisation's account that is open in the browser still is no proof."""
_OPENED = tuple(sorted(OPENED))


@beyond_reader
def count_opened_since_proof(session: Session, actor_id: Id, since: datetime) -> int:
    """How many people's records somebody has opened from a moment on, or since they last proved who they are."""
    query = select(func.count(audit.c.subject_id.distinct())).where(_opened_since_proof(actor_id, since))
    return session.scalar(query) or 0


@beyond_reader
def list_opened_since_proof(session: Session, actor_id: Id, since: datetime) -> set[Id]:
    """Whose records those are."""
    return set(session.scalars(select(audit.c.subject_id).where(_opened_since_proof(actor_id, since)).distinct()))


@beyond_reader
def has_proven(session: Session, actor_id: Id, since: datetime) -> bool:
    """Has somebody proved who they are from a moment on?"""
    proven = (audit.c.actor_id == actor_id) & (audit.c.at > since) & audit.c.allowed & audit.c.action.in_(PROVEN)
    return session.execute(select(audit.c.id).where(proven).limit(1)).first() is not None


def _opened_since_proof(actor_id: Id, since: datetime) -> ColumnElement[bool]:
    theirs = (audit.c.actor_id == actor_id) & (audit.c.at > since) & audit.c.allowed
    proven = select(func.max(audit.c.at)).where(theirs, audit.c.action.in_(PROVEN)).scalar_subquery()
    later = audit.c.at > func.coalesce(proven, literal(since, audit.c.at.type))
    return theirs & (audit.c.subject_kind == "person") & audit.c.action.in_(_OPENED) & later


@beyond_reader
def add_ledger_entry(session: Session, entry: LedgerEntry) -> None:
    """Write one entry. Writing the same id again changes nothing, so that a replay may repeat itself."""
    if session.execute(select(ledger.c.id).where(ledger.c.id == entry.id)).first() is None:
        row = msgspec.structs.asdict(entry) | {"detail": msgspec.json.encode(entry.detail).decode()}
        session.execute(insert(ledger), [row])


@beyond_reader
def find_ledger_ids(session: Session, entry_ids: Sequence[Id]) -> set[Id]:
    """Which of these entries are in the ledger of this database."""
    return set(session.scalars(select(ledger.c.id).where(ledger.c.id.in_(entry_ids)))) if entry_ids else set()


@beyond_reader
def find_subjects(session: Session, kind: str, subject_ids: Collection[Id] | None = None) -> frozenset[Id]:
    """Of whom, or of what, orders of a kind were given; with `subject_ids` only these are looked for."""
    sql = Sql(session)
    if subject_ids is None:
        return frozenset(i for (i,) in sql.rows("select subject_id from ledger where kind = ?", kind))
    query = "select subject_id from ledger where kind = ? and subject_id in ?*"
    return frozenset(i for (i,) in sql.rows(query, kind, set(subject_ids)))


@beyond_reader
def list_ledger(session: Session) -> list[LedgerEntry]:
    """All entries, oldest first."""
    rows = session.execute(select(ledger).order_by(ledger.c.at, ledger.c.id)).mappings()
    return [LedgerEntry(**{**row, "detail": msgspec.json.decode(row["detail"])}) for row in rows]
