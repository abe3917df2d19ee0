"""My shift in a browser: going out, checking in, asking for help and coming home, for whoever cannot use the app's screen."""

from datetime import datetime
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import URLEncodedBody

from server.access import Access, Door, of_theirs
from server.actions.operation import account
from server.actions.street import walking
from server.actions.street.alarms import ask_for_help, hear_at_once
from server.actions.street.contacts import list_own_teams
from server.actions.street.own_alarm import find_own
from server.actions.street.reaching import ways_of
from server.database.sql import storable_words
from server.http.services import Services
from server.problems import Invalid
from server.queries.partnership.workers import list_short_names
from server.queries.street import plans
from server.web.layout.clocks import say_clock, say_duration
from server.web.layout.forms import Form, Several, as_tuple, read_whole
from server.web.layout.page import AnyRequest, go_to, page
from server.web.layout.planned import say_plan
from server.web.layout.words import say_promise
from server.web.outreach.choices import list_colleagues
from server.web.outreach.recorded import say_own
from shared.model.alarm import OwnAlarm
from shared.policy import Act
from shared.rules.check_ins import PROMISES, is_late, late_by
from shared.rules.shift_plans import PlanState, state_of

PATH = "/my-shift"


class OutForm(Form, frozen=True, kw_only=True):
    """Somebody goes out. `key` was made with the empty form, so that sending it twice is one shift."""

    key: str = ""
    team: str = ""
    area: str = ""
    colleagues: Several = ""


class CheckInForm(Form, frozen=True, kw_only=True):
    """They are well, and will be heard again."""

    key: str = ""
    minutes: str = ""


class WordsForm(Form, frozen=True, kw_only=True):
    """They come home, or ask for help, in their words."""

    key: str = ""
    words: str = ""


@get(PATH, opt={"action": Act.RECORD_CONTACT}, sync_to_thread=True, include_in_schema=False)
def show_my_shift(request: AnyRequest, door: NamedDependency[Door]) -> Response[str]:
    """Where the reader stands tonight, and what they recorded."""
    with door.open() as access:
        access.require(Act.RECORD_CONTACT, of_theirs(access.actor))
        walk = walking.find_own_walk(access)
        alarm = find_own(access)
        teams = list_own_teams(access)
        return page(
            request, "outreach/my_shift.html", title="My shift", section=PATH, worker=access.worker, walk=walk,
            keys=[access.new_id() for _ in range(4)], teams=[(each.id, each.name) for each in teams],
            colleagues=list_colleagues(access, [each.id for each in teams]), promises=_promises(),
            stands=_stands(access), is_missed=alarm is not None and alarm.help_at is None,
            asked=say_clock(alarm.help_at, access.now) if alarm is not None and alarm.help_at is not None else "",
            seen=_say_seen(alarm, access.now),
            has_sign=walk is not None or account.has_sign(access),
            recorded=say_own(access), planned=_planned(access, walk.out_since if walk else None),
        )  # fmt: skip


@post(f"{PATH}/out", opt={"action": Act.RECORD_CONTACT}, sync_to_thread=True, include_in_schema=False)
def start_shift(
    door: NamedDependency[Door], services: NamedDependency[Services], data: URLEncodedBody[OutForm]
) -> Response[Any]:
    """They go out."""
    with door.open() as access:
        teams = list_own_teams(access)
        team_id = data.team or (teams[0].id if len(teams) == 1 else "")
        area = storable_words(data.area)
        walking.go_out(access, services.project, data.key, team_id, area, as_tuple(data.colleagues))
    _hear(door, services)
    return go_to(PATH, done="gone_out")


@post(f"{PATH}/check-in", opt={"action": Act.RECORD_CONTACT}, sync_to_thread=True, include_in_schema=False)
def say_well(
    door: NamedDependency[Door], services: NamedDependency[Services], data: URLEncodedBody[CheckInForm]
) -> Response[Any]:
    """They are well."""
    with door.open() as access:
        access.require(Act.RECORD_CONTACT, of_theirs(access.actor))
        minutes = read_whole(data.minutes, max(PROMISES))
        if minutes is None:
            raise Invalid("Choose when you will be heard again.")
        walking.check_in(access, services.project, data.key, minutes)
    _hear(door, services)
    return go_to(PATH, done="checked_in")


