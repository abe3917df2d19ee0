"""Beside the people of a quarter: its reports and how they were answered, as counts alone; and what needs were told of, for
figures."""

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.database.context import beyond_reader
from server.queries.people.concealment import not_concealed
from server.tables.people.person import person_need
from server.tables.referrals.referral import referral
from shared.geo.night import DEFAULT_ZONE
from shared.model.codes import ReceivingSupport, ReferralState, SupportNeed
from shared.model.value import Id

HERE = ZoneInfo(DEFAULT_ZONE)
SET_ASIDE = (str(ReferralState.DUPLICATE_OF), str(ReferralState.WRONG_AREA))


class NeedTold(NamedTuple):
    """What was said of one need of one person."""

    person_id: Id
    need: SupportNeed
    receiving_support: ReceivingSupport


@beyond_reader
def list_needs_told(session: Session, last: date) -> list[NeedTold]:
    """Everybody's up to a day, the oldest first, without hidden people: for figures alone."""
    ends = datetime.combine(last + timedelta(days=1), time(), HERE)
    query = (
        select(person_need.c.person_id, person_need.c.need, person_need.c.receiving_support)
        .where(person_need.c.at < ends, *not_concealed(session, person_need.c.person_id))
        .order_by(person_need.c.at, person_need.c.id)
    )
    return [NeedTold(who, SupportNeed(need), ReceivingSupport(told)) for who, need, told in session.execute(query)]


def count_reports(session: Session, district_ids: Collection[Id], first: date, last: date) -> tuple[int, int]:
    """How many reports came from the first day to the last, and how many of them had an outcome by the day it was due."""
    begins, ends = (datetime.combine(day, time(), HERE) for day in (first, last + timedelta(days=1)))
    query = select(referral.c.closed_at, referral.c.due_on).where(
        referral.c.reported_at >= begins,
        referral.c.reported_at < ends,
        referral.c.district_id.in_(sorted(district_ids)),
        referral.c.state.not_in(SET_ASIDE),
    )
    rows = session.execute(query).all()
    return len(rows), sum(
        row.closed_at is not None and row.closed_at.astimezone(HERE).date() <= row.due_on for row in rows
    )
