"""What was recorded on a locked phone, sealed: in the record once, however often it is sent."""

import binascii
import logging
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.params import RawBody
from msgspec import Meta, Struct

from server.access import Door
from server.actions.street.quick_entries import take_quick
from server.http.openapi import problems
from server.http.services import Services
from server.problems import PROOF_REFUSED, UNREADABLE, Failure, Forbidden, Invalid, NotFound
from server.queries.operation import devices
from server.queries.partnership import workers
from server.security.sealing import open_with_any
from server.security.tokens import decode
from server.sync_api.bodies import answer, open_body
from server.sync_api.identity import identify_number, read_signed
from server.sync_api.sealed import may_speak_for, standing
from shared.model.codes import DeviceStatus
from shared.model.quick_entry import QuickEntry, QuickId
from shared.model.value import NO_JSON, Id
from shared.policy import Act

log = logging.getLogger(__name__)

AT_ONCE = 50
QuickBox = Annotated[str, Meta(max_length=4_000)]


class QuickEntries(Struct, frozen=True, kw_only=True):
    """Boxes (base64url) by the id of the entry in each. `device` is the phone they were made on, `signer` its new number where
    it was enrolled anew since; `now` is its clock."""

    device: int
    signer: int = 0
    now: int
    entries: Annotated[list[tuple[QuickId, QuickBox]], Meta(max_length=AT_ONCE)]


class QuickTaken(Struct, frozen=True, kw_only=True):
    """The ids that are in the record: the phone may forget them. What is not taken, because the phone is withdrawn or its
    worker may record nothing today, or because no key opens it, it keeps and offers again."""

    taken: tuple[Id, ...]


read_entries = msgspec.json.Decoder(QuickEntries).decode


@post(
    "/quick",
    opt={"action": Act.SYNC},
    sync_to_thread=True,
    status_code=200,
    responses=problems(400, 401, 413, 429, 503),
)
def take_quick_entries(
    request: Request[Any, Any, Any], body: RawBody, services: NamedDependency[Services]
) -> Response[bytes]:
    """Take what was recorded on a phone's locked screen (JSON as `QuickEntries`), signed by the phone; it has no token then."""
    now = services.clock()
    signed = read_signed(request, body, now)
    try:
        told = read_entries(open_body(request, body))
        phone_now = datetime.fromtimestamp(told.now / 1000, UTC)
    except (*NO_JSON, OverflowError, OSError) as error:
        raise Failure(UNREADABLE) from error
    with services.database.writing() as session:
        caller = identify_number(session, signed, told.signer or told.device, now)
        if not may_speak_for(session, caller, told.device):
            raise Failure(PROOF_REFUSED)
        made_on = devices.find_enrolment(session, told.device) or caller.enrolment
        is_heard = standing(session, services, caller, now) == DeviceStatus.OK
        worker = workers.get_worker(session, caller.enrolment.worker_id)
        opened = _open(services.opener.keys(session), told) if is_heard else []
    zone = ZoneInfo(services.settings.timezone)
    door = Door(
        services.database, worker, now, services.new_id, device_number=caller.number, zone=zone, may_change=True
    )
    take = partial(_take, services, door, caller.enrolment.team_id, phone_now, made_on.enrolled_at)
    taken = [each.id for each in opened if take(each)]
    return answer(request, msgspec.json.encode(QuickTaken(taken=tuple(taken))))


def _take(
    services: Services, door: Door, team_id: Id, phone_now: datetime, enrolled_at: datetime, entry: QuickEntry
) -> bool:
    """Each in a transaction of its own: one that may not stand holds back no other."""
    try:
        with door.open() as access:
            take_quick(access, services.project, team_id, entry, phone_now, enrolled_at)
    except (Forbidden, NotFound, Invalid) as refused:
        log.warning("a quick entry waits on its phone: %s", type(refused).__name__)
        return False
    return True


def _open(keys: Any, told: QuickEntries) -> list[QuickEntry]:
    """Those that a key of this server opens, and that are what they say."""
    opened = []
    for entry_id, box in told.entries:
        try:
            entry = msgspec.json.decode(open_with_any(decode(box), keys), type=QuickEntry)
        except (ValueError, binascii.Error, *NO_JSON):
            continue
        if entry.id == entry_id:
            opened.append(entry)
    return opened
