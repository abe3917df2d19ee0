"""What a wiped phone still carries: changes sealed to this server, which the phone itself can no longer read (B5)."""

from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.params import RawBody
from msgspec import Meta, Struct
from sqlalchemy.orm import Session

from server.actions.sync.sealed import take_boxes
from server.http.openapi import problems
from server.http.services import Services
from server.problems import PROOF_REFUSED, UNREADABLE, Failure
from server.queries.operation import devices
from server.queries.partnership import workers
from server.queries.sync import store as sync
from server.sync_api.admission import admit_to_feed
from server.sync_api.bodies import answer, open_body
from server.sync_api.identity import Caller, identify_number, read_signed, to_ms
from shared.model.codes import DeviceStatus
from shared.model.value import NO_JSON
from shared.policy import Act
from sync.clock import PhoneClock
from sync.wire import LIMITS, NUMBER_MAX, Milliseconds, NameOfChange, Refused

FREED_FOR = timedelta(days=1)
Box = Annotated[str, Meta(max_length=100_000)]
BoxNumber = Annotated[int, Meta(ge=1, le=NUMBER_MAX)]


class SealedOutbox(Struct, frozen=True, kw_only=True):
    """Boxes (base64url) with the number of the change in each, in the order of their numbers.

    `signer` is the phone's new number where it lost the key of the one the boxes were made under (privacy rule B13). `now`, `up`
    and `boot` are the phone's clocks, as in a push: what came sealed happened when it did, whatever they say.
    """

    device: int
    signer: int = 0
    now: int
    up: Milliseconds | None = None
    boot: NameOfChange | None = None
    app: str = ""
    boxes: Annotated[list[tuple[BoxNumber, Box]], Meta(max_length=LIMITS.changes_max)]


class SealedTaken(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of them.

    `acked` as in a push. Of the boxes `opened` are in the record, or set aside with a reason; `kept` ones are listed on the
    phone's page until they can be opened. A phone may forget what it sent once the two make up all of it.
    `status` tells a locked phone, which has no token at hand, whether it was revoked or is to be wiped.
    """

    acked: int
    opened: int
    kept: int
    status: str = ""
    pin_freed: int = 0
    """When a lead last let the PIN be tried again (ms), for a day or until the phone was open: each press is obeyed once."""


read_outbox = msgspec.json.Decoder(SealedOutbox).decode


@post(
    "/sealed",
    opt={"action": Act.SYNC},
    sync_to_thread=True,
    status_code=200,
    responses=problems(400, 401, 413, 429, 503),
)
def take_sealed(request: Request[Any, Any, Any], body: RawBody, services: NamedDependency[Services]) -> Response[bytes]:
    """Take a phone's sealed outbox (JSON as `SealedOutbox`), signed by the phone; no token is asked of a wiped one."""
    now = services.clock()
    signed = read_signed(request, body, now)
    try:
        outbox = read_outbox(open_body(request, body))
    except NO_JSON as error:
        raise Failure(UNREADABLE) from error
    with services.database.writing() as session:
        caller = identify_number(session, signed, outbox.signer or outbox.device, now)
        by_a_colleague = not may_speak_for(session, caller, outbox.device)
        if by_a_colleague and not may_hand_in(session, caller, outbox.device):
            raise Failure(PROOF_REFUSED)
        status = standing(session, services, caller, now)
    # Another phone of theirs says nothing of the clock of the one that made them.
    is_its_own = outbox.signer in (0, outbox.device)
    clock = PhoneClock(outbox.now, outbox.up, outbox.boot) if is_its_own else None
    found = take_boxes(
        services.opener, services.database, outbox.device, outbox.boxes, now, clock, by_a_colleague=by_a_colleague
    )
    with services.database.reading() as session:
        acked = sync.get_device_state(session, outbox.device).acked
        pressed_ms = _find_press(session, caller.number, now)
    taken = SealedTaken(
        acked=acked,
        opened=len(found.opened),
        kept=len(found.kept),
        status=status,
        pin_freed=pressed_ms,
    )
    return answer(request, msgspec.json.encode(taken))


def _find_press(session: Session, number: int, now: datetime) -> int:
    """When a lead last let the PIN be tried again (ms); 0 where the phone was open since, so that its block is over and the next
    is another. What is sent sealed says nothing of that."""
    pressed_at = devices.find_pin_freed(session, number, now - FREED_FOR)
    if pressed_at is None or to_ms(pressed_at) <= sync.find_seen_ms(session, number):
        return 0
    return to_ms(pressed_at)


def standing(session: Session, services: Services, caller: Caller, now: datetime) -> str:
    """How the phone stands: sync's word, or `agreement` for one that may be told nothing today, whose lease is not renewed."""
    status = sync.get_device_state(session, caller.number).status
    if status != DeviceStatus.OK:
        return str(status)
    try:
        admit_to_feed(session, services, caller.enrolment, now)
    except Refused as refused:
        return refused.code
    return str(status)


def may_hand_in(session: Session, caller: Caller, device: int) -> bool:
    """A phone whose key was lost may be the phone of a colleague now, and still carry what it sealed before. They hand it in for
    somebody else to look at; it counts for nothing by that."""
    former = devices.find_enrolment(session, device)
    if former is None or caller.enrolment.confirmed_at is None or caller.number < device:
        return False
    carriers = [workers.find_worker(session, each.worker_id) for each in (former, caller.enrolment)]
    one_agency = len({each.agency_id for each in carriers if each is not None}) == 1 and None not in carriers
    return one_agency and sync.get_device_state(session, caller.number).permissions.is_trusted


def may_speak_for(session: Session, caller: Caller, device: int) -> bool:
    """Is it the same phone, or the same worker's phone after it was enrolled anew? A withdrawn one speaks for itself alone."""
    if caller.number == device:
        return True
    former = devices.find_enrolment(session, device)
    if former is None or former.worker_id != caller.enrolment.worker_id or caller.number < device:
        return False
    return sync.get_device_state(session, caller.number).permissions.is_trusted
