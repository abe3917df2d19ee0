"""When a plan is looked at again, and what the log of tries says of reaching somebody.

Source: Critical Time Intervention: after its start three phases of three months, each ending in a review.
"""

from calendar import monthrange
from collections.abc import Iterable
from datetime import date

from shared.geo.night import DEFAULT_ZONE, local_day
from shared.model.codes import SupportPhase
from shared.model.plan import Review, Try
from shared.model.telling import TryEffect, TryMethod
from shared.model.value import Value

PHASE_MONTHS = 3
TIMED = frozenset({SupportPhase.TRANSITION, SupportPhase.TRY_OUT, SupportPhase.TRANSFER_OF_CARE})
"""The phases that end by the clock. Before support begins nothing is timed."""
GOOD = frozenset({TryEffect.TALKED, TryEffect.TOOK_IT})


class Idea(Value, frozen=True, kw_only=True):
    """One way of reaching somebody: how often it was tried and went well, and when last."""

    method: TryMethod
    tried: int
    went_well: int
    last_on: date


def months_after(day: date, months: int) -> date:
    """The same day so many months later; a month's end stays one."""
    index = day.month - 1 + months
    year, month = day.year + index // 12, index % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def find_phase_end(phase: SupportPhase, since: date, moves: Iterable[date] = ()) -> date | None:
    """The last day of a phase that was entered then; None for one that the clock does not end.

    The transition is the move itself: its clock begins with the day on which somebody moved in (`moves`), the nearest to when it
    was entered, unless that was another phase's length away.
    """
    if phase not in TIMED:
        return None
    near = [day for day in moves if months_after(min(day, since), PHASE_MONTHS) >= max(day, since)]
    is_move = phase is SupportPhase.TRANSITION and near
    return months_after(min(near, key=lambda day: abs(day - since)) if is_move else since, PHASE_MONTHS)


def find_next_review(reviews: Iterable[Review], phase_end: date | None, zone: str = DEFAULT_ZONE) -> date | None:
    """When they look at the plan again: as they said last time, and no later than the phase ends; None when nobody said."""
    last = max(reviews, key=lambda each: (each.at, each.id), default=None)
    if last is None:
        return phase_end
    # A phase that ended before the last look was looked at there.
    bounded = phase_end is not None and phase_end > local_day(last.at, zone)
    return min(last.next_on, phase_end) if bounded and phase_end is not None else last.next_on


def list_ideas(tries: Iterable[Try], zone: str = DEFAULT_ZONE) -> list[Idea]:
    """What was tried, the ways that went well first; of equal ones the latest."""
    by_method: dict[TryMethod, list[Try]] = {}
    for each in tries:
        by_method.setdefault(each.method, []).append(each)
    ideas = [
        Idea(
            method=method,
            tried=len(every),
            went_well=sum(each.effect in GOOD for each in every),
            last_on=local_day(max(each.at for each in every), zone),
        )
        for method, every in by_method.items()
    ]
    return sorted(ideas, key=lambda each: (-each.went_well / each.tried, -each.last_on.toordinal(), str(each.method)))
