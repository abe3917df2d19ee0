"""Planning who goes out tonight, and calling it off. Who should have gone, or should be home, is `shared.rules.shift_plans`."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from server.access import Access
from server.problems import Invalid, NotFound
from server.queries.partnership import workers
from server.queries.people import subjects
from server.queries.street import plans
from server.queries.street.plans import ShiftPlan
from shared.model.value import Id
from shared.policy import Act
from shared.rules.check_ins import LONGEST_SHIFT

LONGEST_AREA = 200
AHEAD_AT_MOST = timedelta(hours=24)


def plan_shift(
    access: Access, team_id: Id, worker_ids: Sequence[Id], area: str, starts_at: datetime, back_at: datetime
) -> Id:
    """These workers of a team go out together. Raises NotFound, Forbidden, Invalid."""
    access.require(Act.PLAN_SHIFT, subjects.find_team(access.session, team_id), purpose="plan of a shift")
    known = {each.id for each in workers.list_workers_of_team(access.session, team_id)}
    if not worker_ids or not set(worker_ids) <= known:
        raise Invalid("Choose who goes out, of this team.")
    if len(area) > LONGEST_AREA:
        raise Invalid(f"Say where in {LONGEST_AREA} characters or fewer.")
    if not starts_at < back_at <= starts_at + LONGEST_SHIFT or starts_at > access.now + AHEAD_AT_MOST:
        raise Invalid("A shift ends after it begins, within 18 hours, and begins within a day from now.")
    plan = ShiftPlan(
        id=access.new_id(), team_id=team_id, area=area, starts_at=starts_at, back_at=back_at,
        set_by=access.actor.worker_id, set_at=access.now, worker_ids=tuple(dict.fromkeys(worker_ids)),
    )  # fmt: skip
    plans.add_plan(access.session, plan)
    return plan.id


def call_off(access: Access, plan_id: Id) -> None:
    """It does not take place. Raises NotFound, Forbidden."""
    plan = plans.find_plan(access.session, plan_id)
    if plan is None:
        raise NotFound
    access.require(Act.PLAN_SHIFT, subjects.find_team(access.session, plan.team_id), purpose="plan of a shift")
    plans.call_off(access.session, plan_id, access.now)
