"""Reports of a quarter and how they were answered: counts alone, beside people and never among them."""

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.queries.partnership.boundary_changes import with_former
from server.tables.referrals.referral import referral
from shared.geo.night import DEFAULT_ZONE
from shared.model.codes import ReferralState
from shared.model.value import Id

HERE = ZoneInfo(DEFAULT_ZONE)
SET_ASIDE = (str(ReferralState.DUPLICATE_OF), str(ReferralState.WRONG_AREA))


def count_reports(session: Session, district_ids: Collection[Id], first: date, last: date) -> tuple[int, int]:
    """How many reports came from the first day to the last, and how many of them had an outcome by the day it was due."""
    begins, ends = (datetime.combine(day, time(), HERE) for day in (first, last + timedelta(days=1)))
    query = select(referral.c.closed_at, referral.c.due_on).where(
        referral.c.reported_at >= begins,
        referral.c.reported_at < ends,
        referral.c.district_id.in_(sorted(with_former(session, district_ids))),
        referral.c.state.not_in(SET_ASIDE),
    )
    rows = session.execute(query).all()
    return len(rows), sum(
        row.closed_at is not None and row.closed_at.astimezone(HERE).date() <= row.due_on for row in rows
    )