@post(f"{PATH}/home", opt={"action": Act.RECORD_CONTACT}, sync_to_thread=True, include_in_schema=False)
def end_shift(
    door: NamedDependency[Door], services: NamedDependency[Services], data: URLEncodedBody[WordsForm]
) -> Response[Any]:
    """They are home."""
    with door.open() as access:
        access.require(Act.RECORD_CONTACT, of_theirs(access.actor))
        walking.come_home(access, services.project, data.key, storable_words(data.words))
    _hear(door, services)
    return go_to(PATH, done="come_home")


@post(f"{PATH}/help", opt={"action": Act.RECORD_CONTACT}, sync_to_thread=True, include_in_schema=False)
def call_for_help(
    door: NamedDependency[Door], services: NamedDependency[Services], data: URLEncodedBody[WordsForm]
) -> Response[Any]:
    """They ask for help: everybody of their team is told at once, whether they are out or not."""
    with door.open() as access:
        access.require(Act.RECORD_CONTACT, of_theirs(access.actor), purpose="help")
        walk = walking.find_own_walk(access)
        teams = walk.team_ids if walk is not None else [each.id for each in list_own_teams(access)]
        if not teams:
            raise Invalid("No team is yours that could be told. In danger call 999.")
        ask_for_help(access, teams[0], data.words, services.settings.alarm.ladder, ways_of(services.settings))
    return go_to(PATH, done="help_asked")


def _hear(door: Door, services: Services) -> None:
    """In a transaction of its own: what they said is kept whatever comes of it."""
    with door.open() as access:
        hear_at_once(access, services.settings.alarm.ladder, ways_of(services.settings))


def _stands(access: Access) -> str:
    """Where they stand, in one sentence."""
    walk = walking.find_own_walk(access)
    if walk is None:
        return "You are not out."
    since = f"You are out since {say_clock(walk.out_since, access.now)}"
    if walk.next_due_at is None:
        return (
            f"{since} with {walk.walks_with}, and promised nothing yourself. Check in to be looked after by yourself."
        )
    due = say_clock(walk.next_due_at, access.now)
    if is_late(walk.next_due_at, access.now):
        return f"{since}. You were due to check in at {due}: {say_duration(late_by(walk.next_due_at, access.now))} ago."
    return f"{since}. You are due to check in by {due}. If you do not, your colleagues and your team’s lead are told."


def _say_seen(alarm: OwnAlarm | None, now: datetime) -> str:
    """Who is known to have seen it, and no more than that."""
    if alarm is None:
        return ""
    if alarm.taken_by and alarm.taken_at is not None:
        return f"{alarm.taken_by} has it since {say_clock(alarm.taken_at, now)}."
    if alarm.reached:
        return f"A message has gone to {', '.join(alarm.reached)}. Nobody has said yet that they have it."
    return "No message has left yet."


def _planned(access: Access, out_since: datetime | None) -> list[tuple[str, bool]]:
    """What is planned for them, and whether to ask: still out?"""
    mine, now = access.actor.worker_id, access.now
    found = [
        each for each in plans.list_plans(access.session, sorted(access.actor.team_ids), now) if mine in each.worker_ids
    ]
    names = list_short_names(access.session, {who for each in found for who in each.worker_ids})
    gone, acted = plans.find_gone_out(access.session, [mine]), plans.find_last_acts(access.session, [mine])
    stands = [
        state_of(
            each.starts_at,
            each.back_at,
            gone.get(mine),
            is_out=out_since is not None,
            now=now,
            acted_at=acted.get(mine),
            out_since=out_since,
        )
        for each in found
    ]
    return [(say_plan(each, names, now), state is PlanState.OVERDUE) for each, state in zip(found, stands, strict=True)]


def _promises() -> list[tuple[str, str]]:
    return [(str(each), say_promise(each)) for each in PROMISES]
