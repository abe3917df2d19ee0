"""Where to go next: of all that is worth a visit tonight, what a shift of so many hours can reach, in walking order.

What is due comes first. Then, again and again, whatever brings most for each minute that it adds to the walk, put in where it
adds least (cheapest insertion, as for the orienteering problem); at last the walk is untangled. Distances are as the crow flies,
lengthened as streets do. Pure: places in, an order out; nobody is told where to be.
"""

from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from math import cos, radians

import numpy as np
import numpy.typing as npt

from shared.geo.distance import METRES_PER_DEGREE
from shared.model.codes import PlannedStopKind
from shared.model.position import Position
from shared.model.value import Id, Value

DETOUR = 1.3
"""Streets are so much longer than the crow's way (the usual 1.2 to 1.4 of town streets)."""
PACES_M_A_MINUTE = {"walk": 65.0, "drive": 400.0}
"""Four kilometres an hour with looking about; and a van in a town at night."""
MINUTES_AT = {
    PlannedStopKind.REFERRAL: 15.0,
    PlannedStopKind.FOLLOW_UP: 15.0,
    PlannedStopKind.LIKELY: 12.0,
    PlannedStopKind.NEGLECTED: 10.0,
}
"""Proposed defaults: how long a stop takes."""
MOST_STOPS = 40
MOST_WEIGHED = 400

Floats = npt.NDArray[np.float64]


class Candidate(Value, frozen=True, kw_only=True):
    """Somewhere worth a visit. `worth` is about how many people that helps; `due_on` within the night makes it come first."""

    key: str
    kind: PlannedStopKind
    position: Position
    worth: float
    name: str = ""
    why: str = ""
    due_on: date | None = None
    referral_id: Id | None = None


class SuggestedStop(Value, frozen=True, kw_only=True):
    """A stop in its place: metres from the one before (the first: from where they set out), and minutes after setting out."""

    stop: Candidate
    leg_m: float
    after_minutes: float


def suggest(
    candidates: Sequence[Candidate], start: Position | None, tonight: date, budget_minutes: float, pace: str = "walk"
) -> list[SuggestedStop]:
    """The stops that fit. Without `start` they set out from the most urgent stop, else from the one worth most."""
    ordered = sorted(candidates, key=lambda each: (each.due_on or date.max, -each.worth, each.key))[:MOST_WEIGHED]
    if not ordered:
        return []
    due = [place for place, each in enumerate(ordered) if each.due_on is not None and each.due_on <= tonight]
    first = due[0] if due else max(range(len(ordered)), key=lambda place: ordered[place].worth)
    minutes = _minutes_between([each.position for each in ordered], start or ordered[first].position, pace)
    there = np.array([MINUTES_AT.get(each.kind, 10.0) for each in ordered])
    worth = np.array([each.worth for each in ordered])
    walk = _fill([], due, minutes, there, np.ones(len(ordered)), budget_minutes)
    rest = [place for place in range(len(ordered)) if place not in due]
    walk = _untangle(_fill(walk, rest, minutes, there, worth, budget_minutes), minutes)
    left = [place for place in [*due, *rest] if place not in walk]
    walk = _untangle(_fill(walk, left, minutes, there, worth, budget_minutes), minutes)  # untangling made room
    return _tell(walk, ordered, minutes, there, pace)


def minutes_of(stops: Sequence[SuggestedStop]) -> float:
    """How long it all takes, to the end of the last stop."""
    return stops[-1].after_minutes + MINUTES_AT.get(stops[-1].stop.kind, 10.0) if stops else 0.0


def _minutes_between(positions: Sequence[Position], start: Position, pace: str) -> Floats:
    """Minutes on the way between any two; the last row and column are where they set out."""
    every = [*positions, start]
    north = np.array([each.latitude for each in every]) * METRES_PER_DEGREE
    east = np.array([each.longitude for each in every]) * METRES_PER_DEGREE * cos(radians(start.latitude))
    metres: Floats = np.hypot(north[:, None] - north, east[:, None] - east)
    return metres * DETOUR / PACES_M_A_MINUTE[pace]


def _fill(
    walk: list[int], open_: Sequence[int], minutes: Floats, there: Floats, worth: Floats, budget: float
) -> list[int]:
    """Put in whatever brings most for each minute that it adds, until nothing fits any more."""
    walk, left = list(walk), list(open_)
    while left and len(walk) < MOST_STOPS:
        path = [len(minutes) - 1, *walk]
        spent = sum(minutes[a, b] for a, b in pairwise(path)) + sum(there[each] for each in walk)
        # After each stop of the path; the last has none behind it.
        added = minutes[np.ix_(path, left)].copy()
        if walk:
            added[:-1] += minutes[np.ix_(walk, left)] - minutes[path[:-1], walk][:, None]
        where = added.argmin(axis=0)
        takes = added[where, np.arange(len(left))] + there[left]
        gain = np.where(spent + takes <= budget, worth[left] / takes, -1.0)
        best = int(gain.argmax())
        if gain[best] < 0:
            return walk
        walk.insert(int(where[best]), left.pop(best))
    return walk


def _untangle(walk: list[int], minutes: Floats) -> list[int]:
    """Turn round any stretch whose turning makes the walk shorter (2-opt), until none does."""
    path = [len(minutes) - 1, *walk]
    shorter = True
    while shorter:
        shorter = False
        for a in range(1, len(path) - 1):
            for b in range(a + 1, len(path)):
                behind = path[b + 1] if b + 1 < len(path) else None
                now = minutes[path[a - 1], path[a]] + (minutes[path[b], behind] if behind is not None else 0.0)
                turned = minutes[path[a - 1], path[b]] + (minutes[path[a], behind] if behind is not None else 0.0)
                if turned < now - 1e-9:
                    path[a : b + 1] = path[a : b + 1][::-1]
                    shorter = True
    return path[1:]


def _tell(
    walk: Sequence[int], ordered: Sequence[Candidate], minutes: Floats, there: Floats, pace: str
) -> list[SuggestedStop]:
    told, before, clock = [], len(minutes) - 1, 0.0
    for place in walk:
        leg = float(minutes[before, place])
        clock += leg
        leg_m = leg * PACES_M_A_MINUTE[pace] / DETOUR
        told.append(SuggestedStop(stop=ordered[place], leg_m=leg_m, after_minutes=clock))
        clock += float(there[place])
        before = place
    return told
