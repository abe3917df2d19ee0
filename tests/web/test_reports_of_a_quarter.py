"""Reports are counted by the day here, as they are promised by it: an hour after midnight in summer is another day in UTC."""

from datetime import UTC, date, datetime

from sqlalchemy import update

from server.database.engine import Database
from server.queries.maps.quarters import count_reports
from server.tables.referrals.referral import referral
from tests.web import county

FIRST, LAST = date(2026, 7, 1), date(2026, 9, 30)


def test_a_quarter_begins_and_an_answer_is_late_by_the_day_here(filled: Database) -> None:
    before_midnight = datetime(2026, 6, 30, 22, 30, tzinfo=UTC)
    after_midnight = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)
    with filled.writing() as session:
        for name, at in (("r81", before_midnight), ("r82", after_midnight)):
            county.put_referral(session, at, name, district_id=county.WATFORD)
        due_on = date(2026, 7, 15)
        in_time = {"closed_at": datetime(2026, 7, 15, 22, 30, tzinfo=UTC), "due_on": due_on}
        late = {"closed_at": datetime(2026, 7, 15, 23, 30, tzinfo=UTC), "due_on": due_on}
        session.execute(update(referral).values(**in_time))
        assert count_reports(session, {county.WATFORD}, FIRST, LAST) == (1, 1)
        session.execute(update(referral).values(**late))
        assert count_reports(session, {county.WATFORD}, FIRST, LAST) == (1, 0)
