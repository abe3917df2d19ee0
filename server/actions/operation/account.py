"""What somebody does with their own way in: another password, codes for the day the second factor is lost, sessions to end."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from server.access import Access
from server.actions.operation.orders import order_proof_replaced
from server.actions.operation.signin import SignIn
from server.database.context import raised
from server.problems import Invalid, TooManyTries
from server.queries.operation import audit, rate_limits, sessions
from server.queries.operation.audit import AuditLine
from server.queries.operation.rate_limits import Limit
from server.queries.operation.sessions import Credential, SignInSession
from server.queries.partnership import workers
from server.queries.street.duress_signs import DuressSign, find_signs, set_sign
from server.security.passwords import why_unusable
from server.security.tokens import hash_token
from shared.model.value import Id, Value
from shared.model.worker import Worker
from shared.policy import Act, Subject, SubjectKind
from shared.rules.check_ins import PROMISES

CODES = 8
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
CODE_LETTERS = 16
"""Of 31 letters that nobody mistakes: 79 bits, so that one SHA-256 is enough."""
MARK_LETTERS = 12
"""How much of a session's hash names it on a page: the hash opens nothing, and two of a worker's never begin alike."""
TRIES = Limit(purpose="own-password", tries=5, window=timedelta(hours=1))
JUST_SIGNED_IN = timedelta(minutes=10)
"""Whoever has no password here proves themselves anew by their organisation's account, and not longer ago than this."""
WRONG = "This is not your password now."
SIGN_IN_AGAIN = (
    "First sign in again with your organisation's account, by the link on this page. That counts for ten minutes."
)


class OwnSession(Value, frozen=True, kw_only=True):
    """One of somebody's own sessions as a page names it."""

    mark: str
    created_at: datetime
    last_seen_at: datetime
    is_this: bool


def list_own_sessions(access: Access, token: str) -> list[OwnSession]:
    """Where the actor is signed in; `token` is the session that asks."""
    here = hash_token(token)
    found = sessions.list_sessions_of(access.session, access.actor.worker_id)
    return [_own(each, here) for each in found]


def _own(found: SignInSession, here: str) -> OwnSession:
    return OwnSession(
        mark=found.token_hash[:MARK_LETTERS], created_at=found.created_at, last_seen_at=found.last_seen_at,
        is_this=found.token_hash == here,
    )  # fmt: skip


def end_sessions_of(access: Access, worker_id: Id) -> None:
    """End every session of a worker, as an administrator."""
    subject = Subject(kind=SubjectKind.WORKER, id=worker_id) if workers.find_worker(access.session, worker_id) else None
    access.require(Act.MANAGE_WORKERS, subject, purpose="end sessions")
    sessions.end_sessions_of(access.session, worker_id)


@dataclass(frozen=True, kw_only=True)
class Proof:
    """The password that somebody signed in typed once more, for what they are about to do (an action of the audit), in which
    session, and from which address."""

    password: str
    token: str
    address: str

    def line(self, worker: Worker, action: str, now: datetime, new_id: Id, reason: str = "") -> AuditLine:
        """The audit line of an act with what is one's own. `reason` says why it was refused."""
        return AuditLine(
            id=new_id, at=now, actor_id=worker.id, agency_id=worker.agency_id, action=action, subject_kind="worker",
            subject_id=worker.id, allowed=not reason, reason=reason, address=self.address[:64],
        )  # fmt: skip


