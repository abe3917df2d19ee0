"""What is said of people who are out: clocks, how late, and of what kind their lateness is. Pure."""

from collections.abc import Callable, Sequence
from datetime import datetime

from server.queries.street.lone_working import OnShift
from server.web.layout.clocks import clock_at, say_clock, say_duration
from shared.model.value import Value
from shared.rules.check_ins import Outing, late_by

ACTS = {"contact": "a contact", "visit": "a visit", "check_in": "a check-in", "reached": "word from a colleague"}


class Line(Value, frozen=True, kw_only=True):
    """One worker as the page says it; `late` is empty while nothing is."""

    name: str
    team: str
    since: str
    heard: str
    due: str
    late: str


def say_late(each: OnShift, now: datetime) -> str:
    """Returns who is late, since when, and when they were last heard; whether a contact came since, or only silence."""
    due, outing = each.next_due_at, each.outing
    assert due is not None
    how_late = say_duration(late_by(due, now))
    said = f"{each.name} was due to check in at {say_clock(due, now)} and has not: {how_late} late, "
    if outing.acted_at is not None and outing.acted_at >= due:
        return f"{said}but {ACTS.get(outing.act, 'something')} came at {say_clock(outing.acted_at, now)}."
    known = [at for at in (outing.checked_in_at, outing.acted_at) if at is not None]
    last = f"last heard at {say_clock(max(known), now)}" if known else "not heard on this shift"
    return f"{said}{last}.{_say_phone(outing, due, now)}"


def _say_phone(outing: Outing, due: datetime, now: datetime) -> str:
    """A phone may speak although nobody holds it; one that is silent too says more."""
    if outing.heard_at is None:
        return ""
    at = say_clock(outing.heard_at, now)
    return f" Their phone is silent since {at}." if outing.heard_at < due else f" Their phone spoke to Lantern at {at}."


def lines_of(out: Sequence[OnShift], now: datetime) -> list[Line]:
    """Returns the line of each worker."""
    say = clock_at(now)
    return [_line_of(each, now, say) for each in out]


def _line_of(each: OnShift, now: datetime, say: Callable[[datetime], str]) -> Line:
    due, checked_in_at = each.next_due_at, each.outing.checked_in_at
    late = late_by(due, now)
    return Line(
        name=each.name, team=f"{each.team_name}, {each.area}" if each.area else each.team_name, since=say(each.out_since),
        heard=say(checked_in_at) if checked_in_at else "Not on this shift",
        due=say(due) if due else f"With {each.walks_with}", late=f"{say_duration(late)} late" if late else "",
    )  # fmt: skip
