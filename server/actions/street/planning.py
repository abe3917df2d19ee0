"""Planning who goes out tonight and where to, and calling it off; the team's phones hear of both with their next sync. Who should
have gone, or should be home, is `shared.rules.shift_plans`. And who is on leave, whom no alarm asks and no plan names."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from server.access import Access
from server.database.locks import lock_records
from server.problems import InvalidFields, NotFound
from server.queries.partnership import workers
from server.queries.people import subjects
from server.queries.street import duties, leaves, plans
from server.queries.street.leaves import Leave
from server.queries.street.plans import ShiftPlan
from server.queries.sync.store import publish
from shared.model.shift import PlannedStop, ShiftCalledOff, ShiftPlanned
from shared.model.value import Id, Value
from shared.policy import Act
from shared.rules.check_ins import LONGEST_SHIFT
from sync.authoring import NewChange

LONGEST_AREA = 200
AHEAD_AT_MOST = timedelta(hours=24)
LONGEST_LEAVE = timedelta(days=366)


def plan_shift(
    access: Access,
    team_id: Id,
    worker_ids: Sequence[Id],
    area: str,
    starts_at: datetime,
    back_at: datetime,
    stops: Sequence[PlannedStop] = (),
) -> Id:
    """These workers of a team go out together; pressed twice, they go out once. Raises NotFound, Forbidden, Invalid."""
    access.require(Act.PLAN_SHIFT, subjects.find_team(access.session, team_id), purpose="plan of a shift")
    known = {each.id for each in workers.list_workers_of_team(access.session, team_id)}
    if not worker_ids or not set(worker_ids) <= known:
        raise InvalidFields({"workers": "Choose who goes out, of this team."})
    if len(area) > LONGEST_AREA:
        raise InvalidFields({"area": f"Say where in {LONGEST_AREA} characters or fewer."})
    if not starts_at < back_at <= starts_at + LONGEST_SHIFT or starts_at > access.now + AHEAD_AT_MOST:
        raise InvalidFields({
            "back": "A shift ends after it begins, within 18 hours, and begins within a day from now."
        })  # fmt: skip
    if not set(worker_ids).isdisjoint(leaves.find_away(access.session, starts_at, back_at)):
        raise InvalidFields({
            "workers": "One of them is on leave then. Choose somebody else, or say first that they are back (On duty)."
        })  # fmt: skip
    hold_plans(access, team_id)
    plan = ShiftPlan(
        id=access.new_id(), team_id=team_id, area=area, starts_at=starts_at, back_at=back_at,
        set_by=access.actor.worker_id, set_at=access.now, worker_ids=tuple(dict.fromkeys(worker_ids)),
        stops=tuple(stops),
    )  # fmt: skip
    for planned in plans.list_plans(access.session, [team_id], access.now):
        if _say(planned) == _say(plan):
            return planned.id
    _announce(access, plan)
    return plan.id


def hold_plans(access: Access, team_id: Id) -> None:
    """Who plans for a team, sends its shifts elsewhere or calls one off does so one after another: what is read after this is
    what stands."""
    lock_records(access.session, [f"plans:{team_id}"])


def _announce(access: Access, plan: ShiftPlan) -> None:
    plans.add_plan(access.session, plan)
    told = ShiftPlanned(
        id=plan.id, team_id=plan.team_id, worker_ids=plan.worker_ids, starts_at=plan.starts_at, back_at=plan.back_at,
        area=plan.area, stops=plan.stops,
    )  # fmt: skip
    _tell_phones(access, plan.team_id, plan.id, "shift.planned", told)


def _say(plan: ShiftPlan) -> tuple[Any, ...]:
    """What a plan says, whenever it was made and by whom."""
    return plan.starts_at, plan.back_at, plan.area, frozenset(plan.worker_ids), plan.stops


def change_stops(access: Access, plan: ShiftPlan, stops: Sequence[PlannedStop]) -> None:
    """The same shift goes elsewhere as well, or not everywhere: a plan is a fact, so this one is called off and another made. It
    was read while the team's plans were held.

    Who goes and when was decided before, and whether the actor may is the caller's to ask: whoever takes a report back need not
    be one who plans shifts.
    """
    _call_off(access, plan)
    again = {"id": access.new_id(), "set_by": access.actor.worker_id, "set_at": access.now, "stops": tuple(stops)}
    _announce(access, msgspec.structs.replace(plan, **again))


def call_off(access: Access, plan_id: Id) -> None:
    """It does not take place, wherever it goes by now; pressed twice, once. Raises NotFound, Forbidden."""
    team_id = plans.find_team_id(access.session, plan_id)
    if team_id is None:
        raise NotFound
    access.require(Act.PLAN_SHIFT, subjects.find_team(access.session, team_id), purpose="plan of a shift")
    hold_plans(access, team_id)
    standing = plans.find_standing(access.session, plan_id)
    if standing is not None:
        _call_off(access, standing)


def _call_off(access: Access, plan: ShiftPlan) -> None:
    plans.call_off(access.session, plan.id, access.now)
    told = ShiftCalledOff(id=access.new_id(), plan_id=plan.id, at=access.now)
    _tell_phones(access, plan.team_id, plan.id, "shift.called_off", told)


def list_whose_leave(access: Access, team_id: Id) -> set[Id]:
    """Of those whom a team's alarms may ask, whose leave the actor may say: the team's own agency's, and their own agency's.

    Whoever coordinates where the team walks is another agency's: it is not for a team's lead to send its alarms past them.
    """
    team = subjects.find_team(access.session, team_id)
    theirs = {access.actor.agency_id} | ({team.owner_agency_id} if team is not None else set())
    eligible = duties.list_eligible(access.session, team_id)
    return {
        each for each, agency_id in workers.list_agency_ids(access.session, eligible).items() if agency_id in theirs
    }


def go_on_leave(access: Access, team_id: Id, worker_id: Id, starts_at: datetime, ends_at: datetime) -> None:
    """Somebody whom this team's alarms may ask is away for a while; pressed twice, once. Raises NotFound, Forbidden, Invalid."""
    access.require(Act.PLAN_SHIFT, subjects.find_team(access.session, team_id), purpose="leave", detail=worker_id)
    if worker_id not in list_whose_leave(access, team_id):
        raise InvalidFields({"worker": "Choose who it is."})
    if not access.now < ends_at or not starts_at < ends_at <= starts_at + LONGEST_LEAVE:
        raise InvalidFields({"last": "Leave ends after it begins, not in the past, and within a year."})
    planned = plans.list_planned(access.session, worker_id, max(starts_at, access.now), ends_at)
    if planned:
        raise InvalidFields({
            "worker": "They are planned to go out then. Call that off first, or plan somebody else."
        })  # fmt: skip
    known = leaves.list_leaves(access.session, [worker_id], access.now)
    if any(each.starts_at <= starts_at and ends_at <= each.ends_at for each in known):
        return
    leaves.add_leave(access.session, Leave(
        id=access.new_id(), worker_id=worker_id, starts_at=starts_at, ends_at=ends_at, set_by=access.actor.worker_id,
        set_at=access.now,
    ))  # fmt: skip


def come_back(access: Access, team_id: Id, leave_id: Id) -> None:
    """They are back, or do not go. Raises NotFound, Forbidden."""
    access.require(Act.PLAN_SHIFT, subjects.find_team(access.session, team_id), purpose="leave", detail=leave_id)
    found = leaves.find_leave(access.session, leave_id)
    if found is None or found.worker_id not in list_whose_leave(access, team_id):
        raise NotFound
    leaves.end_leave(access.session, found, access.now)


def _tell_phones(access: Access, team_id: Id, plan_id: Id, kind: str, fact: Value) -> None:
    payload: Any = msgspec.Raw(msgspec.json.encode(fact))
    now_ms = int(access.now.timestamp() * 1000)
    change = NewChange(
        id=access.new_id(), type=kind, scope=f"team:{team_id}", entity=plan_id, who=access.actor.worker_id, at_ms=now_ms,
        payload=payload,
    )  # fmt: skip
    publish(access.session, [change], now_ms)
