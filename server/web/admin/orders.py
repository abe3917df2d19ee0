"""What an administrator or team lead orders of a phone: digits compared, revoke, wipe, and letting in what was set aside."""

from typing import Any

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from server.access import Door
from server.actions.operation.enrolment import confirm_device, free_pin, name_device, stop_device
from server.http.services import Services
from server.problems import Invalid
from server.queries.people import subjects
from server.web.admin.phones import answer_held_of_phone, answer_name, answer_phone
from server.web.layout.forms import Form
from server.web.layout.held import HeldForm, answer_held, decide_on_held
from server.web.layout.page import AnyRequest, go_to
from shared.model.codes import DeviceStatus
from shared.policy import Act

UNSURE = "Tick the box to say which phone you mean, then choose again. Nothing was changed."
STOPS = (DeviceStatus.REVOKED, DeviceStatus.WIPE_AFTER_PUSH, DeviceStatus.WIPE_NOW)


class OrderForm(Form, frozen=True, kw_only=True):
    """What the forms of a phone's page may send."""

    order: str = ""
    sure: str = ""


class NameForm(Form, frozen=True, kw_only=True):
    """What a phone is to be called."""

    label: str = ""


@post("/devices/{number:int}/stop", opt={"action": Act.WIPE_DEVICE}, sync_to_thread=True, include_in_schema=False)
def stop(
    request: AnyRequest,
    door: NamedDependency[Door],
    number: FromPath[int],
    data: URLEncodedBody[OrderForm],
) -> Response[Any]:
    """Revokes or wipes a phone, once the box beside its name is ticked."""
    if data.order not in STOPS:
        raise Invalid("Choose what the phone shall do. Nothing was changed.")
    if data.sure != "yes":
        return answer_phone(request, door, number, {"sure": UNSURE}, 400)
    with door.open() as access:
        stop_device(access, number, DeviceStatus(data.order))
    return go_to(f"/devices/{number}", done="revoked" if data.order == str(DeviceStatus.REVOKED) else "wipe")


@post("/devices/{number:int}/confirm", opt={"action": Act.ENROL_DEVICE}, sync_to_thread=True, include_in_schema=False)
def confirm(
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    number: FromPath[int],
    data: URLEncodedBody[OrderForm],
) -> Response[Any]:
    """Somebody compared the four digits on both screens."""
    with door.open() as access:
        confirm_device(access, number, services.project)
    return go_to(f"/devices/{number}", done="digits")


@post("/devices/{number:int}/free-pin", opt={"action": Act.ENROL_DEVICE}, sync_to_thread=True, include_in_schema=False)
def let_pin_be_tried(
    door: NamedDependency[Door],
    number: FromPath[int],
    data: URLEncodedBody[OrderForm],
) -> Response[Any]:
    """Whoever carries it stands before them, and shall not wait twenty minutes."""
    with door.open() as access:
        free_pin(access, number)
    return go_to(f"/devices/{number}", done="pin_freed")


@post("/devices/{number:int}/name", opt={"action": Act.ENROL_DEVICE}, sync_to_thread=True, include_in_schema=False)
def name_phone(
    request: AnyRequest, door: NamedDependency[Door], number: FromPath[int], data: URLEncodedBody[NameForm]
) -> Response[Any]:
    """What it is called here."""
    try:
        with door.open() as access:
            name_device(access, number, data.label)
    except Invalid as refused:
        return answer_name(request, door, number, data.label, {"label": " ".join(refused.errors)}, 400)
    return go_to(f"/devices/{number}", done="phone_named")


@post("/devices/{number:int}/differ", opt={"action": Act.WIPE_DEVICE}, sync_to_thread=True, include_in_schema=False)
def differ(
    door: NamedDependency[Door],
    number: FromPath[int],
    data: URLEncodedBody[OrderForm],
) -> Response[Any]:
    """The four digits were not the same: somebody else may have used the code, so the phone is revoked."""
    with door.open() as access:
        stop_device(access, number, DeviceStatus.REVOKED)
    return go_to(f"/devices/{number}", done="digits_differ")


@post("/devices/{number:int}/adopt", opt={"action": Act.DECIDE_HELD}, sync_to_thread=True, include_in_schema=False)
def decide_on(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    number: FromPath[int],
    data: URLEncodedBody[HeldForm],
) -> Response[Any]:
    """Lets changes of this phone that were held in, in the name of whoever decides it, or sets them aside for good."""

    def decide() -> None:
        with door.open() as access:
            access.require(Act.DECIDE_HELD, subjects.find_device(access.session, number), purpose="held changes")
            decide_on_held(access, services.project, data)

    return answer_held(
        request, door, services, data, f"/devices/{number}/held", decide,
        lambda typed, errors, status: answer_held_of_phone(request, door, number, typed, errors, status),
    )  # fmt: skip
