"""A phone's wrong clock: mended by the server's word and uptime, told to the worker, and never trusted over a restart."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx
import pytest

from mobile.field.own_views import ClockState
from mobile.field.views import ContactDraft
from mobile.store.rows import to_ms
from mobile.syncing.server_client import read_date
from mobile.text import load
from mobile.text.fixes import say_clock_state
from shared.model.codes import ContactState
from sync.wire import read_change
from tests.mobile.rig import Rig


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    rig = Rig(tmp_path)
    rig.enrol()
    return rig


def hear(rig: Rig, true: datetime) -> None:
    """The server answers, whatever it says: its date counts."""
    rig.server.answer = lambda _: httpx.Response(503, headers={"date": format_datetime(true, usegmt=True)})
    rig.field.sync_once()


def seen_at(rig: Rig) -> datetime:
    contact_id = rig.field.record_contact(ContactDraft(state=ContactState.BEDDED_DOWN))
    return rig.field.contact(contact_id).contact.seen_at


@pytest.mark.parametrize("ahead", [timedelta(minutes=4_000), timedelta(hours=-3)])
def test_what_is_recorded_bears_the_true_time_though_the_clock_is_wrong(rig: Rig, ahead: timedelta) -> None:
    """A clock three days ahead put contacts into the future, where they led the case list for days."""
    true = rig.clocks.now().replace(microsecond=0)
    rig.clocks.wall = true + ahead
    hear(rig, true)
    assert seen_at(rig) == true
    assert rig.field.clock_state().off_s == ahead.total_seconds()
    rig.clocks.pass_(minutes=10)
    rig.clocks.wall += timedelta(days=1)
    assert seen_at(rig) == true + timedelta(minutes=10), "set again without a network: uptime carries the time on"


def test_a_clock_that_is_nearly_right_is_believed(rig: Rig) -> None:
    true = rig.clocks.now().replace(microsecond=0)
    rig.clocks.wall = true + timedelta(seconds=100)
    hear(rig, true)
    assert seen_at(rig) == rig.clocks.wall and rig.field.clock_state() == ClockState()


def test_the_true_time_outlives_the_app_and_not_the_boot(rig: Rig) -> None:
    true = rig.clocks.now().replace(microsecond=0)
    rig.clocks.wall = true + timedelta(hours=5)
    hear(rig, true)
    rig.restart()
    rig.field.unlock("271828")
    assert seen_at(rig) == true
    rig.clocks.restart()
    rig.restart()
    rig.field.unlock("271828")
    assert seen_at(rig) == rig.clocks.wall and rig.field.clock_state() == ClockState()


@pytest.mark.parametrize("ahead", [timedelta(hours=5), timedelta(days=-5), timedelta(0)])
def test_a_change_says_by_how_much_its_time_was_mended(rig: Rig, ahead: timedelta) -> None:
    true = rig.clocks.now().replace(microsecond=0)
    rig.clocks.wall = true + ahead
    hear(rig, true)
    seen_at(rig)
    store = rig.field._open.record.sync
    sent = read_change(store.next_push(200, 0, "").events[-1])
    assert (sent.at, sent.off) == (to_ms(true), int(ahead.total_seconds() * 1000))


def test_a_clock_a_day_behind_after_a_restart_asks_for_the_network(rig: Rig) -> None:
    hear(rig, rig.clocks.now().replace(microsecond=0))
    rig.clocks.restart(off=timedelta(days=-2))
    rig.restart()
    assert rig.field.clock_state().is_doubtful
    assert "signal" in say_clock_state(load("en"), rig.field.clock_state())


@pytest.mark.parametrize(
    ("off_s", "said"), [(0.0, ""), (300.0, "5 min fast"), (-7_300.0, "2 h slow"), (240_000.0, "67 h fast")]
)
def test_the_worker_is_told_which_way_and_how_far(off_s: float, said: str) -> None:
    assert said in say_clock_state(load("en"), ClockState(off_s=off_s))
    assert (say_clock_state(load("pl"), ClockState(off_s=off_s)) == "") is (off_s == 0)


def test_a_date_that_is_none_says_nothing() -> None:
    assert read_date("") is None and read_date("yesterday") is None
    assert (
        read_date("Fri, 13 Nov 2026 23:30:00 GMT") == int(datetime(2026, 11, 13, 23, 30, tzinfo=UTC).timestamp()) * 1000
    )
