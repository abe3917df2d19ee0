"""What somebody may do with an alarm, and who may be set to hear of one: pressed by those who may not."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from server.actions.street.alarms import Watch
from server.database.engine import Database
from server.queries.street import duties
from server.queries.street.alarms import find_alarm, list_open_alarms
from server.web.admin.health import say_clock
from shared.model.alarm import AlarmStep
from shared.rules.alarms import DEFAULT_LADDER
from sync.clock import PhoneClock, happened_at
from tests.web import county
from tests.web.test_pages import plain

Browse = Callable[[str], Any]


@pytest.fixture
def dean_is_late(filled: Database, now: datetime, new_id: Callable[[], str]) -> tuple[Database, str]:
    with filled.writing() as session:
        county.fill_shifts(session, now)
        Watch(session, now, new_id, DEFAULT_LADDER).look()
        return filled, next(each.id for each in list_open_alarms(session) if each.worker_id == "dean")


def test_whoever_is_missed_cannot_call_the_others_off(dean_is_late: tuple[Database, str], browse: Browse) -> None:
    """Somebody else may hold Dean's telephone."""
    database, alarm_id = dean_is_late
    dean = browse("dean")
    page = dean.get(f"/alarms/{alarm_id}")
    assert page.status_code == 200
    assert "This is about you" in plain(page.text)
    assert ">I have it<" not in page.text
    assert dean.send(f"/alarms/{alarm_id}/take", instead_of="").status_code == 409
    with database.reading() as session:
        alarm = find_alarm(session, alarm_id)
        assert alarm is not None
        assert alarm.taken is None


@pytest.mark.parametrize(("who", "status"), [("rowan", 404), ("helen", 403), ("omar", 403), ("ruth", 403)])
def test_nobody_elsewhere_opens_takes_or_ends_an_alarm(
    dean_is_late: tuple[Database, str], browse: Browse, who: str, status: int
) -> None:
    database, alarm_id = dean_is_late
    browser = browse(who)
    answers = [
        browser.get(f"/alarms/{alarm_id}"),
        browser.send(f"/alarms/{alarm_id}/take", instead_of=""),
        browser.send(f"/alarms/{alarm_id}/done", note="It is fine", outcome="home"),
    ]
    assert [each.status_code for each in answers] == [status] * 3
    assert not any("Dean" in each.text for each in answers)
    with database.reading() as session:
        alarm = find_alarm(session, alarm_id)
        assert alarm is not None
        assert (alarm.taken, alarm.ended) == (None, None)


@pytest.mark.parametrize(("who", "status"), [("dean", 200), ("priya", 200), ("ruth", 400), ("rowan", 400), ("", 400)])
def test_a_post_goes_to_the_teams_agency_or_its_coordinator_alone(
    filled: Database, browse: Browse, who: str, status: int
) -> None:
    """Whoever holds a post hears the first names of those who are late."""
    answer = browse("tom").send("/on-duty", team="watford-outreach", post="deputy", worker=who)
    assert answer.status_code == status
    with filled.reading() as session:
        holders = duties.list_holders(session, "watford-outreach")[AlarmStep.DEPUTY]
    assert holders == ([who] if status == 200 else [])


def test_a_phone_that_is_behind_is_said_to_be_slow() -> None:
    """`skew_ms` is our time less the phone's: a phone at noon while it is one o'clock here is an hour slow."""
    noon, one = 43_200_000, 46_800_000
    assert "slow" in say_clock(one - noon)
    assert "fast" in say_clock(noon - one)
    assert happened_at(noon, None, None, PhoneClock(noon), one) == one, "and what it makes now is mended to now"
