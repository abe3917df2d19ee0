"""What was pulled from another system's Open311 server: the newest of it, what of it is open still, what was refused before."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from server.tables.referrals.imports import import_batch, refused_row
from server.tables.referrals.referral import alert, referral
from shared.model.codes import AlertSource
from shared.rules.referral import FINAL_STATES

KIND, SOURCE = "referrals", "open311"
CHUNK = 500


def find_newest(session: Session) -> datetime | None:
    """When the newest of them was reported."""
    found: datetime | None = session.scalar(_pulled().with_only_columns(func.max(alert.c.reported_at)))
    return found


def list_open(session: Session, since: datetime) -> list[str]:
    """The numbers of those reported since a moment that are open here still."""
    query = (
        _pulled()
        .join(referral, referral.c.alert_id == alert.c.id)
        .where(alert.c.reported_at >= since, referral.c.state.not_in([str(state) for state in FINAL_STATES]))
        .order_by(alert.c.source_reference)
    )
    return list(session.scalars(query))


def list_refused(session: Session, marks: Collection[str]) -> set[str]:
    """Which of these rows, by their marks, were refused before, word for word."""
    wanted = sorted(marks)
    found: set[str] = set()
    for start in range(0, len(wanted), CHUNK):
        query = (
            select(refused_row.c.mark)
            .join(import_batch, import_batch.c.id == refused_row.c.batch_id)
            .where(import_batch.c.source == SOURCE, refused_row.c.mark.in_(wanted[start : start + CHUNK]))
        )
        found.update(session.scalars(query))
    return found


def _pulled() -> Select[tuple[str]]:
    """The numbers of what came by a file or a pull, not of what was posted to us."""
    return (
        select(alert.c.source_reference)
        .join(import_batch, import_batch.c.id == alert.c.import_batch_id)
        .where(alert.c.source == str(AlertSource.OPEN311), import_batch.c.kind == KIND)
    )
