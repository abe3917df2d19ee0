"""Distances, ages and clocks read as a worker would say them."""

from datetime import UTC, date, datetime, timedelta

import pytest

from mobile.field.views import SyncPhase, SyncStatus
from mobile.text import load
from mobile.text.moments import join, say_age, say_distance, say_due, say_when
from mobile.text.sync_words import is_worrying, say_sync

WORDS = load("en")
NOW = datetime(2026, 11, 21, 2, 10, tzinfo=UTC)  # a Saturday


@pytest.mark.parametrize(
    ("metres", "said"), [(None, ""), (3.0, "10 m"), (184.0, "180 m"), (994.0, "990 m"), (1_240.0, "1.2 km")]
)
def test_a_distance_is_said_to_the_nearest_ten(metres, said):
    assert say_distance(WORDS, metres).replace("\u00a0", " ") == said


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        (timedelta(minutes=5), "02:05"),
        (timedelta(hours=13), "yesterday"),
        (timedelta(days=2), "Thursday"),
        (timedelta(days=9), "12 Nov"),
    ],
)
def test_a_moment_is_a_clock_then_a_day_then_a_date(ago, said):
    assert say_when(WORDS, NOW - ago, NOW) == said


def test_summer_time_is_told_as_the_clock_on_the_wall_shows():
    july = datetime(2026, 7, 4, 1, 10, tzinfo=UTC)
    assert say_when(WORDS, july, july + timedelta(minutes=1)) == "02:10"


def test_what_is_due_says_so_and_what_was_due_says_that():
    assert say_due(WORDS, date(2026, 11, 24), NOW) == "Due Tuesday"
    assert say_due(WORDS, date(2026, 11, 19), NOW) == "Was due Thursday"
    assert say_due(WORDS, None, NOW) == ""


@pytest.mark.parametrize(("seconds", "said"), [(4, "just now"), (240, "4 min old"), (7_300, "2 h old")])
def test_a_fix_tells_its_age(seconds, said):
    assert say_age(WORDS, seconds).replace("\u00a0", " ") == said


def test_no_line_begins_with_a_dot():
    assert join("a", "", "b") == "a\u00a0· b"


def test_unsent_work_is_said_to_be_safe():
    status = SyncStatus(phase=SyncPhase.OFFLINE, not_yet_sent=3)
    assert say_sync(WORDS, status).replace("\u00a0", " ") == "No signal · 3 not yet sent · kept safe on this phone"
    assert not is_worrying(status)


@pytest.mark.parametrize(
    ("trouble", "said", "worries"),
    [
        ("must_enrol", "Needs a new code", True),
        ("upgrade", "Lantern needs updating", True),
        ("store", "No room", True),
        ("unconfirmed", "Waiting for the four digits", True),
        ("agreement", "Nothing new comes: tell your team lead", True),
        ("busy", "Server not ready", False),
        ("from_a_newer_server", "Server not ready", False),
    ],
)
def test_no_signal_is_said_only_when_there_is_none(trouble, said, worries):
    status = SyncStatus(phase=SyncPhase.FAILED, trouble=trouble, not_yet_sent=3)
    line = say_sync(WORDS, status)
    assert line.startswith(said) and "No signal" not in line and "3 not yet sent" in line
    assert is_worrying(status) is worries


def test_all_sent_says_when():
    status = SyncStatus(last_synced_at=datetime(2026, 11, 21, 4, 31, tzinfo=UTC))
    assert say_sync(WORDS, status) == "All sent 04:31"


def test_what_only_a_newer_app_reads_is_said_and_is_no_worry():
    status = SyncStatus(needs_newer_app=1, not_yet_sent=2)
    assert say_sync(WORDS, status) == join("1 record needs a newer app", WORDS.say("sync.unsent", count=2))
    assert not is_worrying(status)


def test_what_needs_a_look_is_said_first():
    status = SyncStatus(needs_a_look=1, not_yet_sent=1)
    assert say_sync(WORDS, status).startswith("1 needs a look")
    assert is_worrying(status)
