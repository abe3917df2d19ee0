"""Attachments on their way up: bytes by hash, piece by piece, so that a lost connection costs one piece."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, Parameter, RawBody

from server.http.openapi import problems
from server.http.services import Services
from server.problems import CONFLICTING, TOO_LARGE, Failure
from server.queries.sync import store as sync
from server.sync_api.bodies import answer
from server.sync_api.identity import identify, read_signed
from shared.policy import Act
from sync.blobs import BlobRefused, BlobTaken
from sync.wire import Refused

Sha256 = Annotated[str, Parameter(pattern="^[0-9a-f]{64}$")]


@put(
    "/{sha256:str}",
    opt={"action": Act.SYNC},
    sync_to_thread=True,
    responses=problems(400, 401, 403, 409, 413, 429, 503),
)
def take_piece(
    request: Request[Any, Any, Any],
    sha256: FromPath[Sha256],
    size: FromQuery[Annotated[int, Parameter(ge=1)]],
    body: RawBody,
    services: NamedDependency[Services],
    offset: FromQuery[Annotated[int, Parameter(ge=0)]] = 0,
) -> Response[bytes]:
    """Take the bytes from `offset` on of an announced attachment of `size` bytes. An empty body asks how many are here already.

    A repeated piece changes nothing. When the whole is not what its name promises, all of it is forgotten. When it is, it is
    judged and filed, or refused for good: `is_over` says so, and a phone keeps it no longer.
    """
    now = services.clock()
    signed = read_signed(request, body, now)
    if size > services.settings.blob_bytes:
        raise Failure(TOO_LARGE)
    try:
        with services.database.writing() as session:
            caller = identify(session, signed, now)
            permissions = sync.get_device_state(session, caller.number).permissions
            if not permissions.may_push:
                raise Refused(permissions.refusal)
            worker_id = caller.enrolment.worker_id
            done = services.filing.take_piece(session, caller.number, worker_id, sha256, size, offset, body, now)
    except BlobRefused as refused:
        raise Failure(CONFLICTING, str(refused)) from refused
    if done.received == size and not done.is_over:
        done = services.filing.file_whole(worker_id, sha256, now)
    taken = BlobTaken(received=done.received, is_whole=done.received == size, is_over=done.is_over, reason=done.reason)
    return answer(request, msgspec.json.encode(taken))
