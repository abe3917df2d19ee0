"""Who goes out tonight: planned in one press, seen by who is on duty, and said when somebody has not gone or is not home."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

import pytest
from msgspec import structs

from server.database.engine import Database
from server.database.locks import lock_records
from server.queries.street import plans, shifts
from server.queries.street.plans import ShiftPlan
from server.tables.street.shift import shift, shift_worker
from server.web.lead.plan import next_moment
from shared.model.codes import PlannedStopKind
from shared.model.shift import PlannedStop
from shared.rules.shift_plans import PlanState, alarm_at, state_of
from tests.conftest import Clock
from tests.web import county
from tests.web.test_pages import plain

Browse = Callable[[str], Any]
TEAM = "watford-outreach"
TONIGHT = {"team": TEAM, "area": "Town centre", "starts": "22:00", "back": "01:00"}
START, BACK = datetime(2026, 11, 12, 22, tzinfo=UTC), datetime(2026, 11, 13, 1, tzinfo=UTC)


def planned(database: Database, now: datetime) -> list[Any]:
    with database.reading() as session:
        return plans.list_plans(session, [TEAM], now)


def go_out(database: Database, who: str, at: datetime) -> None:
    with database.writing() as session:
        walk = {"id": f"p-{who}", "team_id": TEAM, "worker_id": who, "started_at": at, "night": at.date()}
        county.add(session, shift, walk)
        county.add(session, shift_worker, {"shift_id": f"p-{who}", "worker_id": who, "joined_at": at})


def test_a_plan_is_one_press_and_stands_on_every_page_that_needs_it(
    filled: Database, browse: Browse, now: datetime
) -> None:
    tom = browse("tom")
    page = tom.send("/shift-plan", **TONIGHT, workers="aisha")
    assert "Planned. It stands on the page of who is out." in plain(page.text)
    (made,) = planned(filled, now)
    assert (made.worker_ids, made.starts_at, made.back_at) == (("aisha",), START, BACK)
    said = r"Aisha \S+ in Town centre, 22:00 to 01:00 on 13 Nov"
    assert re.search(said, plain(tom.get("/on-shift").text))
    assert re.search(f"Planned: {said}", plain(browse("aisha").get("/my-shift").text))
    assert "Planned" not in plain(browse("dean").get("/my-shift").text)


def test_whoever_never_went_out_and_whoever_should_be_home_is_said_in_red(
    filled: Database, browse: Browse, clock: Clock
) -> None:
    browse("tom").send("/shift-plan", **TONIGHT, workers="aisha")
    clock.now = START + timedelta(minutes=14)
    assert "was to go out" not in plain(browse("tom").get("/on-shift").text)
    clock.now = START + timedelta(minutes=15)
    page = browse("tom").get("/on-shift")
    assert re.search(r"Aisha \S+ was to go out at 22:00, and Lantern has not heard that they did\.", plain(page.text))
    assert page.text.count('class="govuk-body lantern-alarm"') == 1
    browse("tom").send("/wall")
    go_out(filled, "aisha", clock.now)
    assert "was to go out" not in plain(browse("tom").get("/on-shift").text)
    clock.now = BACK + timedelta(minutes=15)
    assert re.search(
        r"Aisha \S+ was to be home at 01:00, and is out still\.", plain(browse("tom").get("/on-shift").text)
    )
    assert "Still out?" in plain(browse("aisha").get("/my-shift").text)


def test_whoever_says_that_they_are_out_longer_is_asked_no_more(filled: Database, browse: Browse, clock: Clock) -> None:
    browse("tom").send("/shift-plan", **TONIGHT, workers="aisha")
    go_out(filled, "aisha", START)
    clock.now = BACK + timedelta(minutes=15)
    with filled.writing() as session:
        shifts.note_signs_of_life(session, {"aisha": (clock.now, "check_in")})
    assert "was to be home" not in plain(browse("tom").get("/on-shift").text)
    assert "Still out?" not in plain(browse("aisha").get("/my-shift").text)


def test_a_plan_that_is_called_off_is_nowhere(filled: Database, browse: Browse, clock: Clock) -> None:
    tom = browse("tom")
    tom.send("/shift-plan", **TONIGHT, workers="aisha")
    (made,) = planned(filled, clock.now)
    assert browse("dean").send(f"/shift-plan/{made.id}/call-off").status_code == 403
    assert browse("rowan").send(f"/shift-plan/{made.id}/call-off").status_code == 403
    assert len(planned(filled, clock.now)) == 1
    assert browse("tom").send(f"/shift-plan/{made.id}/call-off").status_code == 200
    assert planned(filled, clock.now) == []
    again = browse("tom").send(f"/shift-plan/{made.id}/call-off")
    assert again.status_code == 200 and "called off" in plain(again.text).lower(), "pressed twice"
    assert browse("tom").send("/shift-plan/nowhere/call-off").status_code == 404


@pytest.mark.slow
def test_two_leads_at_once_make_one_plan_and_a_page_of_before_calls_off_what_it_became(
    filled: Database, browse: Browse, now: datetime
) -> None:
    tom = browse("tom")
    press = Thread(target=lambda: tom.send("/shift-plan", **TONIGHT, workers="aisha"))
    first = ShiftPlan(
        id="p1", team_id=TEAM, area="Town centre", starts_at=START, back_at=BACK, set_by="priya", set_at=now,
        worker_ids=("aisha",),
    )  # fmt: skip
    with filled.writing() as session:
        lock_records(session, [f"plans:{TEAM}"])
        plans.add_plan(session, first)
        press.start()
        press.join(timeout=1)
    press.join(timeout=60)
    assert [each.id for each in planned(filled, now)] == ["p1"]
    with filled.writing() as session:
        plans.call_off(session, "p1", now)
        stop = PlannedStop(kind=PlannedStopKind.REFERRAL, referral_id="r1")
        plans.add_plan(session, structs.replace(first, id="p2", stops=(stop,)))
    assert tom.send("/shift-plan/p1/call-off").status_code == 200
    assert planned(filled, now) == [], "a report was sent with that shift since the page was opened"


@pytest.mark.parametrize(
    "wrong",
    [
        {"workers": ""}, {"workers": "ruth"}, {"workers": "nobody"}, {"starts": "25:00"}, {"starts": ""},
        {"back": "late"}, {"back": "21:00"}, {"area": "x" * 201},
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(filled: Database, browse: Browse, now: datetime, wrong: dict[str, str]) -> None:
    sent = {**TONIGHT, "workers": "aisha", **wrong}
    answer = browse("tom").send("/shift-plan", **sent)
    assert answer.status_code == 422
    (field,) = wrong
    assert f'id="{field}-1-error"' in answer.text, "beside its field"
    assert all(f'value="{sent[name]}"' in answer.text for name in ("area", "starts", "back") if sent.get(name))
    assert ('value="aisha" checked' in answer.text) is (sent["workers"] == "aisha"), "and nothing typed is lost"
    assert planned(filled, now) == []


@pytest.mark.parametrize("who", ["aisha", "priya", "helen", "ruth"])
def test_only_a_lead_plans(filled: Database, browse: Browse, now: datetime, who: str) -> None:
    assert browse(who).send("/shift-plan", **TONIGHT, workers="dean").status_code == 403
    assert planned(filled, now) == []


@pytest.mark.parametrize(
    ("after", "text", "moment"),
    [
        ((2026, 11, 12, 21, 30), "20:00", (2026, 11, 13, 20, 0)),
        ((2026, 11, 12, 21, 30), "23:05", (2026, 11, 12, 23, 5)),
        ((2026, 10, 24, 22, 0), "01:30", (2026, 10, 25, 0, 30)),
        ((2026, 10, 25, 0, 45), "01:30", (2026, 10, 25, 1, 30)),
        ((2026, 10, 25, 0, 45), "02:15", (2026, 10, 25, 2, 15)),
        ((2026, 3, 28, 23, 0), "01:30", (2026, 3, 30, 0, 30)),
        ((2026, 3, 28, 23, 0), "02:30", (2026, 3, 29, 1, 30)),
    ],
)
def test_a_clock_time_is_the_next_one_through_both_changes(
    after: tuple[int, ...], text: str, moment: tuple[int, ...]
) -> None:
    begun = datetime(*after, tzinfo=UTC)  # type: ignore[misc,arg-type]
    assert next_moment(text, begun) == datetime(*moment, tzinfo=UTC)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize("text", ["", "8", "24:00", "12:60", "1200", "²0:00", "-1:00", "20:0", "a:b"])
def test_what_is_no_clock_time_is_none(text: str, now: datetime) -> None:
    assert next_moment(text, now) is None


@pytest.mark.parametrize(
    ("minutes", "went", "is_out", "state"),
    [
        (-60, None, False, PlanState.AHEAD), (14, None, False, PlanState.AHEAD), (15, None, False, PlanState.MISSING),
        (15, -181, False, PlanState.MISSING), (15, -180, False, PlanState.HOME), (15, -300, True, PlanState.OUT),
        (194, 5, True, PlanState.OUT), (195, 5, True, PlanState.OVERDUE), (195, 5, False, PlanState.HOME),
    ],
)  # fmt: skip
def test_where_somebody_stands(minutes: int, went: int | None, is_out: bool, state: PlanState) -> None:
    at = None if went is None else START + timedelta(minutes=went)
    assert state_of(START, BACK, at, is_out=is_out, now=START + timedelta(minutes=minutes)) is state


def test_whoever_went_out_only_after_a_plan_was_over_is_not_missed_at_home_by_it() -> None:
    """They are out on another shift; nobody is told of them, and no page may say so in red."""
    now, later = BACK + timedelta(hours=6), BACK + timedelta(hours=5)
    assert state_of(START, BACK, later, is_out=True, now=now, out_since=later) is PlanState.HOME
    assert state_of(START, BACK, BACK, is_out=True, now=now, out_since=BACK) is PlanState.HOME
    assert alarm_at(START, BACK, BACK, is_out=True, acted_at=None, out_since=BACK) is None, "the alarm says the same"
    on_it = state_of(START, BACK, BACK, is_out=True, now=now, out_since=BACK - timedelta(minutes=1))
    assert on_it is PlanState.OVERDUE
