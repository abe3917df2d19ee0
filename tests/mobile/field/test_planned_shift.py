"""What the team planned for tonight, as a phone is told it: where to, with whom, back when; and "Still out?" at its end."""

from datetime import timedelta
from typing import Any

import pytest

from mobile.field.service import FieldService
from mobile.field.views import ContactDraft, PersonDraft, TonightKind, VisitDraft
from shared.model.codes import ContactState, PlannedStopKind
from shared.model.position import Position
from shared.model.shift import PlannedStop, ShiftCalledOff, ShiftPlanned
from shared.rules.shift_plans import PlanState
from tests.mobile.feeding import feed, referral
from tests.mobile.rig import Rig

MARKET = Position(latitude=51.6553, longitude=-0.3962)
STATION = Position(latitude=51.6637, longitude=-0.3960)
STOPS = (
    PlannedStop(
        kind=PlannedStopKind.NEGLECTED, position=MARKET, name="Market Street", why="Nobody looked for 21 nights"
    ),
    PlannedStop(kind=PlannedStopKind.REFERRAL, referral_id="r1"),
)


def plan(rig: Rig, known: str = "p1", starts: int = 30, back: int = 150, **fields: Any) -> ShiftPlanned:
    now = rig.clocks.now()
    told: dict[str, Any] = {"worker_ids": ("aisha", "dean"), "area": "Town", "stops": STOPS}
    made = ShiftPlanned(
        id=known, team_id="watford", starts_at=now + timedelta(minutes=starts), back_at=now + timedelta(minutes=back),
        **(told | fields),
    )  # fmt: skip
    feed(rig, "shift.planned", made, who="tom")
    return made


def state(field: FieldService) -> PlanState | None:
    found = field.planned_shift()
    return None if found is None else found.state


def test_a_plan_is_shown_with_whom_where_and_back_when(rig: Rig, field: FieldService) -> None:
    assert field.planned_shift() is None
    made = plan(rig)
    found = field.planned_shift()
    assert found is not None
    assert (found.plan, found.with_whom, found.state) == (made, ("Dean R",), PlanState.AHEAD)


def test_colleagues_plans_are_not_mine_and_one_called_off_is_nobodys(rig: Rig, field: FieldService) -> None:
    plan(rig, worker_ids=("dean",))
    assert field.planned_shift() is None
    off = ShiftCalledOff(id="off", plan_id="p2", at=rig.clocks.now())
    feed(rig, "shift.called_off", off, who="tom")
    plan(rig, "p2")
    assert field.planned_shift() is None, "it was called off before this phone heard that it was planned"


def test_still_out_is_asked_until_i_am_home_or_say_that_i_am_out_longer(rig: Rig, field: FieldService) -> None:
    plan(rig, starts=0, back=120)
    rig.clocks.pass_(minutes=15)
    assert state(field) is PlanState.MISSING
    field.start_shift()
    assert state(field) is PlanState.OUT
    rig.clocks.pass_(minutes=119)
    assert state(field) is PlanState.OUT
    rig.clocks.pass_(minutes=1)
    assert state(field) is PlanState.OVERDUE
    field.check_in(30)
    assert state(field) is PlanState.OUT
    field.end_shift()
    assert field.planned_shift() is None


@pytest.mark.parametrize("later", [False, True])
def test_of_two_plans_the_one_that_is_not_done_with_is_shown(rig: Rig, field: FieldService, later: bool) -> None:
    plan(rig, "tomorrow", starts=23 * 60, back=24 * 60)
    plan(rig, "tonight", starts=0, back=60)
    if later:
        field.start_shift()
        field.end_shift()
    found = field.planned_shift()
    assert found is not None and found.plan.id == ("tomorrow" if later else "tonight")


def test_tonight_is_in_the_order_of_the_plan_and_people_stand_under_their_stop(rig: Rig, field: FieldService) -> None:
    near = Position(latitude=51.6556, longitude=-0.3962)
    feed(rig, "referral.received", referral("r1", position=STATION), referral("r2", position=MARKET))
    met = ContactDraft(state=ContactState.BEDDED_DOWN, new_people=(PersonDraft(alias="Red"),), position=near)
    field.record_contact(met)
    rig.clocks.pass_(hours=24)
    before = [item.id for item in field.tonight()]
    plan(rig)
    after = field.tonight()
    assert [item.kind for item in after[:2]] == [TonightKind.PLACE, TonightKind.FOLLOW_UP]
    assert (after[0].title, after[0].reason) == ("Market Street", "Nobody looked for 21 nights")
    assert [item.id for item in after[2:]] == ["r1", "r2"]
    assert sorted(before) == sorted(item.id for item in after[1:]), "nothing of tonight is lost by a plan"


def test_a_stop_that_was_looked_at_tonight_is_on_the_list_no_more(rig: Rig, field: FieldService) -> None:
    plan(rig)
    assert [item.title for item in field.tonight()] == ["Market Street"]
    field.record_visit(VisitDraft(position=STATION))
    assert len(field.tonight()) == 1
    field.record_visit(VisitDraft(position=MARKET))
    assert field.tonight() == []


def test_a_planned_referral_is_there_however_many_are_due_before_it(rig: Rig, field: FieldService) -> None:
    feed(rig, "referral.received", *(referral(f"a{n:02}", due_on=rig.clocks.now().date()) for n in range(31)))
    feed(rig, "referral.received", referral("r1"))
    assert "r1" not in {item.id for item in field.tonight()}
    plan(rig)
    assert [item.id for item in field.tonight()[:2]] == ["stop-0", "r1"]


def test_a_plan_comes_back_when_the_tables_are_made_anew(rig: Rig, field: FieldService) -> None:
    plan(rig)
    rig.clocks.pass_(minutes=1)
    again = rig.restart()
    again.unlock("271828")
    assert again.planned_shift() is not None


def test_a_shift_of_the_next_day_is_not_asked_about_by_a_plan_that_was_over(rig: Rig, field: FieldService) -> None:
    plan(rig)
    rig.clocks.pass_(minutes=400)
    field.start_shift()
    assert state(field) is None
