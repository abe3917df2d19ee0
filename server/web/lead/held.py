"""The tray of a team lead or coordinator: what phones sent about records of their teams and districts and nobody may believe
before somebody has agreed. Who, what and why; let in, or set aside."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from server.access import Door, of_theirs
from server.actions.sync.held import MOST_OF_EACH, find_held, let_in_mended, list_held
from server.http.services import Services
from server.problems import CONFLICTING, Failure, Invalid, NotFound
from server.web.layout.forms import Errors, Form, Several
from server.web.layout.held import HeldForm, Typed, answer_held, decide_on_held, describe_held, left_in
from server.web.layout.page import AnyRequest, go_to, page
from shared.model.value import Id
from shared.policy import Act

SECTION = "/held"


class CorrectForm(Form, frozen=True, kw_only=True):
    """How the fields of a held change should read: two lists of one length."""

    field: Several = ""
    value: Several = ""


@get(SECTION, opt={"action": Act.DECIDE_HELD}, sync_to_thread=True, include_in_schema=False)
def show_held(request: AnyRequest, door: NamedDependency[Door], services: NamedDependency[Services]) -> Response[str]:
    """What waits for the reader's decision."""
    return _show(request, door, left_in(services, door.worker.id, SECTION, SECTION), {}, 200)


def _show(request: AnyRequest, door: Door, typed: Typed, errors: Errors, status: int) -> Response[str]:
    with door.open() as access:
        access.require(Act.DECIDE_HELD, of_theirs(access.actor), purpose="held changes")
        held = describe_held(access, list_held(access))
        of_each = Counter(each.device for each in held)
        return page(
            request, "lead/held.html", title="Held", section=SECTION, worker=access.worker, status=status,
            held=held, is_full=max(of_each.values(), default=0) >= MOST_OF_EACH, of_each=MOST_OF_EACH, typed=typed,
            errors=errors,
        )  # fmt: skip


@post(SECTION, opt={"action": Act.DECIDE_HELD}, sync_to_thread=True, include_in_schema=False)
def decide_on_tray(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    data: URLEncodedBody[HeldForm],
) -> Response[Any]:
    """Lets held changes in, in the reader's name, or sets them aside."""

    def decide() -> None:
        with door.open() as access:
            access.require(Act.DECIDE_HELD, of_theirs(access.actor), purpose="held changes")
            decide_on_held(access, services.project, data)

    return answer_held(
        request, door, services, data, SECTION, decide,
        lambda typed, errors, status: _show(request, door, typed, errors, status),
    )  # fmt: skip


@get(SECTION + "/{change_id:str}", opt={"action": Act.DECIDE_HELD}, sync_to_thread=True, include_in_schema=False)
def show_correction(request: AnyRequest, door: NamedDependency[Door], change_id: FromPath[Id]) -> Response[str]:
    """One held change with the fields that keep it from being let in."""
    return _show_correction(request, door, change_id, {}, {}, 200)


def _show_correction(
    request: AnyRequest, door: Door, change_id: Id, typed: Mapping[str, str], errors: Errors, status: int
) -> Response[str]:
    with door.open() as access:
        access.require(Act.DECIDE_HELD, of_theirs(access.actor), purpose="held changes")
        (each,) = describe_held(access, [find_held(access, change_id)])
        if not each.faults:
            raise NotFound
        return page(
            request, "lead/held_mend.html", title="Correct", section=SECTION, worker=access.worker, status=status,
            each=each, typed=typed, errors=errors,
        )  # fmt: skip


@post(SECTION + "/{change_id:str}", opt={"action": Act.DECIDE_HELD}, sync_to_thread=True, include_in_schema=False)
def correct(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    change_id: FromPath[Id],
    data: URLEncodedBody[CorrectForm],
) -> Response[Any]:
    """Lets a held change in with its fields as the reader says they should read, in the reader's name."""
    told = dict(zip(_each(data.field), _each(data.value), strict=False))
    try:
        with door.open() as access:
            access.require(Act.DECIDE_HELD, of_theirs(access.actor), purpose="held changes")
            held = find_held(access, change_id)
            let_in_mended(access, services.project, change_id, told)
    except Invalid as refused:
        return _show_correction(request, door, change_id, told, {"value": " ".join(refused.errors)}, 400)
    except Failure as refused:
        if refused.kind is not CONFLICTING or not _still_waits(door, change_id):
            raise
        return _show_correction(request, door, change_id, told, {"value": refused.detail}, 409)
    return go_to(f"/devices/{held.device}/held", done="adopted")


def _still_waits(door: Door, change_id: Id) -> bool:
    """Was it not let in for what it says, rather than because somebody has decided on it?"""
    try:
        with door.open() as access:
            return bool(find_held(access, change_id).faults)
    except Failure:
        return False


def _each(several: Several) -> list[str]:
    return [several] if isinstance(several, str) else several
