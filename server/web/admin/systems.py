"""Programs of agencies that read and write here: a lead sees those of the own agency, an administrator all; either ends one.

Letting one in is the operator's, at the terminal: what is printed then is a secret.
"""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from server.access import Door
from server.actions.partnership.systems import end_by_page, list_of_theirs
from server.web.layout.forms import Form
from server.web.layout.page import AnyRequest, go_to, page
from shared.model.value import Id
from shared.policy import Act

SECTION = "/systems"


class EndForm(Form, frozen=True, kw_only=True):
    """That the system which the page names is meant."""

    sure: str = ""


@get(SECTION, opt={"action": Act.MANAGE_WORKERS}, sync_to_thread=True, include_in_schema=False)
def show_systems(request: AnyRequest, door: NamedDependency[Door]) -> Response[str]:
    """Whose each is, who answers for it, what it may do, and how its hooks go."""
    with door.open() as access:
        return page(
            request, "admin/systems.html", title="Partners’ systems", section="/workers", worker=access.worker, now=access.now,
            systems=list_of_theirs(access),
        )  # fmt: skip


@post(
    SECTION + "/{system_id:str}/end", opt={"action": Act.MANAGE_WORKERS}, sync_to_thread=True, include_in_schema=False
)
def end_system(door: NamedDependency[Door], system_id: FromPath[Id], data: URLEncodedBody[EndForm]) -> Response[Any]:
    """Lets it in no more, from now on."""
    with door.open() as access:
        end_by_page(access, system_id, is_sure=data.sure == "yes")
    return go_to(SECTION, "system_ended")
