"""A first run by a page, for whoever has no terminal: by a link that is good once, for a day, while nobody was made."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from server.database.context import Kind, acting
from server.http.services import Services
from server.importers.county.beginning import First, begin, is_open
from server.importers.files import make_storable
from server.problems import Failure, InvalidFields
from server.queries.operation import audit
from server.queries.operation.audit import AuditLine
from server.web.layout.forms import Errors, Form
from server.web.layout.limits import check_limit
from server.web.layout.page import AnyRequest, go_to, page
from shared.policy import Act


class FirstForm(Form, frozen=True, kw_only=True):
    """The answers, as they were typed."""

    agency: str = ""
    name: str = ""
    email: str = ""


@get(
    "/setup/{token:str}",
    opt={"action": Act.PUBLIC, "kind": Kind.SIGN_IN},
    sync_to_thread=True,
    include_in_schema=False,
)
def show_setup(request: AnyRequest, services: NamedDependency[Services], token: FromPath[str]) -> Response[str]:
    return _form(request, token, FirstForm(), {}) if _is_open(services, token) else _over(request)


@post(
    "/setup/{token:str}",
    opt={"action": Act.PUBLIC, "kind": Kind.SIGN_IN},
    sync_to_thread=True,
    include_in_schema=False,
)
def set_up(
    request: AnyRequest, services: NamedDependency[Services], token: FromPath[str], data: URLEncodedBody[FirstForm]
) -> Response[Any]:
    """Makes the first administrator, and leads to where they set their password."""
    check_limit(request, services)
    if not _is_open(services, token):
        return _over(request)
    first = First(agency=make_storable(data.agency), name=make_storable(data.name), email=make_storable(data.email))
    now, new_id = services.clock(), services.new_id
    try:
        with acting(Kind.COMMAND), services.database.writing() as session:
            made, path = begin(session, first, now, new_id, services.keys.secret)
            line = AuditLine(
                id=new_id(), at=now, actor_id=made.id, agency_id=made.agency_id, action="set_up", subject_kind="worker",
                subject_id=made.id, purpose="by the link of a first run",
                address=request.client.host if request.client else "",
            )  # fmt: skip
            audit.add_lines(session, [line])
    except InvalidFields as refused:
        return _form(request, token, data, refused.by_field)
    except Failure:
        return _over(request)
    return go_to(path)


def _is_open(services: Services, token: str) -> bool:
    with services.database.reading() as session:
        return is_open(session, token, services.keys.secret, services.clock())


def _form(request: AnyRequest, token: str, typed: FirstForm, errors: Errors) -> Response[str]:
    return page(
        request, "signin/setup.html", title="Set this server up", status=422 if errors else 200, errors=errors,
        token=token, typed=typed,
    )  # fmt: skip


def _over(request: AnyRequest) -> Response[str]:
    """The same words for a link that is none, one that is over, and one whose server has its administrator."""
    lines = [
        "The link of a first run works once, for 24 hours.",
        "If nobody was set up with it, whoever runs this server prints another: lantern setup --link.",
    ]
    return page(
        request, "errors/problem.html", title="This link does not work any more", status=404, lines=lines,
        link_path="/sign-in", link_text="Go to the sign-in page",
    )  # fmt: skip
