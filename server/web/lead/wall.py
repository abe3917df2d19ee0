"""The wall: a screen that shows who is out all night, by a sign-in of its own that can do nothing else.

Its cookie is no session: no other page knows it, it is never made longer, and it counts only while whoever put the page up
may still see shifts.
"""

from datetime import timedelta
from typing import Any

from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency

from server.access import Door, of_theirs
from server.database.context import Kind
from server.http.cookies import read_session, session_cookie_name
from server.http.local_time import to_local
from server.http.services import Services
from server.problems import NOT_SIGNED_IN, Failure
from server.queries.operation import wall_passes
from server.security.tokens import hash_token, new_token
from server.settings import Settings
from server.web.layout.page import AnyRequest, go_to, page
from server.web.lead.on_shift import Tonight, look_out
from shared.policy import Act, Allow, decide

LASTS = timedelta(hours=14)


@post("/wall", opt={"action": Act.SEE_SHIFTS}, sync_to_thread=True, include_in_schema=False)
def put_up(request: AnyRequest, door: NamedDependency[Door], services: NamedDependency[Services]) -> Response[Any]:
    """Puts the page up, and signs this browser out of everything else."""
    token = new_token()
    with door.open() as access:
        access.require(Act.SEE_SHIFTS, of_theirs(access.actor), purpose="put on the wall")
        until = access.now + LASTS
        wall_passes.add_pass(access.session, hash_token(token), access.actor.worker_id, access.now, until)
    session, address = read_session(request, services.settings), request.client.host if request.client else ""
    services.signin.sign_out(session, address, services.clock(), services.new_id)
    answer = go_to("/wall")
    answer.set_cookie(_cookie(services.settings, session_cookie_name(services.settings), "", 0))
    answer.set_cookie(
        _cookie(services.settings, wall_cookie_name(services.settings), token, int(LASTS.total_seconds()))
    )
    return answer


@get("/wall", opt={"action": Act.PUBLIC, "kind": Kind.POLICY}, sync_to_thread=True, include_in_schema=False)
def show_wall(request: AnyRequest, services: NamedDependency[Services]) -> Response[str]:
    """Who is out: names, promises and where each alarm stands."""
    tonight = _look(request, services)
    return page(request, "lead/on_shift.html", title=tonight.title, tonight=tonight, may_plan=False, is_wall=True)


@get("/wall/now", opt={"action": Act.PUBLIC, "kind": Kind.POLICY}, sync_to_thread=True, include_in_schema=False)
def show_wall_now(request: AnyRequest, services: NamedDependency[Services]) -> Response[str]:
    """The same, as the part of the page that renews itself."""
    return page(request, "lead/on_shift_now.html", title="", tonight=_look(request, services), is_wall=True)


@post("/wall/end", opt={"action": Act.PUBLIC, "kind": Kind.POLICY}, sync_to_thread=True, include_in_schema=False)
def take_down(request: AnyRequest, services: NamedDependency[Services]) -> Response[Any]:
    """Takes the page down."""
    with services.database.writing() as session:
        wall_passes.end_pass(session, hash_token(_read(request, services.settings)))
    answer = go_to("/sign-in", done="signed_out")
    answer.set_cookie(_cookie(services.settings, wall_cookie_name(services.settings), "", 0))
    return answer


def wall_cookie_name(settings: Settings) -> str:
    """What the wall's cookie is called on this server."""
    return "__Host-lantern-wall" if settings.cookie_is_secure else "lantern-wall"


def _read(request: AnyRequest, settings: Settings) -> str:
    return request.cookies.get(wall_cookie_name(settings), "")


def _cookie(settings: Settings, name: str, value: str, max_age: int) -> Cookie:
    secure = settings.cookie_is_secure
    return Cookie(key=name, value=value, path="/", httponly=True, secure=secure, samesite="strict", max_age=max_age)


def _look(request: AnyRequest, services: Services) -> Tonight:
    """Who is out for whoever put this page up. Raises Failure where the pass is over, or they may not see it any more."""
    now, token = services.clock(), _read(request, services.settings)
    with services.database.reading() as session:
        acting = wall_passes.find_holder(session, hash_token(token), now, to_local(now).date()) if token else None
        if acting is None or not acting[0].active:
            raise Failure(NOT_SIGNED_IN)
        actor = acting[1]
        if not isinstance(decide(actor, Act.SEE_SHIFTS, of_theirs(actor), to_local(now).date()), Allow):
            raise Failure(NOT_SIGNED_IN)
        return look_out(session, actor, now)
