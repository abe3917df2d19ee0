"""Two who do something about one alarm at the same moment, on PostgreSQL: nobody is told twice, and no call for help is lost."""

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from server.actions.street.alarms import Watch
from server.database.engine import Database
from server.database.locks import lock_records
from server.queries.street.alarms import add_events, list_open_alarms
from shared.model.alarm import AlarmEvent, AlarmEventKind
from shared.rules.alarms import DEFAULT_LADDER
from tests.server.database.test_locks import wait_until_someone_waits
from tests.web import county

pytestmark = pytest.mark.parametrize("database_kind", ["postgresql"])


def test_two_processes_that_watch_at_once_raise_one_alarm_and_tell_everybody_once(
    filled: Database, now: datetime, new_id: Callable[[], str]
) -> None:
    with filled.writing() as session:
        county.fill_shifts(session, now)
    faults: list[Exception] = []

    def look_too() -> None:
        with filled.writing() as session:
            watch = Watch(session, now, new_id, DEFAULT_LADDER)
            watch.look()
            faults.extend(watch.faults)

    other = threading.Thread(target=look_too)
    with filled.writing() as session:
        Watch(session, now, new_id, DEFAULT_LADDER).look()
        other.start()
        wait_until_someone_waits(filled)
    other.join(120)
    with filled.reading() as session:
        found = list_open_alarms(session)
    assert not faults
    assert sorted(each.worker_id for each in found) == ["dean", "tom"]
    for each in found:
        told = [(line.step, line.worker_id) for line in each.events]
        assert told and len(told) == len(set(told))


def test_a_call_for_help_at_the_moment_in_which_somebody_takes_the_late_check_in_is_told_to_everybody(
    filled: Database, browse: Callable[[str], Any], now: datetime, new_id: Callable[[], str]
) -> None:
    """What was taken was a late check-in: it must not swallow a call for help that its taker had not seen."""
    with filled.writing() as session:
        county.fill_shifts(session, now)
        Watch(session, now, new_id, DEFAULT_LADDER).look()
        (late,) = [each for each in list_open_alarms(session) if each.worker_id == "dean"]
    page = browse("dean")
    other = threading.Thread(target=lambda: page.send("/my-shift/help", words="Two men"))
    with filled.writing() as session:
        lock_records(session, [late.id])
        other.start()
        wait_until_someone_waits(filled)
        taken = AlarmEvent(id=new_id(), alarm_id=late.id, at=now, kind=AlarmEventKind.TAKEN, worker_id="tom")
        add_events(session, [taken])
    other.join(120)
    with filled.reading() as session:
        (alarm,) = [each for each in list_open_alarms(session) if each.worker_id == "dean"]
    assert alarm.help is not None
    assert alarm.taken is None, "a call for help is had by nobody who only had a late check-in"
    assert {"tom", "priya"} <= alarm.told_ids
