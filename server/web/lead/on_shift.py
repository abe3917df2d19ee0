"""Lone working: who is out now, when each was last heard and is due next. Whoever is late is said first, in words, with what
has been done about it.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache

from litestar import Response, get
from litestar.di import NamedDependency
from markupsafe import Markup
from sqlalchemy.orm import Session

from server.access import Door, of_theirs
from server.actions.street.own_alarm import show_to
from server.http.local_time import to_local
from server.queries.partnership import agencies
from server.queries.partnership.workers import list_short_names
from server.queries.street.alarms import list_alarms_of_teams
from server.queries.street.lone_working import OnShift, list_on_shift
from server.web.layout import engine
from server.web.layout.clocks import say_clock
from server.web.layout.page import AnyRequest, page
from server.web.layout.planned import PlanLine, list_plan_lines
from server.web.layout.words import count
from server.web.lead.shift_words import Line, lines_of, say_late
from shared.model.alarm import CALLS, Alarm, AlarmEventKind
from shared.model.value import Id, Value
from shared.policy import Act, Actor, teams_within
from shared.rules.check_ins import is_late, order_of_concern

SHOWN_AFTER = timedelta(hours=12)
"""How long an alarm that has ended still stands on the page."""


class AlarmLine(Value, frozen=True, kw_only=True):
    """One alarm as the page says it."""

    id: Id
    is_open: bool
    is_call: bool
    words: str


class Tonight(Value, frozen=True, kw_only=True):
    """Who is out on some teams: the same facts for the page and for the wall. `said` names whatever it sounds for, `unrung`
    whoever must not be rung."""

    title: str
    now_text: str
    late: tuple[str, ...]
    lines: tuple[Markup, ...]
    alarms: tuple[AlarmLine, ...]
    planned: tuple[PlanLine, ...]
    said: tuple[str, ...]
    unrung: tuple[str, ...]


@get("/on-shift", opt={"action": Act.SEE_SHIFTS}, sync_to_thread=True, include_in_schema=False)
def show_on_shift(request: AnyRequest, door: NamedDependency[Door]) -> Response[str]:
    """Everybody of the reader's teams who is out."""
    with door.open() as access:
        access.require(Act.SEE_SHIFTS, of_theirs(access.actor), purpose="lone working")
        tonight = look_out(access.session, access.actor, access.now)
        return page(
            request, "lead/on_shift.html", title=tonight.title, section="/on-shift", worker=access.worker,
            tonight=tonight, may_plan=access.allows(Act.PLAN_SHIFT, of_theirs(access.actor)), is_wall=False,
        )  # fmt: skip


@get("/on-shift/now", opt={"action": Act.SEE_SHIFTS, "polls": True}, sync_to_thread=True, include_in_schema=False)
def show_now(request: AnyRequest, door: NamedDependency[Door]) -> Response[str]:
    """The same, as the part of the page that renews itself."""
    with door.open() as access:
        access.require(Act.SEE_SHIFTS, of_theirs(access.actor), purpose="lone working")
        tonight = look_out(access.session, access.actor, access.now)
        return page(request, "lead/on_shift_now.html", title="", tonight=tonight, is_wall=False)


@lru_cache(maxsize=1024)
def draw_line(line: Line) -> Markup:
    """Returns a line of the table. Several screens look every few seconds, and most lines stay as they were."""
    return Markup(engine.render("lead/on_shift_line.html", {"line": line}))


def look_out(session: Session, actor: Actor, now: datetime) -> Tonight:
    """Returns who is out of the reader's teams, whoever is late first."""
    team_ids = teams_of(session, actor, to_local(now).date())
    out = sorted(list_on_shift(session, team_ids), key=lambda each: order_of_concern(each.next_due_at))
    late = [each for each in out if is_late(each.next_due_at, now)]
    known = list_alarms_of_teams(session, team_ids, now - SHOWN_AFTER)
    seen = [show_to(session, actor.worker_id, each, now) for each in known]
    alarms = [each for each in seen if each is not None]
    planned = list_plan_lines(session, team_ids, {each.worker_id: each.out_since for each in out}, now)
    lines = _say_alarms(session, alarms, {each.worker_id: each for each in out}, now)
    calls = [each for each in alarms if each.ended is None and each.help is not None]
    amiss = [count(len(calls), "call") + " for help"] if calls else []
    amiss += [count(len(late), "check-in") + " late"] if late else []
    silent = list_short_names(session, {each.worker_id for each in calls if each.is_silent})
    return Tonight(
        title=" – ".join([*([", ".join(amiss)] if amiss else []), "On shift now"]), unrung=tuple(sorted(silent.values())),
        now_text=say_clock(now, now), late=tuple(say_late(each, now) for each in late),
        lines=tuple(map(draw_line, lines_of(out, now))), alarms=tuple(lines),
        planned=planned, said=_name_causes(late, alarms),
    )  # fmt: skip


