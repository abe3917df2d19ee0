"""What a page keeps of its forms while they are being written, and how long the session still lasts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody

from server.access import Door
from server.actions.operation.drafts import Draft
from server.http.cookies import read_session
from server.http.services import Services
from server.problems import Invalid, NotFound
from server.security.drafts import Marked
from server.web.layout.page import AnyRequest
from shared.model.value import Value
from shared.policy import Act


class TypedForm(Value, frozen=True, kw_only=True):
    """A form as it stands: its own mark, where it is sent, and every field. `gone` throws it away."""

    mark: str
    action: str
    fields: dict[str, str | list[str]] = {}
    gone: bool = False


class Kept(Value, frozen=True, kw_only=True):
    """When it was kept."""

    at: datetime


class Left(Value, frozen=True, kw_only=True):
    """Seconds until the session ends if nobody does anything."""

    left_s: int


@post("/drafts", opt={"action": Act.SIGNED_IN}, status_code=200, sync_to_thread=True, include_in_schema=False)
def keep_draft(door: NamedDependency[Door], services: NamedDependency[Services], data: JSONBody[TypedForm]) -> Kept:
    """Keeps a form for whoever is writing it."""
    marked = _read_mark(door, services, data.mark)
    if data.gone:
        services.drafts.forget(marked.worker_id, data.action)
    elif not services.drafts.keep(marked.worker_id, marked.page, data.action, data.fields, door.now):
        raise Invalid("This cannot be kept.")
    return Kept(at=door.now)


@get("/drafts", opt={"action": Act.SIGNED_IN}, sync_to_thread=True, include_in_schema=False)
def read_drafts(
    door: NamedDependency[Door], services: NamedDependency[Services], mark: FromQuery[str] = ""
) -> Sequence[Draft]:
    """What was left in the forms of the page that this mark stands on."""
    marked = _read_mark(door, services, mark)
    return services.drafts.list_on(marked.worker_id, marked.page)


@get("/session", opt={"action": Act.SIGNED_IN, "polls": True}, sync_to_thread=True, include_in_schema=False)
def show_session(request: AnyRequest, door: NamedDependency[Door], services: NamedDependency[Services]) -> Left:
    """How long the session lasts; asking keeps it no longer."""
    return Left(left_s=services.signin.find_seconds_left(read_session(request, services.settings), door.now))


@post("/session/stay", opt={"action": Act.SIGNED_IN}, status_code=200, sync_to_thread=True, include_in_schema=False)
def stay(request: AnyRequest, door: NamedDependency[Door], services: NamedDependency[Services]) -> Response[Any]:
    """Somebody is there: the session goes on (WCAG 2.2.1)."""
    left_s = services.signin.find_seconds_left(read_session(request, services.settings), door.now)
    return Response(Left(left_s=left_s), status_code=200)


def _read_mark(door: Door, services: Services, mark: str) -> Marked:
    """Raises NotFound for a mark that is not the reader's own."""
    marked = services.drafts.read_mark(mark, door.now)
    if marked is None or marked.worker_id != door.worker.id:
        raise NotFound
    return marked
