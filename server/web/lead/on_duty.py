"""Who leads each team, deputises and is manager on duty: set in one press, a hand-over between two people."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import URLEncodedBody

from server.access import Access, Door, of_theirs
from server.actions.street.alarms import hand_over
from server.problems import Invalid
from server.queries.partnership import agencies, workers
from server.queries.street import duties
from server.web.layout.forms import Form
from server.web.layout.page import AnyRequest, go_to, page
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


@get("/on-duty", opt={"action": Act.PLAN_SHIFT}, sync_to_thread=True, include_in_schema=False)
def show_on_duty(request: AnyRequest, door: NamedDependency[Door]) -> Response[str]:
    """Each team of the reader: who hears of an alarm, in which order."""
    with door.open() as access:
        access.require(Act.PLAN_SHIFT, of_theirs(access.actor), purpose="on duty")
        return page(
            request, "lead/on_duty.html", title="On duty", section="/on-shift", worker=access.worker,
            teams=[_team(access, each) for each in teams_of(access.session, access.actor)],
        )  # fmt: skip


@post("/on-duty", opt={"action": Act.PLAN_SHIFT}, sync_to_thread=True, include_in_schema=False)
def take_duty(door: NamedDependency[Door], data: URLEncodedBody[DutyForm]) -> Response[Any]:
    """From now on it is them."""
    with door.open() as access:
        access.require(Act.PLAN_SHIFT, of_theirs(access.actor), purpose="on duty")
        if data.post not in {str(post) for post in POSTS}:
            raise Invalid("Choose which post it is.")
        hand_over(access, data.team, AlarmStep(data.post), data.worker)
    return go_to("/on-duty", done="duty_set")


def _team(access: Access, team_id: Id) -> dict[str, Any]:
    team = next(each for each in agencies.list_teams(access.session) if each.id == team_id)
    every = {each.id: each for each in workers.list_workers(access.session) if each.active}
    holders = duties.list_holders(access.session, team_id)
    reach = {each.worker_id: each for each in duties.list_reachable(access.session, every)}
    eligible = duties.list_eligible(access.session, team_id)
    near = [each for each in every.values() if each.id in eligible]
    return {
        "id": team_id, "name": team.name,
        "posts": [
            (
                str(post), words,
                [(every[each].name, bool(reach[each].telephone)) for each in holders[post] if each in every],
                [("", "Choose"), *((each.id, each.name) for each in near)],
            )
            for post, words in POSTS.items()
        ],
    }  # fmt: skip
