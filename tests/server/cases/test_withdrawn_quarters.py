"""A quarter whose share was withdrawn is told no more, not by the share of the next quarter either."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import msgspec

from server.actions.cases.quarterly import TOGETHER, compose_quarter
from server.database.engine import Database
from server.hotspots.periods import Period
from server.queries.maps.publications import list_releases, set_release
from shared.rules.small_counts import NOT_SHOWN
from tests.server.conferences.test_tracker import column_of, put_summer_people
from tests.web import county
from tests.worlds import Write

SUMMER, AUTUMN = "July to September 2026", Period(date(2026, 10, 1), date(2026, 12, 31))


def test_the_next_quarter_tells_nothing_of_one_that_was_withdrawn(
    database: Database, world: Callable[[Write], Any], now: datetime, new_id: Callable[[], str]
) -> None:
    world(county.watford)
    with database.writing() as session:
        put_summer_people(session, now, range(47))
        county.tell_quarter(session, now, new_id)
        before = compose_quarter(session, AUTUMN, county.NoLot())
        (told,) = list_releases(session)
        withdrawn = {
            "withdrawn_at": now,
            "withdrawn_by": "priya",
            "withdrawn_reason": "Two districts were counted twice.",
        }
        set_release(session, msgspec.structs.replace(told, **withdrawn))
        after = compose_quarter(session, AUTUMN, county.NoLot())
    assert any(cell.isdecimal() for cell in column_of(before[county.WATFORD].tables[-1], SUMMER))
    for area in (county.WATFORD, TOGETHER):
        assert set(column_of(after[area].tables[-1], SUMMER)) == {NOT_SHOWN}
        others = [name for name in after[area].tables[-1].columns if name != SUMMER]
        assert [column_of(after[area].tables[-1], name) for name in others] == [
            column_of(before[area].tables[-1], name) for name in others
        ]
