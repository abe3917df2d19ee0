"""Where somebody who is planned to go out stands: not yet due, missing, out, to be home by now, or home. Pure."""

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
    starts_at: datetime, back_at: datetime, went_out_at: datetime | None, *, is_out: bool, now: datetime
) -> PlanState:
    """Where one worker of a plan stands; `went_out_at` is when they last went out."""
    if is_out:
        return PlanState.OVERDUE if now >= back_at + MAY_BE_LATE else PlanState.OUT
    if went_out_at is not None and went_out_at >= starts_at - MAY_BE_EARLY:
        return PlanState.HOME
    return PlanState.MISSING if now >= starts_at + MAY_BE_LATE else PlanState.AHEAD
