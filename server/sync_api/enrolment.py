"""A phone's way in, and its tokens: enrolling with a one-time code, and renewing an access token."""

from datetime import timedelta
from typing import Any

import msgspec
from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.params import RawBody

from server.http.openapi import problems
from server.http.services import Services
from server.problems import PROOF_REFUSED, TOKEN_REFUSED, UNREADABLE, Failure, TooManyTries
from server.queries.operation import devices, rate_limits
from server.queries.operation.rate_limits import Limit
from server.queries.sync import store as sync
from server.security.tokens import hash_token
from server.sync_api.bodies import answer, open_body
from server.sync_api.identity import identify_number, read_signed, to_ms
from shared.model.device import EnrolmentRequest, Renewal
from shared.model.value import NO_JSON
from shared.policy import Act
from sync.wire import Refused

ENROLMENT_TRIES = Limit(purpose="enrol", tries=10, window=timedelta(hours=1))

_read_request = msgspec.json.Decoder(EnrolmentRequest).decode
_read_renewal = msgspec.json.Decoder(Renewal).decode


@post(
    "/enrol",
    opt={"action": Act.SYNC},
    sync_to_thread=True,
    status_code=201,
    responses=problems(400, 401, 403, 410, 413, 429),
)
def enrol(request: Request[Any, Any, Any], body: RawBody, services: NamedDependency[Services]) -> Response[bytes]:
    """Enrol a phone with its one-time code (JSON as `EnrolmentRequest`, signed with the key that it names)."""
    now = services.clock()
    subject = hash_token(request.client.host if request.client else "")
    with services.database.writing() as session:
        wait_ms = rate_limits.count_try(session, ENROLMENT_TRIES, subject, to_ms(now))
    if wait_ms:
        raise TooManyTries(-(-wait_ms // 1000))
    signed = read_signed(request, body, now)
    try:
        wanted = _read_request(open_body(request, body))
    except NO_JSON as error:
        raise Failure(UNREADABLE) from error
    if not signed.is_signed_by(wanted.signing_key):
        raise Failure(PROOF_REFUSED)
    enrolled = services.enroller.enrol(wanted, now, services.new_id)
    with services.database.writing() as session:
        rate_limits.forget_tries(session, ENROLMENT_TRIES.purpose, subject)
    return answer(request, msgspec.json.encode(enrolled), status=201)


@post("/token", opt={"action": Act.SYNC}, sync_to_thread=True, status_code=200, responses=problems(401, 403, 429))
def renew_token(request: Request[Any, Any, Any], body: RawBody, services: NamedDependency[Services]) -> Response[bytes]:
    """New tokens for the refresh token in the Authorization header, signed by the same phone.

    Losing the answer is harmless: the same refresh token gets the same successor. The body (JSON as `Renewal`, or empty) says
    which phone asks, for a server that was put back to before the token was issued.
    """
    now = services.clock()
    signed = read_signed(request, body, now)
    with services.database.writing() as session:
        found = devices.find_refresh(session, hash_token(signed.token))
        number = found.device_number if found is not None else _number_told(open_body(request, body))
        identify_number(session, signed, number, now)
        permissions = sync.get_device_state(session, number).permissions
        if not permissions.is_trusted:
            raise Refused(permissions.refusal, after_push=permissions.may_push)
        if found is not None:
            tokens = services.issuer.rotate(session, signed.token, now, services.new_id())
        else:
            tokens = services.issuer.resume(session, number, signed.token, now)
        devices.forget_old_nonces(session, to_ms(now))
        devices.forget_dead_tokens(session, now)
    if tokens is None:
        raise Failure(TOKEN_REFUSED)
    return answer(request, msgspec.json.encode(tokens))


def _number_told(body: bytes) -> int:
    """Raises Failure (401) where no phone is named: the token alone says nothing here."""
    try:
        return _read_renewal(body).device
    except NO_JSON as error:
        raise Failure(TOKEN_REFUSED) from error
