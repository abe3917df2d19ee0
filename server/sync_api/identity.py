"""Which phone asks: its token, and its signature over this very request (privacy rules B12, C5).

A stolen token alone opens nothing: every request is signed by a key that never leaves the phone's keystore.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from litestar import Request
from sqlalchemy.orm import Session

from server.problems import PROOF_REFUSED, TOKEN_REFUSED, Failure
from server.queries.operation import devices
from server.queries.operation.devices import Enrolment, TokenRecord
from server.security.signatures import is_signed
from server.security.tokens import hash_token
from sync import proof as proofs
from sync.proof import ACCEPTED_AROUND_MS, HEADER, NOW_HEADER, Proof

BEARER = "bearer "


@dataclass(frozen=True, kw_only=True)
class SignedRequest:
    """What of a request is signed, and its signature. `token` is empty where there is none yet."""

    method: str
    target: str
    body: bytes
    token: str
    proof: Proof

    def is_signed_by(self, key: str) -> bool:
        """Did the holder of this key sign it?"""
        signed = proofs.message(self.method, self.target, self.body, self.proof.at_ms, self.proof.nonce, self.token)
        return is_signed(key, signed, self.proof.signature)


@dataclass(frozen=True, kw_only=True)
class Caller:
    """A phone whose token and signature are good. `fresh_token` is the hash of a token that was never used before."""

    enrolment: Enrolment
    proof: Proof
    fresh_token: str = ""

    @property
    def number(self) -> int:
        """Its number in sync."""
        return self.enrolment.number


def read_signed(request: Request[Any, Any, Any], body: bytes, now: datetime) -> SignedRequest:
    """The signed parts of a request.

    Raises Failure for a missing or untimely proof; the answer tells the server's time.
    """
    now_ms = to_ms(now)
    try:
        proof = proofs.read_header(request.headers.get(HEADER, ""))
    except ValueError as error:
        raise refuse_proof(now) from error
    if not proofs.is_timely(proof, now_ms):
        raise refuse_proof(now)
    query = request.scope["query_string"].decode()
    path = request.scope["path"]
    return SignedRequest(
        method=request.method,
        target=f"{path}?{query}" if query else path,
        body=body,
        token=read_token(request),
        proof=proof,
    )


def read_token(request: Request[Any, Any, Any]) -> str:
    """The bearer token, or nothing."""
    header = request.headers.get("authorization", "")
    return header[len(BEARER) :].strip() if header.lower().startswith(BEARER) else ""


def identify(session: Session, signed: SignedRequest, now: datetime) -> Caller:
    """The phone that holds this access token and signed this request. Raises Failure (401) otherwise.

    Give this a writing transaction: the request's nonce is used up in it.
    """
    (caller,) = recognise(session, [signed], now)
    if isinstance(caller, Failure):
        raise caller
    return _only_once(session, caller, now)


def recognise(session: Session, requests: Sequence[SignedRequest], now: datetime) -> list[Caller | Failure]:
    """The first half of it, which writes nothing, for several requests: each one's phone, or why it is none (401)."""
    hashes = [hash_token(each.token) for each in requests]
    found = devices.find_access(session, set(hashes))
    return [_judge(signed, found.get(hashed), now) for signed, hashed in zip(requests, hashes, strict=True)]


def _judge(signed: SignedRequest, found: tuple[TokenRecord, Enrolment] | None, now: datetime) -> Caller | Failure:
    if found is None:
        return Failure(TOKEN_REFUSED)
    token, enrolment = found
    if token.revoked_at is not None or now > token.access_expires_at:
        return Failure(TOKEN_REFUSED)
    if not signed.is_signed_by(enrolment.signing_key):
        return refuse_proof(now)
    fresh = token.access_hash if token.first_used_at is None else ""
    return Caller(enrolment=enrolment, proof=signed.proof, fresh_token=fresh)


def use_up(session: Session, callers: Sequence[Caller], now: datetime) -> set[int]:
    """The second half, for requests of different phones: a nonce is good once, and a token has reached its phone.

    Returns the phones (their numbers) whose request did not come before.
    """
    used = [(each.number, each.proof.nonce, each.proof.at_ms + ACCEPTED_AROUND_MS) for each in callers]
    new = devices.use_nonces(session, used)
    fresh_tokens = {each.fresh_token for each in callers if each.fresh_token and each.number in new}
    if fresh_tokens:
        devices.mark_used(session, fresh_tokens, now)
    return new


def identify_number(session: Session, signed: SignedRequest, number: int, now: datetime) -> Caller:
    """The phone with this number, if its key signed the request and the nonce is new. Raises Failure (401) otherwise.

    Give this a writing transaction: the nonce is used up in it.
    """
    enrolment = devices.find_enrolment(session, number)
    if enrolment is None or not signed.is_signed_by(enrolment.signing_key):
        raise refuse_proof(now)
    return _only_once(session, Caller(enrolment=enrolment, proof=signed.proof), now)


def _only_once(session: Session, caller: Caller, now: datetime) -> Caller:
    if caller.number not in use_up(session, [caller], now):
        raise refuse_proof(now)
    return caller


def refuse_proof(now: datetime) -> Failure:
    """The answer to a request that is not signed as it must be; it tells the server's time."""
    return Failure(PROOF_REFUSED, headers={NOW_HEADER: str(to_ms(now))})


def to_ms(moment: datetime) -> int:
    """Milliseconds since 1970, as sync counts them."""
    return int(moment.timestamp() * 1000)
