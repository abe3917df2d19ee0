"""Setting one's own password by an invitation. The link is in no referrer, no log and no cache: it works once, for a day."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import segno
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from server.actions.operation.invitations import accept, find_invited, give_second_factor
from server.database.context import Kind
from server.http.services import Services
from server.problems import Invalid, NotFound
from server.web.layout.forms import Errors, Form
from server.web.layout.page import AnyRequest, go_to, page
from shared.model.worker import Worker
from shared.policy import Act

QR_SCALE = 6


class PasswordForm(Form, frozen=True, kw_only=True):
    """The password, typed twice."""

    password: str = ""
    again: str = ""


@get(
    "/invitations/{token:str}",
    opt={"action": Act.PUBLIC, "kind": Kind.SIGN_IN},
    sync_to_thread=True,
    include_in_schema=False,
)
def show_invitation(request: AnyRequest, services: NamedDependency[Services], token: FromPath[str]) -> Response[str]:
    invited = _find(services, token)
    return _form(request, services, token, invited, {}) if invited else _over(request)


@post(
    "/invitations/{token:str}",
    opt={"action": Act.PUBLIC, "kind": Kind.SIGN_IN},
    sync_to_thread=True,
    include_in_schema=False,
)
def accept_invitation(
    request: AnyRequest, services: NamedDependency[Services], token: FromPath[str], data: URLEncodedBody[PasswordForm]
) -> Response[Any]:
    """Sets the password, and leads to the sign-in page."""
    invited = _find(services, token)
    if invited is None:
        return _over(request)
    if data.password != data.again:
        return _form(request, services, token, invited, {"again": "The two are not the same. Type the password again."})
    try:
        with services.database.writing() as session:
            now = services.clock()
            worker = accept(session, token, services.keys.secret, services.signin.passwords, data.password, now)
            if services.settings.second_factor:
                address = give_second_factor(session, services.signin.seeds, worker, now)
                return _show_second_factor(request, address)
    except Invalid as refused:
        return _form(request, services, token, invited, {"password": " ".join(refused.errors)})
    except NotFound:
        return _over(request)
    return go_to("/sign-in", "password_set")


def _find(services: Services, token: str) -> Worker | None:
    try:
        with services.database.reading() as session:
            return find_invited(session, token, services.keys.secret, services.clock())
    except NotFound:
        return None


def _form(request: AnyRequest, services: Services, token: str, invited: Worker, errors: Errors) -> Response[str]:
    return page(
        request, "signin/invitation.html", title="Set your password", status=422 if errors else 200, errors=errors,
        token=token, name=invited.name,
        agency_signin=services.settings.openid.name if services.agency_signin else "",
    )  # fmt: skip


def _show_second_factor(request: AnyRequest, address: str) -> Response[str]:
    """What the authenticator app scans, or takes typed, once: it is kept nowhere that could show it again."""
    seed = parse_qs(urlsplit(address).query)["secret"][0]
    return page(
        request, "signin/second_factor.html", title="Set up your authenticator app",
        picture=segno.make(address, error="m").svg_data_uri(scale=QR_SCALE, border=2),
        seed=" ".join(seed[start : start + 4] for start in range(0, len(seed), 4)),
    )  # fmt: skip


def _over(request: AnyRequest) -> Response[str]:
    """The same words for every link that is none (any more): nobody learns here who was invited."""
    lines = ["A link works once, for 24 hours, and a newer one ends it.", "Ask whoever invited you for a new one."]
    return page(
        request, "errors/problem.html", title="This link does not work any more", status=404, lines=lines,
        link_path="/sign-in", link_text="Go to the sign-in page",
    )  # fmt: skip
