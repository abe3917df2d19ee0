"""Lone working: who is out, who is late and by how much, said to whom it concerns, and true although a colleague went home."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from server.database.engine import Database
from server.queries.street.lone_working import list_on_shift
from server.queries.sync import store as sync
from server.tables.street.shift import check_in, shift
from server.web.lead.on_shift import say_duration
from shared.model.shift import ShiftEnded
from shared.rules.check_ins import is_late, late_by, order_of_concern
from sync.authoring import NewChange
from tests.web import county
from tests.web.test_pages import plain

Browse = Callable[[str], Any]
TEAM = "watford-outreach"


@pytest.fixture
def out(filled: Database, now: datetime) -> Database:
    """Aisha, Dean and Tom are out, as `county` writes them."""
    with filled.writing() as session:
        county.fill_shifts(session, now)
    return filled


def test_a_late_one_is_said_first_in_words_and_in_red(out: Database, browse: Browse) -> None:
    page = browse("tom").get("/on-shift")
    words = plain(page.text)
    late = "Dean Rowe was due to check in at 21:05 and has not: 25 minutes late, last heard at 20:35."
    assert words.index(late) < words.index("Worker Team Out since")
    assert words.index("Dean Rowe Beacon Watford, Town centre 19:00 20:35 21:05 25 minutes late") < words.index(
        "Aisha Noor Beacon Watford, Town centre 19:00 21:20 21:50"
    )
    assert "Tom Ellis Beacon Watford 19:00 Not on this shift No check-in set" in words
    assert page.text.count('class="govuk-body lantern-alarm"') == 1
    assert "1 check-in late – On shift now" in words


def test_nothing_is_red_while_nobody_is_late(out: Database, browse: Browse) -> None:
    with out.writing() as session:
        session.execute(check_in.delete().where(check_in.c.worker_id == "dean"))
    page = browse("tom").get("/on-shift")
    assert "3 people out. No check-in is late." in plain(page.text)
    assert "lantern-alarm" not in page.text


def end_shift(database: Database, now: datetime, who: str) -> None:
    """As a phone's end of a shift lies on the server: the fact, and what the projection made of it."""
    now_ms = int(now.timestamp() * 1000)
    ended = ShiftEnded(id=f"end-{who}", shift_id="s1", worker_id=who, at=now)
    payload = msgspec.Raw(msgspec.json.encode(ended))
    with database.writing() as session:
        session.execute(shift.update().where(shift.c.id == "s1").values(ended_at=now))
        new = NewChange(id=f"change-{who}", type="shift.ended", scope=f"team:{TEAM}", entity="s1", payload=payload)
        sync.publish(session, [new], now_ms)


def names(database: Database, now: datetime, team_id: str = TEAM) -> list[str]:
    with database.reading() as session:
        return [each.worker_id for each in list_on_shift(session, [team_id], now - timedelta(hours=36))]


def test_whoever_went_home_is_gone_and_a_colleague_who_is_out_stays(out: Database, now: datetime) -> None:
    assert names(out, now) == ["aisha", "dean", "tom"]
    end_shift(out, now, "aisha")
    assert names(out, now) == ["dean", "tom"]
    end_shift(out, now, "dean")
    assert names(out, now) == ["tom"]


def test_another_teams_shift_and_one_of_last_week_are_not_shown(out: Database, now: datetime) -> None:
    assert names(out, now, "another") == []
    assert names(out, now + timedelta(days=7)) == []


def test_a_night_with_nobody_out_says_so(browse: Browse) -> None:
    assert "Nobody of your teams is out" in plain(browse("tom").get("/on-shift").text)


@pytest.mark.parametrize(
    ("who", "status"), [("aisha", 200), ("priya", 200), ("helen", 403), ("omar", 403), ("ruth", 403)]
)
def test_colleagues_and_the_coordinator_see_it_and_others_do_not(
    out: Database, browse: Browse, who: str, status: int
) -> None:
    page = browse(who).get("/on-shift")
    assert page.status_code == status
    assert ("Dean Rowe" in page.text) == (status == 200)


def test_a_check_in_is_late_from_the_moment_after_it_was_due() -> None:
    due = datetime(2026, 11, 12, 21, 5, tzinfo=UTC)
    assert not is_late(due, due)
    assert is_late(due, due + timedelta(seconds=1))
    assert not is_late(None, due)
    assert late_by(due, due - timedelta(minutes=1)) == timedelta(0)
    assert sorted([None, due + timedelta(hours=1), due], key=order_of_concern) == [due, due + timedelta(hours=1), None]


@pytest.mark.parametrize(
    ("seconds", "words"), [(1, "1 minute"), (1500, "25 minutes"), (7140, "119 minutes"), (7200, "2 hours")]
)
def test_how_late_is_said_plainly(seconds: int, words: str) -> None:
    assert say_duration(timedelta(seconds=seconds)) == words
