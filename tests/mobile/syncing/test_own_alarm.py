"""Whoever is overdue reads on her phone who has seen it, and no more than is true."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from mobile.app import LanternApp
from mobile.ports import NoMap
from mobile.syncing import own_alarm
from mobile.syncing.server_client import ServerClient
from shared.model.alarm import AlarmEvent, AlarmEventKind, OwnAlarm
from tests.mobile import real_server
from tests.mobile.feeding import acknowledge
from tests.mobile.rehearsal import SilentCues
from tests.mobile.rig import EVENING, PIN, Rig

TAKEN = OwnAlarm(taken_by="Tom E", taken_at=EVENING)


def fetch(rig: Rig, answer: Callable[[httpx.Request], httpx.Response]) -> None:
    rig.server.answer = answer
    wall_ms = int(rig.clocks.now().timestamp() * 1000)
    client = ServerClient("https://lantern.test", rig.keystore, lambda: wall_ms, rig.server)
    own_alarm.fetch(rig.field._open.record.store, client, "token", rig.field.check_in_state().due_at)


def gives(told: OwnAlarm) -> Callable[[httpx.Request], httpx.Response]:
    return lambda _: httpx.Response(200, content=msgspec.json.encode(told))


@pytest.fixture
def overdue(rig: Rig) -> Rig:
    """She promised a minute, the server heard it, and two are over: not so many that the phone has locked itself."""
    rig.field.start_shift("Station")
    rig.field.check_in(1)
    acknowledge(rig)
    rig.clocks.pass_(minutes=2)
    return rig


def test_who_has_it_is_said_while_she_is_overdue_and_not_once_she_was_heard(overdue: Rig) -> None:
    assert overdue.field.check_in_state().search is None
    fetch(overdue, gives(TAKEN))
    assert overdue.field.check_in_state().search == TAKEN
    overdue.field.check_in(30)
    assert overdue.field.check_in_state().search is None


def test_who_looked_for_her_once_is_not_said_to_look_for_her_the_next_time(overdue: Rig) -> None:
    """She is heard, and missed again, before the phone has asked anew."""
    fetch(overdue, gives(TAKEN))
    overdue.field.check_in(1)
    acknowledge(overdue)
    overdue.clocks.pass_(minutes=2)
    state = overdue.field.check_in_state()
    assert state.is_overdue and state.is_sent and state.search is None
    fetch(overdue, gives(OwnAlarm(reached=("Dean R",))))
    assert overdue.field.check_in_state().search == OwnAlarm(reached=("Dean R",))


def test_whatever_goes_wrong_she_reads_what_was_known_before(overdue: Rig) -> None:
    def lost(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no network")

    fetch(overdue, gives(TAKEN))
    for broken in (lost, lambda _: httpx.Response(500), lambda _: httpx.Response(200, content=b'{"reached": 3}')):
        fetch(overdue, broken)
        assert overdue.field.check_in_state().search == TAKEN
    own_alarm.forget(overdue.field._open.record.store)
    assert overdue.field.check_in_state().search is None


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (TAKEN, "Tom E has it since 23:30."),
        (OwnAlarm(reached=("Dean R", "Tom E")), "A message has gone to Dean R, Tom E. Nobody has said yet"),
        (OwnAlarm(), "Lantern has it. If you are late"),
    ],
)
def test_the_shift_says_who_has_seen_it(overdue: Rig, on_glass: Any, told: OwnAlarm, words: str) -> None:
    fetch(overdue, gives(told))

    async def story(driver):
        driver.app.go("shift", {})
        await driver.until(lambda: any(words in text for text in driver.visible_texts()))

    on_glass(LanternApp(overdue.field, SilentCues(), map_source=NoMap()), story)


@pytest.mark.slow
def test_what_tom_pressed_on_his_page_stands_on_her_phone_after_a_sync(tmp_path: Path) -> None:
    with real_server.running(tmp_path / "server") as server:
        from server.actions.street.alarms import Watch
        from server.queries.street.alarms import add_events, list_open_alarms

        services, cast = server.services, server.cast
        rig = Rig(tmp_path / "aisha", real_network=True)
        rig.clocks.wall = services.clock()
        assert rig.field.enrol(server.code_for(cast.aisha), server.url, PIN).enrolled
        rig.field.start_shift("Station")
        rig.field.check_in(-16)  # the server's clock is the real one: the promise must lie behind her at once
        assert rig.field.sync_once().message.startswith("All sent")

        def happens(kind: AlarmEventKind, worker: Any, at: datetime) -> None:
            with services.database.writing() as session:
                (alarm,) = list_open_alarms(session)
                event = AlarmEvent(id=services.new_id(), alarm_id=alarm.id, at=at, kind=kind, worker_id=worker.id)
                add_events(session, [event])

        late = services.clock() + timedelta(minutes=16)
        with services.database.writing() as session:
            Watch(session, late, services.new_id, services.settings.alarm.ladder).look()
        rig.field.sync_once()
        assert rig.field.check_in_state().search == OwnAlarm(), "nobody has heard of it yet"
        happens(AlarmEventKind.SENT, cast.tom, late)
        rig.field.sync_once()
        assert rig.field.check_in_state().search == OwnAlarm(reached=(cast.tom.short_name,))
        happens(AlarmEventKind.TAKEN, cast.tom, late)
        rig.field.sync_once()
        search = rig.field.check_in_state().search
        assert search is not None and (search.taken_by, search.taken_at) == (cast.tom.short_name, late)
        due_at = rig.field.check_in_state().due_at
        rig.field.check_in(15)
        rig.field.sync_once()
        assert own_alarm.find(rig.field._open.record.store, due_at) is None
        rig.field.close()
