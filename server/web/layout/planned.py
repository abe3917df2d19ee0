"""What is said of plans on the page of who is out: who goes when, who has not gone, who should be home."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from server.queries.partnership.workers import list_short_names
from server.queries.street import plans
from server.queries.street.plans import ShiftPlan
from server.web.layout.clocks import say_clock
from server.web.layout.words import count
from shared.model.value import Id, Value
from shared.rules.shift_plans import PlanState, state_of


class PlanLine(Value, frozen=True, kw_only=True):
    """One plan as the page says it, and what is wrong with it (empty: nothing)."""

    words: str
    troubles: tuple[str, ...]


def list_plan_lines(
    session: Session, team_ids: Sequence[Id], out: Mapping[Id, datetime], now: datetime
) -> tuple[PlanLine, ...]:
    """Returns each plan of these teams, and whoever of it should have gone out, or should be home. `out` says who is out, and
    since when."""
    found = plans.list_plans(session, team_ids, now)
    ids = {who for each in found for who in each.worker_ids}
    names, gone, acted = (
        list_short_names(session, ids),
        plans.find_gone_out(session, ids),
        plans.find_last_acts(session, ids),
    )
    return tuple(
        PlanLine(words=say_plan(each, names, now), troubles=_troubles(each, names, gone, acted, out, now))
        for each in found
    )


def say_plan(plan: ShiftPlan, names: Mapping[Id, str], now: datetime) -> str:
    """Returns who goes, where, and from when to when."""
    who = ", ".join(names[each] for each in plan.worker_ids if each in names)
    where = f" in {plan.area}" if plan.area else ""
    stops = f", {count(len(plan.stops), 'stop')}" if plan.stops else ""
    return f"{who}{where}, {say_clock(plan.starts_at, now)} to {say_clock(plan.back_at, now)}{stops}"


def _troubles(
    plan: ShiftPlan,
    names: Mapping[Id, str],
    gone: Mapping[Id, datetime],
    acted: Mapping[Id, datetime],
    out: Mapping[Id, datetime],
    now: datetime,
) -> tuple[str, ...]:
    said = []
    for each in plan.worker_ids:
        state = state_of(
            plan.starts_at,
            plan.back_at,
            gone.get(each),
            is_out=each in out,
            now=now,
            acted_at=acted.get(each),
            out_since=out.get(each),
        )
        who = names.get(each, "Somebody")
        if state is PlanState.MISSING:
            said.append(
                f"{who} was to go out at {say_clock(plan.starts_at, now)}, and Lantern has not heard that they did."
            )
        elif state is PlanState.OVERDUE:
            said.append(f"{who} was to be home at {say_clock(plan.back_at, now)}, and is out still.")
    return tuple(said)
