"""Who was on a district's list in a period: for counting, never for showing."""

from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from server.queries.concealment import not_concealed
from server.tables.case import mdt_case
from shared.model.codes import CaseState
from shared.model.value import Id

ON_THE_LIST = (CaseState.LISTED.value, CaseState.OPEN.value, CaseState.CLOSED.value)


def list_presented(session: Session, district_id: Id, first: date, last: date) -> list[Id]:
    """The people with a case on the list at some time from the first day to the last, each once, in order."""
    begins_at = datetime.combine(first, time(), UTC)
    ends_at = datetime.combine(last + timedelta(days=1), time(), UTC)
    query = (
        select(mdt_case.c.person_id)
        .distinct()
        .where(
            mdt_case.c.district_id == district_id,
            mdt_case.c.state.in_(ON_THE_LIST),
            mdt_case.c.since < ends_at,
            or_(mdt_case.c.closed_at.is_(None), mdt_case.c.closed_at >= begins_at),
            *not_concealed(session, mdt_case.c.person_id),
        )
        .order_by(mdt_case.c.person_id)
    )
    return list(session.scalars(query))
