"""Tonight's referrals and follow-ups in an order that somebody can walk, each with its distance and reason. Nothing is
stored; nobody is told where to be. A worker may go another way."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import Enum
from zoneinfo import ZoneInfo

from shared.geo.distance import near_distance_m, say_distance
from shared.geo.night import DEFAULT_ZONE
from shared.model.position import Position
from shared.model.value import Id, Value

FOLLOW_UP_DAYS = 7
"""Someone bedded down within these days, or left with a next step, is worth another visit."""

STOPS_MAX = 30
"""More stops than a shift can make help nobody; the most urgent and the most lately seen are kept."""

FOLLOW_UPS_MIN = 10
"""However many reports are open, those who were promised somebody's coming back are on the list too."""


class StopKind(str, Enum):
    """Why one would go there."""

    REFERRAL = "referral"
    FOLLOW_UP = "follow_up"
    WELFARE = "welfare"
    SITE = "site"


KIND_WORDS = {
    StopKind.REFERRAL: "Referral",
    StopKind.FOLLOW_UP: "Follow-up",
    StopKind.WELFARE: "Welfare check",
    StopKind.SITE: "Site",
}


class Stop(Value, frozen=True, kw_only=True):
    """Somewhere to go tonight. `since` is when it was reported or last seen; `about` is one line of what is known."""

    id: Id
    kind: StopKind
    position: Position | None = None
    about: str = ""
    since: datetime | None = None
    due_on: date | None = None


class OrderedStop(Value, frozen=True, kw_only=True):
    """A stop in its place: metres from the stop before it (the first: from where the worker stands), and in words."""

    stop: Stop
    leg_m: float | None
    from_here_m: float | None
    reason: str


def walking_order(
    stops: Sequence[Stop], here: Position | None, now: datetime, zone: str = DEFAULT_ZONE
) -> list[OrderedStop]:
    """Order stops for a walk from `here`: the nearest next, then untangled; stops without a place last, most urgent
    first.

    Without `here` the walk begins at the most urgent stop that has a place. Two ways of the same length cannot
    differ: ties go
    to the more urgent, then to the smaller id.
    """
    urgent_first = sorted(stops, key=_urgency)
    placed = [stop for stop in urgent_first if stop.position is not None]
    unplaced = [stop for stop in urgent_first if stop.position is None]
    walk = _untangled(_nearest_next(placed, here), here)
    ordered = []
    before = here
    for stop in [*walk, *unplaced]:
        leg, away = _metres(before, stop.position), _metres(here, stop.position)
        reason = _say(stop, away, now, ZoneInfo(zone))
        ordered.append(OrderedStop(stop=stop, leg_m=leg, from_here_m=away, reason=reason))
        before = stop.position or before
    return ordered


def _urgency(stop: Stop) -> tuple[date, str, Id]:
    return stop.due_on or date.max, stop.since.isoformat() if stop.since else "", stop.id


def _nearest_next(placed: list[Stop], here: Position | None) -> list[Stop]:
    left, walk, at = list(placed), [], here
    while left:
        nearest = left[0] if at is None else min(left, key=lambda stop: _metres(at, stop.position) or 0.0)
        left.remove(nearest)
        walk.append(nearest)
        at = nearest.position
    return walk


def _untangled(walk: list[Stop], here: Position | None) -> list[Stop]:
    """Turn round any stretch whose turning makes the walk shorter (2-opt), until none does."""
    shorter = True
    while shorter:
        shorter = False
        for start in range(0 if here is not None else 1, len(walk) - 1):
            for end in range(start + 1, len(walk)):
                if _saved_m(walk, here, start, end) > 0.01:
                    walk[start : end + 1] = walk[start : end + 1][::-1]
                    shorter = True
    return walk


def _saved_m(walk: list[Stop], here: Position | None, start: int, end: int) -> float:
    """Metres saved by walking the stretch from `start` to `end` the other way round."""
    before = walk[start - 1].position if start else here
    after = walk[end + 1].position if end + 1 < len(walk) else None
    first, last = walk[start].position, walk[end].position
    now_m = (_metres(before, first) or 0.0) + (_metres(last, after) or 0.0)
    return now_m - (_metres(before, last) or 0.0) - (_metres(first, after) or 0.0)


def _metres(one: Position | None, other: Position | None) -> float | None:
    return None if one is None or other is None else near_distance_m(one, other)


def _say(stop: Stop, away_m: float | None, now: datetime, zone: ZoneInfo) -> str:
    """ "Referral, 180 m, reported 21:40: man in doorway, no coat. Due Tuesday"."""
    parts = [KIND_WORDS[stop.kind]]
    if away_m is not None:
        parts.append(say_distance(away_m))
    elif stop.position is None:
        parts.append("place not known")
    if stop.since is not None:
        told = "reported" if stop.kind is StopKind.REFERRAL else "last seen"
        parts.append(f"{told} {_say_moment(stop.since, now, zone)}")
    about = f": {stop.about.strip().rstrip('.')}" if stop.about.strip() else ""
    due = f". {_say_due(stop.due_on, now.astimezone(zone).date())}" if stop.due_on is not None else ""
    return f"{', '.join(parts)}{about}{due}"


def _say_moment(moment: datetime, now: datetime, zone: ZoneInfo) -> str:
    local, today = moment.astimezone(zone), now.astimezone(zone)
    if (now - moment).total_seconds() < 20 * 3600:
        return f"{local:%H:%M}"
    days = (today.date() - local.date()).days
    return f"{local:%A}" if 0 <= days < 7 else f"{local.day} {local:%b}"


def _say_due(due_on: date, today: date) -> str:
    days = (due_on - today).days
    if days < 0:
        return f"Overdue since {due_on.day} {due_on:%b}"
    if days == 0:
        return "Due today"
    return f"Due {due_on:%A}" if days < 7 else f"Due {due_on.day} {due_on:%b}"
