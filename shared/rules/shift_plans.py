"""Where somebody who is planned to go out stands: not yet due, missing, out, to be home by now, or home; and when somebody must
be told. A plan is a promise, to go out and to be back. Pure."""

from datetime import datetime, timedelta
from enum import Enum

MAY_BE_EARLY = timedelta(hours=3)
"""Whoever went out by so much before their time has gone out on that plan."""
MAY_BE_LATE = timedelta(minutes=15)
"""A proposed default: so long after their time somebody asks where they are, or whether they are home."""


class PlanState(str, Enum):
    """AHEAD: not yet due. MISSING: should have gone out and has not. OUT. OVERDUE: should be home and is out. HOME."""

    AHEAD = "ahead"
    MISSING = "missing"
    OUT = "out"
    OVERDUE = "overdue"
    HOME = "home"

    def __str__(self) -> str:
        return self.value


def state_of(
    starts_at: datetime,
    back_at: datetime,
    went_out_at: datetime | None,
    *,
    is_out: bool,
    now: datetime,
    acted_at: datetime | None = None,
    out_since: datetime | None = None,
) -> PlanState:
    """Where one worker of a plan stands; `went_out_at` is when they last went out, `acted_at` the last thing they did themselves,
    `out_since` when the shifts began that they are on.

    Whoever checks in after they were to be back has said so: their check-ins count from then on, not the plan. So does whoever
    has gone out only since it was over.
    """
    if is_out and out_since is not None and out_since >= back_at:
        return PlanState.HOME
    if is_out:
        is_heard_since = acted_at is not None and acted_at >= back_at
        return PlanState.OVERDUE if now >= back_at + MAY_BE_LATE and not is_heard_since else PlanState.OUT
    earliest = starts_at - MAY_BE_EARLY
    if went_out_at is not None and went_out_at >= earliest:
        return PlanState.HOME
    if acted_at is not None and acted_at >= earliest:  # at work without a shift: nobody need look for them
        return PlanState.AHEAD if now < back_at else PlanState.HOME
    return PlanState.MISSING if now >= starts_at + MAY_BE_LATE else PlanState.AHEAD


def alarm_at(
    starts_at: datetime,
    back_at: datetime,
    went_out_at: datetime | None,
    *,
    is_out: bool,
    acted_at: datetime | None,
    out_since: datetime | None = None,
) -> datetime | None:
    """When somebody must be told unless they are heard before: a little after they were to go out, or to be back.

    None for whoever is home, has said since that they are out longer, or went out only after this plan was over.
    """
    if is_out:
        is_on_it = out_since is not None and out_since < back_at
        is_heard_since = acted_at is not None and acted_at >= back_at
        return back_at + MAY_BE_LATE if is_on_it and not is_heard_since else None
    late = starts_at + MAY_BE_LATE
    state = state_of(starts_at, back_at, went_out_at, is_out=False, now=late, acted_at=acted_at)
    return late if state is PlanState.MISSING else None
