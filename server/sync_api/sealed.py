"""What a wiped phone still carries: changes sealed to this server, which the phone itself can no longer read (B5)."""

from hashlib import sha256
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.params import RawBody
from msgspec import Meta, Struct, structs
from sqlalchemy.orm import Session

from server.actions.sync.validation import validate
from server.http.openapi import problems
from server.http.services import Services
from server.problems import PROOF_REFUSED, UNREADABLE, Failure
from server.queries.operation import devices
from server.queries.sync import store as sync
from server.security.sealing import open_sealed
from server.security.tokens import decode
from server.sync_api.bodies import answer, open_body
from server.sync_api.identity import Caller, identify_number, read_signed, to_ms
from shared.policy import Act
from sync.reading import decode_batch
from sync.wire import LIMITS, PushRequest, Refused, encode

Box = Annotated[str, Meta(max_length=100_000)]


class SealedOutbox(Struct, frozen=True, kw_only=True):
    """Boxes (base64url) with the number of the change in each, in the order of their numbers.

    `signer` is the phone's new number where it lost the key of the one the boxes were made under (privacy rule B13).
    """

    device: int
    signer: int = 0
    now: int
    app: str = ""
    boxes: Annotated[list[tuple[int, Box]], Meta(max_length=LIMITS.changes_max)]


class SealedTaken(Struct, frozen=True, kw_only=True):
    """What became of them.

    `acked` as in a push; `kept` boxes wait for a supervisor. Either way the phone may forget them. `status` tells a
    locked phone, which has no token at hand, whether it was revoked or is to be wiped.
    """

    acked: int
    opened: int
    kept: int
    status: str = ""


_read = msgspec.json.Decoder(SealedOutbox).decode


@post("/sealed", opt={"action": Act.SYNC}, sync_to_thread=True, status_code=200, responses=problems(400, 401, 413, 429))
def take_sealed(request: Request[Any, Any, Any], body: RawBody, services: NamedDependency[Services]) -> Response[bytes]:
    """Take a phone's sealed outbox (JSON as `SealedOutbox`), signed by the phone; no token is asked of a wiped one."""
    now = services.clock()
    signed = read_signed(request, body, now)
    try:
        outbox = _read(open_body(request, body))
    except msgspec.MsgspecError as error:
        raise Failure(UNREADABLE) from error
    with services.database.writing() as session:
        caller = identify_number(session, signed, outbox.signer or outbox.device, now)
        if not _may_speak_for(session, caller, outbox.device):
            raise Failure(PROOF_REFUSED)
        status = str(sync.get_device_state(session, caller.number).status)
    taken = structs.replace(_take(services, outbox, to_ms(now)), status=status)
    return answer(request, msgspec.json.encode(taken))


def _may_speak_for(session: Session, caller: Caller, device: int) -> bool:
    """Is it the same phone, or the same worker's phone after it was enrolled anew? A withdrawn one speaks for itself alone."""
    if caller.number == device:
        return True
    former = devices.find_enrolment(session, device)
    if former is None or former.worker_id != caller.enrolment.worker_id or caller.number < device:
        return False
    return sync.get_device_state(session, caller.number).gate.is_trusted


def _take(services: Services, outbox: SealedOutbox, now_ms: int) -> SealedTaken:
    """Open the boxes and push what is in them; where a push is refused they are kept as they came."""
    try:
        events = [msgspec.Raw(open_sealed(decode(box), services.keys.sealing)) for _, box in outbox.boxes]
        request = PushRequest(device=outbox.device, now=outbox.now, app=outbox.app, events=events)
        batch = decode_batch(encode(request), validate=validate)
        with services.database.writing() as session:
            taken = sync.push(session, outbox.device, batch, now_ms, services.project)
    except (Refused, ValueError) as error:
        return _keep(services, outbox, str(error))
    return SealedTaken(acked=taken.acked, opened=len(events), kept=0)


def _keep(services: Services, outbox: SealedOutbox, why: str) -> SealedTaken:
    boxes = [(sha256(box.encode()).hexdigest(), box) for _, box in outbox.boxes]
    with services.database.writing() as session:
        kept = devices.keep_boxes(session, outbox.device, boxes, services.clock(), why[:200])
        acked = sync.get_device_state(session, outbox.device).acked
    return SealedTaken(acked=acked, opened=0, kept=kept)
