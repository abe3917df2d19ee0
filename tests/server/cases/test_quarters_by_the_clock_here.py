"""A quarter is counted by the days of the clock here, whichever list is counted."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import update

from server.database.engine import Database
from server.queries.cases import presentations
from server.tables.cases.case import mdt_case
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
