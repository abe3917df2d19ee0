"""What one file brought in, and taking it out again: which of it somebody has worked with since, and the deletes."""

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from server.tables.referrals.imports import import_batch, refused_row
from server.tables.referrals.referral import alert, alert_referrer, alert_version, referral, referral_progress
from server.tables.street.contact import contact
from server.tables.street.shift import visit
from shared.model.codes import ReferralState
from shared.model.value import Id, Value


class Brought(Value, frozen=True, kw_only=True):
    """A referral that a file brought in."""

    alert_id: Id
    referral_id: Id
    number: str


class BroughtVersion(Value, frozen=True, kw_only=True):
    """A newer version of a report that was there before, as a file brought it: what was taken over of it."""

    id: Id
    alert_id: Id
    referral_id: Id
    number: str
    received_at: datetime
    changes: dict[str, tuple[str, str]]
    applied: tuple[str, ...]
    settled_by: Id | None


def list_brought(session: Session, batch_id: Id, after: Id, limit: int) -> list[Brought]:
    """The next referrals that a file brought in, in the order of their alerts."""
    query = (
        select(alert.c.id, referral.c.id, referral.c.number)
        .join(referral, referral.c.alert_id == alert.c.id)
        .where(alert.c.import_batch_id == batch_id, alert.c.id > after)
        .order_by(alert.c.id)
        .limit(limit)
    )
    return [Brought(alert_id=row[0], referral_id=row[1], number=row[2]) for row in session.execute(query)]


def list_worked_with(session: Session, brought: Sequence[Brought], batch_id: Id) -> set[Id]:
    """Of these the referrals that somebody has worked with, or that something else hangs on by now."""
    ids, alerts = [each.referral_id for each in brought], [each.alert_id for each in brought]
    found: set[Id] = set()
    for table in (referral_progress, contact, visit):
        found |= set(session.scalars(select(table.c.referral_id).where(table.c.referral_id.in_(ids))))
    of_others = (
        select(referral.c.duplicate_of)
        .join(alert, alert.c.id == referral.c.alert_id)
        .where(referral.c.duplicate_of.in_(ids), func.coalesce(alert.c.import_batch_id, "") != batch_id)
    )
    found |= {each for each in session.scalars(of_others) if each is not None}
    # Whoever put one on the map, or found right what was guessed of it, has worked with it and taken no step.
    seen_to = select(alert.c.id).where(alert.c.id.in_(alerts), alert.c.guesses_confirmed_at.is_not(None))
    has_newer = set(session.scalars(seen_to))
    newer = select(alert_version.c.alert_id).where(
        alert_version.c.alert_id.in_(alerts), func.coalesce(alert_version.c.import_batch_id, "") != batch_id
    )
    has_newer |= set(session.scalars(newer))
    return found | {each.referral_id for each in brought if each.alert_id in has_newer}


def delete_brought(session: Session, brought: Sequence[Brought]) -> None:
    """Take these out, with everything that was kept of them."""
    alerts = [each.alert_id for each in brought]
    session.execute(delete(referral).where(referral.c.id.in_([each.referral_id for each in brought])))
    for table in (alert_version, alert_referrer):
        session.execute(delete(table).where(table.c.alert_id.in_(alerts)))
    session.execute(delete(alert).where(alert.c.id.in_(alerts)))


def stand_alone(session: Session, referral_ids: Collection[Id]) -> list[Id]:
    """Let no referral that is left be held to repeat one of these, which are gone: it is new again. Returns those that somebody
    has worked with: what they did with each stands in its steps, and a step must say so."""
    gone = list(referral_ids)
    steps = select(referral_progress.c.referral_id).where(referral_progress.c.referral_id == referral.c.id).exists()
    left = (referral.c.duplicate_of.in_(gone), referral.c.id.not_in(gone))
    worked_with = list(session.scalars(select(referral.c.id).where(*left, steps).order_by(referral.c.id)))
    session.execute(
        update(referral)
        .where(*left, referral.c.id.not_in(worked_with))
        .values(duplicate_of=None, state=str(ReferralState.RECEIVED), closed_at=None, outcome="")
    )
    return worked_with


def list_brought_versions(session: Session, batch_id: Id) -> list[BroughtVersion]:
    """The newer versions that a file brought of reports that were there before."""
    query = (
        select(alert_version, referral.c.id.label("referral_id"), referral.c.number)
        .join(referral, referral.c.alert_id == alert_version.c.alert_id)
        .where(alert_version.c.import_batch_id == batch_id)
        .order_by(alert_version.c.id)
    )
    return [
        BroughtVersion(
            id=row["id"], alert_id=row["alert_id"], referral_id=row["referral_id"], number=row["number"],
            received_at=row["received_at"],
            changes=msgspec.json.decode(row["changes"], type=dict[str, tuple[str, str]]),
            applied=msgspec.json.decode(row["applied"], type=tuple[str, ...]), settled_by=row["settled_by"],
        )
        for row in session.execute(query).mappings()
    ]  # fmt: skip


def find_outcome_told(session: Session, alert_id: Id) -> str:
    """The outcome with which an alert first came, closed already."""
    return session.scalar(select(alert.c.outcome_text).where(alert.c.id == alert_id)) or ""


def delete_version(session: Session, version: BroughtVersion) -> None:
    """Forget a newer version; what it had overtaken is asked again."""
    session.execute(delete(alert_version).where(alert_version.c.id == version.id))
    overtaken = (
        alert_version.c.alert_id == version.alert_id, alert_version.c.settled_by.is_(None),
        alert_version.c.settled_at == version.received_at, alert_version.c.received_at < version.received_at,
    )  # fmt: skip
    session.execute(update(alert_version).where(*overtaken).values(settled_at=None))


def note_undone(session: Session, batch_id: Id, now: datetime) -> bool:
    """Say that a file was taken out again, and forget the rows that it could not bring in; False where it was done before."""
    done = session.execute(
        update(import_batch)
        .where(import_batch.c.id == batch_id, import_batch.c.undone_at.is_(None))
        .values(undone_at=now)
    )
    session.execute(delete(refused_row).where(refused_row.c.batch_id == batch_id))
    return bool(getattr(done, "rowcount", 0))
