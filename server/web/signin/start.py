"""Where somebody starts after signing in. It is never a refusal: whoever sees nobody yet reads why, who can help and what is open
to them meanwhile.
"""

from litestar import Response, get
from litestar.di import NamedDependency

from server.access import Access, Door, of_theirs
from server.queries.partnership import agencies, workers
from server.web.layout.navigation import Entry, entries_for, first_page
from server.web.layout.page import AnyRequest, go_to, page
from server.web.layout.words import lower_first, say
from shared.model.codes import Role
from shared.model.value import Value
from shared.policy import Act
from shared.policy.actions import is_personal
from shared.policy.decide import why_no_personal_data
from shared.policy.recipients import ROLES_THAT_APPROVE
from shared.rules.wording import say_list

WELCOME = "/welcome"
NOWHERE = "You were given no district and no team yet, so there is nobody whom you would be shown."


class Wall(Value, frozen=True, kw_only=True):
    """Why somebody sees nobody yet, and which colleagues can change that, each with their organisation."""

    why: str
    helpers: tuple[str, ...]


@get("/", opt={"action": Act.SIGNED_IN}, sync_to_thread=True, include_in_schema=False)
def open_start_page(door: NamedDependency[Door]) -> Response[str]:
    """Where each role starts."""
    with door.open() as access:
        return go_to(WELCOME if find_wall(access) else first_page(access.actor.roles))


@get(WELCOME, opt={"action": Act.SIGNED_IN}, sync_to_thread=True, include_in_schema=False)
def show_welcome(request: AnyRequest, door: NamedDependency[Door]) -> Response[str]:
    """For those whose work is on the phone, and for those who see nobody yet."""
    with door.open() as access:
        return page(
            request, "signin/welcome.html", title="Welcome", worker=door.worker, wall=find_wall(access),
            open_meanwhile=_list_open(access), first=_find_first(access),
        )  # fmt: skip


def find_wall(access: Access) -> Wall | None:
    """What keeps the actor from everybody; None where nothing does."""
    given = {Role(each) for each in workers.list_given_roles(access.session).get(access.actor.worker_id, ())}
    waiting = sorted(given - access.actor.roles)
    if not access.actor.roles:
        if not waiting:
            return Wall(why="You were given no role yet.", helpers=_list_helpers(access, {Role.ADMINISTRATOR}))
        said = say_list(lower_first(say(each)) for each in waiting)
        why = f"Two organisations have to agree first that yours may have this role: {said}. They do so under “Who can see what”."
        return Wall(why=why, helpers=_list_helpers(access, ROLES_THAT_APPROVE))
    first = _find_first(access)
    if first is None or not is_personal(first.action):
        return None
    gate = why_no_personal_data(access.actor, access.today)
    if gate is None and not (access.actor.district_ids or access.actor.team_ids):
        # Some pages show what is a service's own, also to somebody without a district.
        gate = None if access.allows(first.action, of_theirs(access.actor)) else NOWHERE
    return Wall(why=gate, helpers=_list_helpers(access, {Role.ADMINISTRATOR})) if gate else None


def _find_first(access: Access) -> Entry | None:
    path = first_page(access.actor.roles)
    return next((each for each in entries_for(access.actor.roles) if each.path == path), None)


def _list_helpers(access: Access, roles: frozenset[Role] | set[Role]) -> tuple[str, ...]:
    names = {each.id: each.name for each in agencies.list_agencies(access.session)}
    return tuple(
        f"{each.name}, {names.get(each.agency_id, '')}"
        for each in workers.list_workers(access.session)
        if each.active and each.roles & roles and each.id != access.actor.worker_id
    )


def _list_open(access: Access) -> list[Entry]:
    return [each for each in entries_for(access.actor.roles) if not is_personal(each.action)]
