"""Reports that came by Open311: the keys of those who send them, and where each report stands. A key knows its own alone."""

from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, insert, or_, select, update
from sqlalchemy.orm import Session

from server.queries.referrals.folded import FOLDED
from server.queries.referrals.inbox import InboxRow, inbox_row, rows
from server.tables.referrals.georeport import georeport_key, georeport_request
from server.tables.referrals.referral import alert, referral, referral_progress
from shared.model.value import Id, Value


class Key(Value, frozen=True, kw_only=True):
    """Who may send reports."""

    id: Id
    name: str
    made_at: datetime
    ended_at: datetime | None = None


class Asked(Value, frozen=True, kw_only=True):
    """A report that came by Open311, and where it stands."""

    reference: str
    key_id: Id
    row: InboxRow
    is_open: bool
    updated_at: datetime
    postcode: str = ""


def add_key(session: Session, key: Key, key_hash: str) -> None:
    """Let somebody send reports."""
    row = {"id": key.id, "name": key.name, "key_hash": key_hash, "made_at": key.made_at, "ended_at": None}
    session.execute(insert(georeport_key), [row])


def list_keys(session: Session) -> list[Key]:
    """Every key there was, newest first."""
    columns = (georeport_key.c.id, georeport_key.c.name, georeport_key.c.made_at, georeport_key.c.ended_at)
    query = select(*columns).order_by(georeport_key.c.made_at.desc(), georeport_key.c.id)
    return [Key(**row) for row in session.execute(query).mappings()]


def end_key(session: Session, key_id: Id, now: datetime) -> bool:
    """Take a key away; False where there is none, or it was taken before."""
    theirs = (georeport_key.c.id == key_id) & georeport_key.c.ended_at.is_(None)
    return bool(getattr(session.execute(update(georeport_key).where(theirs).values(ended_at=now)), "rowcount", 0))


def find_key(session: Session, key_hash: str) -> Id | None:
    """Whose key this is; None for one that is none, or was taken away."""
    query = select(georeport_key.c.id).where(georeport_key.c.key_hash == key_hash, georeport_key.c.ended_at.is_(None))
    return session.scalar(query)


def add_request(session: Session, referral_id: Id, reference: str, key_id: Id, now: datetime) -> None:
    """Remember who sent a report."""
    row = {"referral_id": referral_id, "reference": reference, "key_id": key_id, "requested_at": now}
    session.execute(insert(georeport_request), [row])


def list_asked(
    session: Session, *, key_id: Id | None = None, references: Collection[str] | None = None,
    between: tuple[datetime, datetime] | None = None, is_open: bool | None = None, limit: int = 1, offset: int = 0,
) -> list[Asked]:  # fmt: skip
    """Reports by their numbers, by whose they are and by when they came, the newest first."""
    query = _query()
    if key_id is not None:
        query = query.where(georeport_request.c.key_id == key_id)
    if references is not None:
        query = query.where(georeport_request.c.reference.in_(list(references)))
    if between is not None:
        query = query.where(georeport_request.c.requested_at.between(*between))
    if is_open is not None:
        query = query.where(_is_open() if is_open else ~_is_open())
    query = query.order_by(georeport_request.c.requested_at.desc(), georeport_request.c.reference)
    found = session.execute(query.limit(limit).offset(offset)).mappings()
    return [
        Asked(
            reference=row["reference"], key_id=row["key_id"], row=inbox_row(row), is_open=bool(row["asked_open"]),
            postcode=row["asked_postcode"], updated_at=row["updated_at"] or row["requested_at"],
        )
        for row in found
    ]  # fmt: skip


def _query() -> Select[Any]:
    updated = (
        select(func.max(referral_progress.c.at))
        .where(referral_progress.c.referral_id == referral.c.id)
        .scalar_subquery()
    )
    return (
        rows()
        .join(georeport_request, georeport_request.c.referral_id == referral.c.id)
        .add_columns(
            georeport_request.c.reference, georeport_request.c.key_id, georeport_request.c.requested_at,
            updated.label("updated_at"), case((_is_open(), 1), else_=0).label("asked_open"),
            alert.c.postcode.label("asked_postcode"),
        )
    )  # fmt: skip


def _is_open() -> ColumnElement[bool]:
    """Is it worked on: itself, or the one at the end of the chain that it was folded into?"""
    return or_(and_(referral.c.state != FOLDED, referral.c.closed_at.is_(None)), referral.c.id.in_(_folded_into_open()))


@cache
def _folded_into_open() -> Select[tuple[Id]]:
    """The folded ones whose head is worked on still, however long the chain."""
    own, here = referral.alias("own"), referral.alias("here")
    first = (
        select(own.c.id.label("own"), own.c.duplicate_of.label("above"))
        .join(georeport_request, georeport_request.c.referral_id == own.c.id)
        .where(own.c.state == FOLDED, own.c.duplicate_of.is_not(None))
        .cte("chain", recursive=True)
    )
    chain = first.union(
        select(first.c.own, here.c.duplicate_of)
        .join(here, here.c.id == first.c.above)
        .where(here.c.state == FOLDED, here.c.duplicate_of.is_not(None))
    )
    head = referral.alias("head")
    is_open = and_(head.c.id == chain.c.above, head.c.state != FOLDED, head.c.closed_at.is_(None))
    return select(chain.c.own).join(head, is_open)
