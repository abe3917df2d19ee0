"""Who leads each team, deputises and is manager on duty: set in one press, a hand-over between two people; and who is on leave,
whom an alarm passes over."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from server.access import Access, Door, of_theirs
from server.actions.street import planning
from server.actions.street.alarms import hand_over
from server.http.local_time import local_zone, to_local
from server.http.services import Services
from server.problems import Invalid, InvalidFields
from server.queries.partnership import agencies, workers
from server.queries.street import duties, leaves
from server.queries.street.leaves import Leave
from server.web.layout.forms import Errors, Form, read_day
from server.web.layout.page import AnyRequest, go_to, page
from server.web.layout.words import say_day
from server.web.lead.on_shift import teams_of
from shared.model.alarm import AlarmStep
from shared.model.value import Id
from shared.policy import Act

POSTS = {AlarmStep.LEAD: "Lead", AlarmStep.DEPUTY: "Deputy", AlarmStep.MANAGER: "Manager on duty"}


class DutyForm(Form, frozen=True, kw_only=True):
    """Somebody takes a post of a team."""

    team: Id = ""
    post: str = ""
    worker: Id = ""


class LeaveForm(Form, frozen=True, kw_only=True):
    """Somebody is away, whole days by the clock here."""

    team: Id = ""
    worker: Id = ""
    first: str = ""
    last: str = ""


class BackForm(Form, frozen=True, kw_only=True):
    """They are back."""

    team: Id = ""


@get("/on-duty", opt={"action": Act.PLAN_SHIFT}, sync_to_thread=True, include_in_schema=False)
def show_on_duty(
    request: AnyRequest, door: NamedDependency[Door], services: NamedDependency[Services]
) -> Response[str]:
    """Each team of the reader: who hears of an alarm, in which order."""
    return _show(request, door, services, {}, {})


def _show(
    request: AnyRequest, door: Door, services: Services, typed: dict[str, str], errors: Errors, status: int = 200
) -> Response[str]:
    """`typed` is what the form that was refused said, and by its `team` and `post` (none: leave) which one that is."""
    with door.open() as access:
        access.require(Act.PLAN_SHIFT, of_theirs(access.actor), purpose="on duty")
        team_ids = teams_of(access.session, access.actor, access.today)
        number = team_ids.index(typed["team"]) + 1 if typed.get("team") in team_ids else 1
        return page(
            request, "lead/on_duty.html", title="On duty", section="/on-shift", worker=access.worker,
            can_tell=bool(services.settings.mail.host or services.settings.alarm.url),
            teams=[_team(access, each) for each in team_ids],
            typed=typed, errors=errors, status=status,
            amiss={_place(typed, field, number): why for field, why in errors.items()},
        )  # fmt: skip


def _place(typed: dict[str, str], field: str, number: int) -> str:
    """The id on the page of a field of the form that was sent."""
    if field != "worker":
        return f"{field}-{number}"
    return f"worker-{number}-{typed['post']}" if "post" in typed else f"away-{number}"


@post("/on-duty", opt={"action": Act.PLAN_SHIFT}, sync_to_thread=True, include_in_schema=False)
def take_duty(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    data: URLEncodedBody[DutyForm],
) -> Response[Any]:
    """From now on it is them."""
    try:
        with door.open() as access:
            access.require(Act.PLAN_SHIFT, of_theirs(access.actor), purpose="on duty")
            if data.post not in {str(post) for post in POSTS}:
                raise Invalid("Choose which post it is.")
            hand_over(access, data.team, AlarmStep(data.post), data.worker)
    except InvalidFields as refused:
        typed = {"team": data.team, "post": data.post, "worker": data.worker}
        return _show(request, door, services, typed, refused.by_field, 422)
    return go_to("/on-duty", done="duty_set")


@post("/on-duty/leave", opt={"action": Act.PLAN_SHIFT}, sync_to_thread=True, include_in_schema=False)
def say_leave(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    data: URLEncodedBody[LeaveForm],
) -> Response[Any]:
    """They are away for these days."""
    try:
        with door.open() as access:
            access.require(Act.PLAN_SHIFT, of_theirs(access.actor), purpose="leave")
            first, last = _read("first", data.first), _read("last", data.last)
            planning.go_on_leave(access, data.team, data.worker, _begin(first), _begin(last + timedelta(days=1)))
    except InvalidFields as refused:
        typed = {"team": data.team, "worker": data.worker, "first": data.first, "last": data.last}
        return _show(request, door, services, typed, refused.by_field, 422)
    return go_to("/on-duty", done="leave_set")


@post(
    "/on-duty/leave/{leave_id:str}/back", opt={"action": Act.PLAN_SHIFT}, sync_to_thread=True, include_in_schema=False
)
def say_back(door: NamedDependency[Door], leave_id: FromPath[str], data: URLEncodedBody[BackForm]) -> Response[Any]:
    """They are back, or do not go."""
    with door.open() as access:
        access.require(Act.PLAN_SHIFT, of_theirs(access.actor), purpose="leave")
        planning.come_back(access, data.team, leave_id)
    return go_to("/on-duty", done="leave_over")


def _read(field: str, text: str) -> date:
    try:
        day = read_day(text)
    except Invalid as refused:
        raise InvalidFields({field: " ".join(refused.errors)}) from None
    if day is None or day == date.max:  # a day more is no date
        raise InvalidFields({field: "Give the first day and the last."})
    return day


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), local_zone()).astimezone(UTC)


def _say_leave(each: Leave, now: datetime) -> str:
    first, last = to_local(each.starts_at).date(), to_local(each.ends_at - timedelta(seconds=1)).date()
    if each.starts_at <= now:
        return f"away until {say_day(last)}"
    return f"away on {say_day(first)}" if first == last else f"away from {say_day(first)} to {say_day(last)}"


def _team(access: Access, team_id: Id) -> dict[str, Any]:
    team = next(each for each in agencies.list_teams(access.session) if each.id == team_id)
    every = {each.id: each for each in workers.list_workers(access.session) if each.active}
    away = leaves.find_away(access.session, access.now)
    holders = duties.list_holders(access.session, team_id, away)
    reach = {each.worker_id: each for each in duties.list_reachable(access.session, every)}
    eligible = duties.list_eligible(access.session, team_id)
    near = [each for each in every.values() if each.id in eligible]
    whose = planning.list_whose_leave(access, team_id)
    ahead = leaves.list_leaves(access.session, sorted(whose), access.now)
    return {
        "id": team_id, "name": team.name,
        "everybody": [("", "Choose"), *((each.id, each.name) for each in near if each.id in whose)],
        "leaves": [(each.id, every[each.worker_id].name, _say_leave(each, access.now)) for each in ahead],
        "posts": [
            (
                str(post), words,
                [(every[each].name, bool(reach[each].telephone)) for each in holders[post] if each in every],
                [("", "Choose"), *((each.id, each.name) for each in near if each.id not in away)],
            )
            for post, words in POSTS.items()
        ],
    }  # fmt: skip
