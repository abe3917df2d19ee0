"""Lone working: who is out now, when each was last heard and is due next. Whoever is late is said first, in words."""

from datetime import datetime, timedelta

from litestar import Response, get
from litestar.di import NamedDependency

from server.access import Access, Door
from server.http.local_time import to_local
from server.queries.partnership import agencies
from server.queries.street.lone_working import OnShift, list_on_shift
from server.web.layout.page import AnyRequest, page
from server.web.layout.words import count
from server.web.lead.around import of_theirs
from shared.model.value import Id, Value
from shared.policy import Act
from shared.rules.check_ins import is_late, late_by, order_of_concern

LOOK_BACK = timedelta(hours=36)
"""A shift that nobody ended is taken for forgotten after so long."""


class Line(Value, frozen=True, kw_only=True):
    """One worker as the page says it; `late` is empty while nothing is."""

    name: str
    team: str
    since: str
    heard: str
    due: str
    late: str


@get("/on-shift", opt={"action": Act.SEE_SHIFTS}, sync_to_thread=True, include_in_schema=False)
def show_on_shift(request: AnyRequest, door: NamedDependency[Door]) -> Response[str]:
    """Everybody of the reader's teams who is out."""
    with door.open() as access:
        access.require(Act.SEE_SHIFTS, of_theirs(access.actor), purpose="lone working")
        now = access.now
        out = list_on_shift(access.session, _teams(access), now - LOOK_BACK)
        out.sort(key=lambda each: order_of_concern(each.next_due_at))
        late = [say_late(each, now) for each in out if is_late(each.next_due_at, now)]
        return page(
            request, "lead/on_shift.html", title=_title(len(late)), section="/on-shift", worker=access.worker,
            now_text=say_clock(now, now), late=late, lines=[_line(each, now) for each in out],
        )  # fmt: skip


def _teams(access: Access) -> list[Id]:
    """The reader's own teams, else those that walk their districts."""
    every = agencies.list_teams(access.session)
    own = [team.id for team in every if team.id in access.actor.team_ids]
    return own or [team.id for team in every if access.actor.district_ids & set(team.district_ids)]


def _title(late: int) -> str:
    return f"{count(late, 'check-in')} late – On shift now" if late else "On shift now"


def say_late(each: OnShift, now: datetime) -> str:
    """Returns one sentence: who, since when, and when they were last heard."""
    due = each.next_due_at
    assert due is not None
    heard = f"last heard at {say_clock(each.checked_in_at, now)}" if each.checked_in_at else "not heard on this shift"
    how_late = say_duration(late_by(due, now))
    return f"{each.name} was due to check in at {say_clock(due, now)} and has not: {how_late} late, {heard}."


def _line(each: OnShift, now: datetime) -> Line:
    late = is_late(each.next_due_at, now)
    return Line(
        name=each.name, team=f"{each.team_name}, {each.area}" if each.area else each.team_name,
        since=say_clock(each.out_since, now),
        heard=say_clock(each.checked_in_at, now) if each.checked_in_at else "Not on this shift",
        due=say_clock(each.next_due_at, now) if each.next_due_at else "No check-in set",
        late=f"{say_duration(late_by(each.next_due_at, now))} late" if late else "",
    )  # fmt: skip


def say_clock(moment: datetime, now: datetime) -> str:
    """Returns the time of a moment of today, such as `21:05`; with its day before that."""
    local, today = to_local(moment), to_local(now).date()
    return f"{local:%H:%M}" if local.date() == today else f"{local:%H:%M} on {local.day} {local:%b}"


def say_duration(duration: timedelta) -> str:
    """Returns whole minutes, from two hours on whole hours; never nothing."""
    minutes = max(1, int(duration.total_seconds() // 60))
    return count(minutes, "minute") if minutes < 120 else count(minutes // 60, "hour")
