"""Signing in with an organisation's own account: there and back, and out of both.

What must come back lies sealed in a cookie of the browser that went there: an answer that another browser brings fits nothing.
"""

from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from server.actions.operation.agency_signin import AgencySignIn
from server.database.context import Kind
from server.http.cookies import clear_away, read_away, read_session, set_away, set_session
from server.http.form_guard import set_form_token
from server.http.gate import address_of
from server.http.services import Services
from server.problems import NOT_PROVEN, Failure, NotFound
from server.security.openid import Answered, ProviderFailed
from server.security.passing import DamagedPassing
from server.web.layout.page import AnyRequest, go_to, page
from server.web.signin.handlers import own_path
from shared.policy import Act

OPEN: dict[str, Any] = {
    "opt": {"action": Act.PUBLIC, "kind": Kind.SIGN_IN},
    "sync_to_thread": True,
    "include_in_schema": False,
}


@get("/sign-in/organisation", **OPEN)
def go_to_agency(
    request: AnyRequest, services: NamedDependency[Services], next: FromQuery[str] = "", again: FromQuery[str] = ""
) -> Response[Any]:
    """Sends the browser to the organisation's sign-in; `again`, to prove oneself anew."""
    return _leave(request, services, next_path=own_path(next), again=again == "yes")


@get("/invitations/{token:str}/organisation", **OPEN)
def link_agency(request: AnyRequest, services: NamedDependency[Services], token: FromPath[str]) -> Response[Any]:
    """The same for somebody invited: the account that they prove there is theirs from then on."""
    return _leave(request, services, invitation=token)


@get("/sign-in/organisation/callback", **OPEN)
def come_back(request: AnyRequest, services: NamedDependency[Services]) -> Response[Any]:
    """Opens a session for whom the organisation proves."""
    answered = Answered(**{name: request.query_params.get(name, "") for name in Answered.__struct_fields__})
    visit = address_of(request), read_session(request, services.settings)
    try:
        found = _agency_signin(services)
        try:
            begun = services.passing.open(read_away(request, services.settings))
        except DamagedPassing as damaged:
            raise Failure(NOT_PROVEN) from damaged
        opened = found.finish(begun, answered, visit, services.clock(), services.new_id)
    except Failure as refused:
        return _refuse(request, services, refused)
    answer = go_to(own_path(begun.next) or "/")
    clear_away(answer, services.settings)
    set_session(answer, services.settings, opened.token)
    set_form_token(answer, services.settings, services.keys.secret, opened.token)
    return answer


@get("/sign-out/organisation", **OPEN)
def leave_agency(request: AnyRequest, services: NamedDependency[Services]) -> Response[Any]:
    """Signs out of the organisation's account too, where it has an address for that (RP-initiated logout)."""
    try:
        return go_to(_agency_signin(services).provider.sign_out_address(services.settings.address, services.clock()))
    except ProviderFailed:
        return go_to("/sign-in", done="signed_out")


def _leave(
    request: AnyRequest, services: Services, next_path: str = "", invitation: str = "", *, again: bool = False
) -> Response[Any]:
    try:
        address, begun = _agency_signin(services).begin(services.clock(), next_path, invitation, again=again)
    except Failure as refused:
        return _refuse(request, services, refused)
    answer = go_to(address)
    set_away(answer, services.settings, services.passing.seal(begun))
    return answer


def _agency_signin(services: Services) -> AgencySignIn:
    if services.agency_signin is None:
        raise NotFound
    return services.agency_signin


def _refuse(request: AnyRequest, services: Services, refused: Failure) -> Response[Any]:
    lines = [refused.detail, *refused.errors]
    answer = page(
        request, "errors/problem.html", title=refused.kind.title, status=refused.kind.status, lines=lines,
        link_path="/sign-in", link_text="Go to the sign-in page",
    )  # fmt: skip
    clear_away(answer, services.settings)
    return answer