def _name_causes(late: Sequence[OnShift], alarms: Sequence[Alarm]) -> tuple[str, ...]:
    """What a page sounds for, each by a name that stays the same: every promise that was not kept, one that is late being the
    alarm that follows from it, and each time that somebody asked for help."""
    still = [each for each in alarms if each.ended is None]
    promises = [(each.worker_id, each.next_due_at) for each in late] + [(each.worker_id, each.due_at) for each in still]
    missed = [f"{who}@{due.timestamp():.0f}" for who, due in promises if due is not None]
    return (*dict.fromkeys(missed), *(event.id for each in still for event in each.events if event.kind in CALLS))


def teams_of(session: Session, actor: Actor, today: date) -> list[Id]:
    """Returns the reader's own teams, whose shifts they may see, and those that walk their districts."""
    return agencies.list_team_ids(session, teams_within(actor, Act.SEE_SHIFTS, today), actor.district_ids)


def _say_alarms(session: Session, alarms: Sequence[Alarm], out: dict[Id, OnShift], now: datetime) -> list[AlarmLine]:
    ids = {each.worker_id for each in alarms}
    ids |= {event.worker_id for each in alarms for event in each.events if event.worker_id is not None}
    names = list_short_names(session, ids)
    return [
        AlarmLine(
            id=each.id, is_open=each.ended is None, is_call=each.help is not None, words=say_alarm(each, names, now)
        )
        for each in sorted(alarms, key=lambda each: (each.ended is not None, each.raised_at))
    ]


def say_alarm(alarm: Alarm, names: dict[Id, str], now: datetime) -> str:
    """Returns where an alarm stands, in one sentence."""
    who = names.get(alarm.worker_id, "Somebody")
    ended, taken = alarm.ended, alarm.taken
    if ended is not None:
        how = {AlarmEventKind.HEARD: "was heard again", AlarmEventKind.WELL: "was reached and goes on"}
        by = f", said {names[ended.worker_id]}" if ended.worker_id in names else ""
        if ended.worker_id is None and ended.note:
            return f"{who}: {ended.note} Since {say_clock(ended.at, now)}."
        return f"{who} {how.get(ended.kind, 'is home')} at {say_clock(ended.at, now)}{by}."
    if taken is not None:
        return f"{who}: {names.get(taken.worker_id or '', 'Somebody')} has it since {say_clock(taken.at, now)}."
    verb = "checked in under duress" if alarm.is_silent else "asked for help"
    asked = f" {verb} at {say_clock(alarm.help.at, now)}" if alarm.help is not None else ""
    restored, left = alarm.put_back, alarm.given_up
    since = f" Lantern was put back at {say_clock(restored.at, now)}: whoever has it says so again." if restored else ""
    since = f" {names.get(left.worker_id or '', 'Whoever had it')}, who had it, works here no more." if left else since
    return f"{who}{asked}: nobody has it yet.{since} {_say_told(alarm, names)}"


def _say_told(alarm: Alarm, names: dict[Id, str]) -> str:
    """Returns whom a message has left for, whom it has yet to leave for, and whom none could be handed on for."""
    asked = sorted(each for each in alarm.told_ids - {alarm.worker_id} if each in names)
    sent, failed = alarm.reached_ids, alarm.unreached_ids
    groups = {
        "Told": [names[each] for each in asked if each in sent],
        "Message waits for": [names[each] for each in asked if each not in sent | failed],
        "Could not be told": [names[each] for each in asked if each in failed],
    }
    said = [f"{words}: {', '.join(who)}." for words, who in groups.items() if who]
    return " ".join(said) or "Nobody else has been told."
