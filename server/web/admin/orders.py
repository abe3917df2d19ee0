"""What an administrator or team lead orders of a phone: digits compared, revoke, wipe, and letting in what was set aside."""

from typing import Any

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from server.access import Door
from server.actions.operation.enrolment import confirm_device, stop_device
from server.http.services import Services
from server.problems import CONFLICTING, Failure, Invalid
from server.queries.people import subjects
from server.queries.sync.store import adopt, list_quarantined
from server.web.layout.forms import Form
from server.web.layout.page import AnyRequest, go_to
from shared.model.codes import DeviceStatus
from shared.model.value import Id
from shared.policy import Act

STOPS = (DeviceStatus.REVOKED, DeviceStatus.WIPE_AFTER_PUSH, DeviceStatus.WIPE_NOW)


class OrderForm(Form, frozen=True, kw_only=True):
    """What the forms of a phone's page may send."""

    order: str = ""
    sure: str = ""
    change: Id = ""


@post("/devices/{number:int}/stop", opt={"action": Act.WIPE_DEVICE}, sync_to_thread=True, include_in_schema=False)
def stop(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    number: FromPath[int],
    data: URLEncodedBody[OrderForm],
) -> Response[Any]:
    """Revokes or wipes a phone, once the box beside its name is ticked."""
    if data.sure != "yes" or data.order not in STOPS:
        raise Invalid("Tick the box to say which phone you mean, then choose again. Nothing was changed.")
    with door.open() as access:
        stop_device(access, number, DeviceStatus(data.order), services.ledger)
    return go_to(f"/devices/{number}", done="revoked" if data.order == str(DeviceStatus.REVOKED) else "wipe")


@post("/devices/{number:int}/confirm", opt={"action": Act.ENROL_DEVICE}, sync_to_thread=True, include_in_schema=False)
def confirm(
    request: AnyRequest, door: NamedDependency[Door], number: FromPath[int], data: URLEncodedBody[OrderForm]
) -> Response[Any]:
    """Somebody compared the four digits on both screens."""
    with door.open() as access:
        confirm_device(access, number)
    return go_to(f"/devices/{number}", done="digits")


@post("/devices/{number:int}/differ", opt={"action": Act.WIPE_DEVICE}, sync_to_thread=True, include_in_schema=False)
def differ(
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    number: FromPath[int],
    data: URLEncodedBody[OrderForm],
) -> Response[Any]:
    """The four digits were not the same: somebody else may have used the code, so the phone is revoked."""
    with door.open() as access:
        stop_device(access, number, DeviceStatus.REVOKED, services.ledger)
    return go_to(f"/devices/{number}", done="digits_differ")


@post("/devices/{number:int}/adopt", opt={"action": Act.WIPE_DEVICE}, sync_to_thread=True, include_in_schema=False)
def let_in(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    number: FromPath[int],
    data: URLEncodedBody[OrderForm],
) -> Response[Any]:
    """Lets a change that was set aside in, as a new change in the name of whoever decides it."""
    with door.open() as access:
        access.require(
            Act.WIPE_DEVICE, subjects.find_device(access.session, number), purpose="adopt", detail=data.change
        )
        if data.change not in {held.id for held in list_quarantined(access.session, number)}:
            raise Failure(CONFLICTING, "It was let in already, or it is no longer there.")
        adopted = adopt(
            access.session, data.change, by=access.actor.worker_id, new_id=access.new_id(),
            now_ms=int(access.now.timestamp() * 1000), project=services.project,
        )  # fmt: skip
        if adopted is None:
            raise Failure(CONFLICTING, "It cannot be read, so it cannot be let in. It stays where it is.")
    return go_to(f"/devices/{number}", done="adopted")
