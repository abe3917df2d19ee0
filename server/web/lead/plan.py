"""Who goes out tonight: where, with whom, from when and back when, planned in one press and seen by who is on duty."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from server.access import Access, Door, of_theirs
from server.actions.street import planning
from server.database.sql import storable_words
from server.http.local_time import to_local
from server.problems import InvalidFields
from server.queries.partnership import agencies, workers
from server.queries.partnership.workers import list_short_names
from server.queries.street import plans
from server.web.layout.forms import Errors, Form, Several, as_tuple
from server.web.layout.page import AnyRequest, go_to, page
from server.web.layout.planned import say_plan
from server.web.lead.on_shift import teams_of
from shared.model.value import Id
from shared.policy import Act

PATH = "/shift-plan"


class PlanForm(Form, frozen=True, kw_only=True):
    """Some workers of a team go out together; times are clock times here."""

    team: Id = ""
    workers: Several = ""
    area: str = ""
    starts: str = ""
    back: str = ""


@get(PATH, opt={"action": Act.PLAN_SHIFT}, sync_to_thread=True, include_in_schema=False)
def show_plan(request: AnyRequest, door: NamedDependency[Door]) -> Response[str]:
    """What is planned for the reader's teams, and a form for each."""
    return _show(request, door, PlanForm(), {})


def _show(request: AnyRequest, door: Door, form: PlanForm, errors: Errors, status: int = 200) -> Response[str]:
    with door.open() as access:
        access.require(Act.PLAN_SHIFT, of_theirs(access.actor), purpose="plan of a shift")
        team_ids = teams_of(access.session, access.actor, access.today)
        # Each team has a form of its own: what is wrong stands in the one that was sent.
        number = team_ids.index(form.team) + 1 if form.team in team_ids else 1
        return page(
            request, "lead/plan.html", title="Plan tonight", section="/on-shift", worker=access.worker,
            teams=_teams(access, team_ids), planned=_planned(access, team_ids), form=form, chosen=as_tuple(form.workers),
            amiss={f"{field}-{number}": why for field, why in errors.items()}, status=status,
        )  # fmt: skip


@post(PATH, opt={"action": Act.PLAN_SHIFT}, sync_to_thread=True, include_in_schema=False)
def plan(request: AnyRequest, door: NamedDependency[Door], data: URLEncodedBody[PlanForm]) -> Response[Any]:
    """They go out."""
    try:
        with door.open() as access:
            access.require(Act.PLAN_SHIFT, of_theirs(access.actor), purpose="plan of a shift")
            starts_at = _read("starts", data.starts, access.now - timedelta(hours=1))
            back_at = _read("back", data.back, starts_at)
            area = storable_words(data.area)
            planning.plan_shift(access, data.team, as_tuple(data.workers), area, starts_at, back_at)
    except InvalidFields as refused:
        return _show(request, door, data, refused.by_field, 422)
    return go_to(PATH, done="shift_planned")


@post(f"{PATH}/{{plan_id:str}}/call-off", opt={"action": Act.PLAN_SHIFT}, sync_to_thread=True, include_in_schema=False)
def call_off(door: NamedDependency[Door], plan_id: FromPath[str]) -> Response[Any]:
    """They do not."""
    with door.open() as access:
        access.require(Act.PLAN_SHIFT, of_theirs(access.actor), purpose="plan of a shift")
        planning.call_off(access, plan_id)
    return go_to(PATH, done="shift_called_off")


def _read(field: str, text: str, after: datetime) -> datetime:
    found = next_moment(text, after)
    if found is None:
        raise InvalidFields({field: "Give a clock time such as 20:00 or 23:30."})
    return found


def next_moment(clock_text: str, after: datetime) -> datetime | None:
    """Returns the first moment after `after` when clocks here show `23:40`; None for other text.

    A time that a night skips is one of the next day; of an hour that comes twice the first that is still to come is meant.
    """
    hours, _, minutes = clock_text.strip().partition(":")
    if not (hours.isascii() and hours.isdecimal() and len(hours) <= 2 and int(hours) < 24):
        return None
    if not (minutes.isascii() and minutes.isdecimal() and len(minutes) == 2 and int(minutes) < 60):
        return None
    local = to_local(after)
    shown = [
        (local + timedelta(days=days)).replace(hour=int(hours), minute=int(minutes), second=0, microsecond=0, fold=turn)
        for days in (0, 1, 2)
        for turn in (0, 1)
    ]
    moments = [(each.astimezone(UTC), each) for each in shown]
    return min(
        moment for moment, each in moments if moment > after and to_local(moment).time() == each.time()
    ).astimezone(after.tzinfo)


def _teams(access: Access, team_ids: Sequence[Id]) -> list[dict[str, Any]]:
    names = {each.id: each.name for each in agencies.list_teams(access.session)}
    return [
        {
            "id": each, "name": names[each],
            "workers": [(one.id, one.name) for one in workers.list_workers_of_team(access.session, each)],
        }
        for each in team_ids
    ]  # fmt: skip


def _planned(access: Access, team_ids: Sequence[Id]) -> list[tuple[Id, str]]:
    found = plans.list_plans(access.session, team_ids, access.now)
    names = list_short_names(access.session, {who for each in found for who in each.worker_ids})
    return [(each.id, say_plan(each, names, access.now)) for each in found]
