"""Who may be sent to a referral, as a list of choices says it: a team, one of its workers, or a planned shift."""

from server.access import Access, of_theirs
from server.http.local_time import to_local
from server.queries.partnership import agencies
from server.queries.street import plans
from server.queries.street.plans import ShiftPlan
from server.web.lead.on_shift import teams_of
from shared.model.value import Id, Value
from shared.policy import Act

SHIFT = "shift/"


class Chosen(Value, frozen=True, kw_only=True):
    """A team, and one of its workers or a planned shift of it."""

    team_id: Id
    worker_id: Id | None = None
    plan_id: Id = ""


def read_assignee(text: str) -> Chosen:
    """What the choice means."""
    team_id, _, rest = text.partition("/")
    if rest.startswith(SHIFT):
        return Chosen(team_id=team_id, plan_id=rest.removeprefix(SHIFT))
    return Chosen(team_id=team_id, worker_id=rest or None)


def list_shifts(access: Access) -> list[tuple[str, str]]:
    """The planned shifts that are not over, of the teams whose shifts the reader plans."""
    if not access.allows(Act.PLAN_SHIFT, of_theirs(access.actor)):
        return []
    names = {each.id: each.name for each in agencies.list_teams(access.session)}
    ahead = plans.list_plans(access.session, teams_of(access.session, access.actor, access.today), access.now)
    return [
        (f"{each.team_id}/{SHIFT}{each.id}", _say(each, names.get(each.team_id, "")))
        for each in ahead
        if each.back_at > access.now
    ]


def _say(plan: ShiftPlan, team_name: str) -> str:
    where = f", {plan.area}" if plan.area else ""
    return f"{team_name}: the shift of {to_local(plan.starts_at):%H:%M}{where}"