def ask_again(
    signin: SignIn, worker: Worker, proof: Proof, action: str, now: datetime, new_id: Callable[[], Id]
) -> Credential:
    """Whoever sits at this browser is its worker: they know the password. Raises Invalid, or TooManyTries.

    In transactions of its own: a refused try is counted and on record, and nobody waits while a hash is made.
    """
    with signin.database.writing() as session:
        wait_ms = rate_limits.count_try(session, TRIES, hash_token(worker.id), int(now.timestamp() * 1000))
        kept = sessions.find_credential(session, worker.id)
        if wait_ms:
            audit.add_lines(session, [proof.line(worker, action, now, new_id(), "too many tries")])
    if wait_ms:
        raise TooManyTries(-(-wait_ms // 1000))
    if kept is None or not signin.passwords.matches(kept.password_hash, proof.password):
        with signin.database.writing() as session:
            audit.add_lines(session, [proof.line(worker, action, now, new_id(), "wrong password")])
        raise Invalid(WRONG)
    return kept


def change_own_password(
    signin: SignIn, worker: Worker, proof: Proof, new: str, now: datetime, new_id: Callable[[], Id]
) -> None:
    """Another password in the place of the old one; every other session ends. Raises Invalid, or TooManyTries."""
    kept = ask_again(signin, worker, proof, "change_password", now, new_id)
    has_second_factor = kept.totp_confirmed_at is not None
    fault = why_unusable(new, has_second_factor=has_second_factor, known_words=(worker.name,))
    if fault is not None:
        raise Invalid(fault)
    fresh = signin.passwords.hash(new)
    with signin.database.writing() as session:
        _still_theirs(session, kept)
        sessions.set_password_hash(session, worker.id, fresh, now)
        order_proof_replaced(session, worker.id, now)
        sessions.end_other_sessions(session, worker.id, hash_token(proof.token))
        rate_limits.forget_tries(session, TRIES.purpose, hash_token(worker.id))
        audit.add_lines(session, [proof.line(worker, "change_password", now, new_id())])


def _still_theirs(session: Session, checked: Credential) -> None:
    """Raises Invalid where the password became another one while it was checked: what was typed is no proof any more."""
    kept = sessions.find_credential(session, checked.worker_id, to_change=True)
    if kept is None or kept.password_hash != checked.password_hash:
        raise Invalid(WRONG)


def end_own_session(
    signin: SignIn, worker: Worker, proof: Proof, mark: str, now: datetime, new_id: Callable[[], Id]
) -> None:
    """End one of the worker's own sessions. Ending one that is over is fine. Raises Invalid, or TooManyTries."""
    _prove(signin, worker, proof, "end_session", now, new_id)
    with signin.database.writing() as session:
        rate_limits.forget_tries(session, TRIES.purpose, hash_token(worker.id))
        for each in sessions.list_sessions_of(session, worker.id):
            if each.token_hash[:MARK_LETTERS] == mark:
                sessions.end_session(session, each.token_hash)
                audit.add_lines(session, [proof.line(worker, "end_session", now, new_id())])


def _prove(signin: SignIn, worker: Worker, proof: Proof, action: str, now: datetime, new_id: Callable[[], Id]) -> None:
    """Whoever sits at this browser is its worker: they know the password, or have just proved themselves anew by their
    organisation's account, which is open in a browser all day. Raises Invalid, or TooManyTries."""
    lately = now - JUST_SIGNED_IN
    with signin.database.reading() as session:
        kept = sessions.find_credential(session, worker.id)
        here = sessions.find_session(session, hash_token(proof.token))
        has_proven = here is not None and here.created_at >= lately and audit.has_proven(session, worker.id, lately)
    if kept is not None:
        ask_again(signin, worker, proof, action, now, new_id)
    elif not has_proven:
        signin.note(proof.line(worker, action, now, new_id(), "signed in too long ago"))
        raise Invalid(SIGN_IN_AGAIN)


def choose_sign(
    signin: SignIn, worker: Worker, proof: Proof, minutes: int, now: datetime, new_id: Callable[[], Id]
) -> None:
    """From now on a check-in that promises so many minutes says that somebody makes the worker say so. Whoever sits at their
    browser cannot take it away. Raises Invalid, or TooManyTries."""
    if minutes not in PROMISES:
        raise Invalid("Choose one of them.")
    _prove(signin, worker, proof, "choose_sign", now, new_id)
    with signin.database.writing() as session:
        rate_limits.forget_tries(session, TRIES.purpose, hash_token(worker.id))
        with raised(session):
            set_sign(session, DuressSign(worker_id=worker.id, minutes=minutes, chosen_at=now))
        audit.add_lines(session, [proof.line(worker, "choose_sign", now, new_id())])


def has_sign(access: Access) -> bool:
    """Whether the actor chose one; which, nobody reads."""
    return bool(find_signs(access.session, [access.actor.worker_id]))


def has_password(access: Access) -> bool:
    """Or does the actor sign in with their organisation's account alone?"""
    return sessions.find_credential(access.session, access.actor.worker_id) is not None


def count_recovery_codes(access: Access) -> int:
    """How many of the actor's codes were not used yet."""
    return sessions.count_recovery_codes(access.session, access.actor.worker_id)


def make_recovery_codes(
    signin: SignIn, worker: Worker, proof: Proof, now: datetime, new_id: Callable[[], Id]
) -> list[str]:
    """Fresh codes, to be shown once; the ones of before work no more. They stand for the second factor: a browser that was left
    open is not enough. Raises Invalid without a second factor or with another password, or TooManyTries."""
    kept = ask_again(signin, worker, proof, "make_recovery_codes", now, new_id)
    if kept.totp_confirmed_at is None:
        raise Invalid("Ask your administrator to set up your authenticator app first.")
    codes = ["".join(secrets.choice(LETTERS) for _ in range(CODE_LETTERS)) for _ in range(CODES)]
    with signin.database.writing() as session:
        _still_theirs(session, kept)
        sessions.set_recovery_codes(session, worker.id, [hash_token(code) for code in codes])
        rate_limits.forget_tries(session, TRIES.purpose, hash_token(worker.id))
        audit.add_lines(session, [proof.line(worker, "make_recovery_codes", now, new_id())])
    return ["-".join(code[start : start + 4] for start in range(0, CODE_LETTERS, 4)) for code in codes]
