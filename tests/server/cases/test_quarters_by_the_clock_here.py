"""A quarter is counted by the days of the clock here, whichever list is counted."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import update

from server.database.engine import Database
from server.queries.cases import presentations
from server.tables.cases.case import mdt_case
from server.tables.people.person import person_merge, person_need
from tests.web import county
from tests.worlds import Write


def test_what_happened_just_after_midnight_in_summer_is_of_the_day_that_it_was_here(
    database: Database, world: Callable[[Write], Any]
) -> None:
    world(county.watford)
    half_past_midnight = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)  # 00:30 on 1 July, by the clock here
    spring, summer = (date(2026, 4, 1), date(2026, 6, 30)), (date(2026, 7, 1), date(2026, 9, 30))
    with database.writing() as session:
        case = update(mdt_case).where(mdt_case.c.id == "case-p01")
        session.execute(case.values(since=half_past_midnight, state="closed", closed_at=half_past_midnight))
    with database.reading() as session:
        for count in (
            presentations.list_presented_by_district,
            presentations.list_new_by_district,
            presentations.list_closed_by_district,
        ):
            assert "p01" not in count(session, *spring).get(county.WATFORD, ())
            assert "p01" in count(session, *summer)[county.WATFORD]


def test_somebody_with_two_records_is_one_in_each_figure_of_a_quarter(
    database: Database, world: Callable[[Write], Any], now: datetime
) -> None:
    """Met again under a record that was joined since, they were told as no longer seen; with a case of each, as two."""
    world(county.watford)
    before, quarter = (date(2026, 7, 1), date(2026, 9, 30)), (date(2026, 10, 1), date(2026, 12, 31))
    with database.writing() as session:
        presented = presentations.list_presented_by_district(session, *quarter)[county.WATFORD]
        county.put_person(session, now, "ada", "", name="Ada", state="listed", nights=(80,), case_days=100)
        county.put_person(
            session, now, "ada-too", "", name="Ada", state="listed", nights=(3,), case_days=2, mdt_number=2
        )
        merge = {"id": "m", "from_id": "ada-too", "into_id": "ada", "at": now, "worker_id": "tom"}
        county.add(session, person_merge, merge)
        for who, said, days in (("ada", "no", 80), ("ada-too", "yes", 3)):
            told = {
                "id": f"n-{who}",
                "person_id": who,
                "need": "drugs",
                "receiving_support": said,
                "worker_id": "aisha",
            }
            county.add(session, person_need, told | {"at": now - timedelta(days=days)})

        county.put_person(session, now, "unlisted", "", name="Cy", state="candidate", nights=(3,), mdt_number=3)

    with database.reading() as session:
        assert "unlisted" not in presentations.list_seen_rough(session, *quarter)
        listed = presentations.list_presented_by_district(session, *quarter)[county.WATFORD]
        assert listed == presented | {"ada"}
        assert "ada" in presentations.list_seen_rough(session, *before)
        assert "ada" in presentations.list_seen_rough(session, *quarter)
        assert "ada" in presentations.list_need_met(session, *quarter)
        assert not {"ada-too"} & (
            presentations.list_seen_rough(session, *quarter) | presentations.list_need_met(session, *quarter)
        )
