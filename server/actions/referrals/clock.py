"""The day by which an outcome is promised: where it moves, and by how much."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from server.queries.referrals import referral_steps
from shared.geo.night import DEFAULT_ZONE
from shared.model.referral import Referral
from shared.rules.referral import due_after_pause

LOCAL_ZONE = DEFAULT_ZONE
"""Whose days and bank holidays the promise to answer counts."""


def resumed_due(session: Session, found: Referral, now: datetime) -> date:
    """The promised day, moved by the working days for which we waited for an answer to our question."""
    asked_at = referral_steps.find_asked_at(session, found.id)
    if asked_at is None:
        return found.due_on
    zone = ZoneInfo(LOCAL_ZONE)
    return due_after_pause(found.due_on, asked_at.astimezone(zone).date(), now.astimezone(zone).date())
