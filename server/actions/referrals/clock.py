"""The day by which an outcome is promised: where it moves, and by how much."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from server.queries.partnership.districts import find_district
from server.queries.referrals import referral_steps
from shared.geo.night import DEFAULT_ZONE
from shared.model.referral import Referral
from shared.model.value import Id
from shared.rules.referral import DUE_WORKING_DAYS, due_after, due_after_pause

LOCAL_ZONE = DEFAULT_ZONE
"""Whose days and bank holidays the promise to answer counts."""


def promise(session: Session, district_id: Id | None, reported_at: datetime, zone: str = LOCAL_ZONE) -> date:
    """The day by which a district promises an outcome of what was reported at a moment; the usual one where it is in none."""
    found = find_district(session, district_id) if district_id else None
    return due_after(reported_at, zone, found.answer_days if found else DUE_WORKING_DAYS)


def resumed_due(session: Session, found: Referral, now: datetime) -> date:
    """The promised day, moved by the working days for which we waited for an answer to our question."""
    return moved_due(session, found.id, found.due_on, now)


def moved_due(session: Session, referral_id: Id, due_on: date, now: datetime) -> date:
    """The same of a referral that is known by its id and its day alone."""
    asked_at = referral_steps.find_asked_at(session, referral_id)
    if asked_at is None:
        return due_on
    zone = ZoneInfo(LOCAL_ZONE)
    return due_after_pause(due_on, asked_at.astimezone(zone).date(), now.astimezone(zone).date())
