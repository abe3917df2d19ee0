"""The tray of a team lead or coordinator: what phones sent about records of their teams and districts and nobody may believe
before somebody has agreed. Who, what and why; let in, or set aside."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import URLEncodedBody

from server.access import Door, of_theirs
from server.actions.sync.held import list_held
from server.http.services import Services
from server.web.layout.held import HeldForm, decide_on_held, describe_held, done_with
from server.web.layout.page import AnyRequest, go_to, page
from shared.policy import Act, SubjectKind

SECTION = "/held"


@get(SECTION, opt={"action": Act.DECIDE_HELD}, sync_to_thread=True, include_in_schema=False)
def show_held(request: AnyRequest, door: NamedDependency[Door]) -> Response[str]:
    """What waits for the reader's decision."""
    with door.open() as access:
        access.require(Act.DECIDE_HELD, of_theirs(access.actor), purpose="held changes")
        held = list_held(access)
        named = sorted({person_id for each in held for person_id in each.people})
        access.note_seen(SubjectKind.PERSON, named, purpose="held changes")
        return page(
            request, "lead/held.html", title="Held", section=SECTION, worker=access.worker,
            held=describe_held(access, held),
        )  # fmt: skip


@post(SECTION, opt={"action": Act.DECIDE_HELD}, sync_to_thread=True, include_in_schema=False)
def decide_on_tray(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    data: URLEncodedBody[HeldForm],
) -> Response[Any]:
    """Lets held changes in, in the reader's name, or sets them aside."""
    with door.open() as access:
        access.require(Act.DECIDE_HELD, of_theirs(access.actor), purpose="held changes")
        decide_on_held(access, services.project, data)
    return go_to(SECTION, done=done_with(data))
