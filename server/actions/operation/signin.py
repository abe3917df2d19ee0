"""Signing in and out with a password and, where it is set up, a second factor.

The session id is made new at every sign-in, whatever the browser sent; tries are counted per address and account
together, so that nobody can lock another out; and per address, where only what failed counts: a building has one.
Cookies and pages are not here.
"""

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from server.actions.operation.orders import order_proof_replaced, order_recovery_code_used
from server.database.engine import Database
from server.database.locks import lock_records
from server.problems import SECOND_FACTOR_NEEDED, WRONG_PASSWORD, Failure, Invalid, TooManyTries
from server.queries.operation import audit, rate_limits, sessions
from server.queries.operation.audit import AuditLine
from server.queries.operation.rate_limits import Limit
from server.queries.operation.sessions import Credential, SignInSession
from server.queries.partnership import workers
from server.queries.partnership.workers import Acting
from server.security import totp
from server.security.passwords import Passwords, why_unusable
from server.security.seeds import DamagedSeed, Seeds
from server.security.tokens import hash_token, new_token
from server.settings import Settings
from shared.model.value import Id
from shared.model.worker import Worker

QUARTER_HOUR = timedelta(minutes=15)
TRIES_PER_ACCOUNT_AND_ADDRESS = Limit(purpose="sign-in", tries=5, window=QUARTER_HOUR)
OF_ANOTHER_SERVER = "Your authenticator app was set up on another server. Ask your administrator to invite you again."
TRIES_PER_ADDRESS = Limit(purpose="sign-in-address", tries=30, window=QUARTER_HOUR)
SIGN_IN = "sign_in"
TOUCH_AFTER = timedelta(seconds=30)
"""A session's last use is written at most this often: a page of twenty requests is one use."""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """What somebody typed, and from which address. `old_token` is the session that this one takes the place of."""

    email: str
    password: str
    code: str = ""
    address: str = ""
    old_token: str = ""


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """A fresh session. `token` goes into the cookie and is kept nowhere else."""

    token: str
    worker: Worker


@dataclass(frozen=True)
class SignIn:
    """Signs people in and out of one server."""

    database: Database
    passwords: Passwords
    settings: Settings
    seeds: Seeds

    def sign_in(self, attempt: Attempt, now: datetime, new_id: Callable[[], Id]) -> SignedIn:
        """Open a session. Raises Failure (WRONG_PASSWORD, SECOND_FACTOR_NEEDED) or TooManyTries; each try is on record."""
        with self.database.reading() as session:
            worker = workers.find_worker_by_email(session, attempt.email)
            kept = sessions.find_credential(session, worker.id) if worker is not None and worker.active else None
        told = Told(worker, attempt.address, now, new_id)
        pair = self._count(attempt, told)
        is_right = self.passwords.matches(kept.password_hash if kept else None, attempt.password)
        if worker is None or kept is None or not is_right:
            self.note(told.line(SIGN_IN, "wrong password or address"))
            raise Failure(WRONG_PASSWORD)
        with self.database.writing() as session:
            kept = self._hold(session, worker, kept, attempt.password)
            refused = self._why_no_second_factor(session, kept, attempt.code, now) if kept else Failure(WRONG_PASSWORD)
            if kept is not None and refused is None:
                self._renew_hash(session, kept, attempt.password, now)
                rate_limits.forget_tries(session, TRIES_PER_ACCOUNT_AND_ADDRESS.purpose, pair)
                rate_limits.forgive_try(session, TRIES_PER_ADDRESS.purpose, hash_token(attempt.address))
                audit.add_lines(session, [told.line(SIGN_IN)])
                return SignedIn(token=self.start(session, worker, attempt.old_token, now), worker=worker)
            refused = refused or Failure(WRONG_PASSWORD)
            audit.add_lines(session, [told.line(SIGN_IN, refused.detail)])
        raise refused

    def hold_worker(self, session: Session, worker_id: Id) -> Worker | None:
        """The worker, unless they were let go meanwhile: whoever lets them go from here on finds this session, and ends it."""
        lock_records(session, [worker_id])
        found = workers.find_worker(session, worker_id)
        return found if found is not None and found.active else None

    def _hold(self, session: Session, worker: Worker, checked: Credential, password: str) -> Credential | None:
        """The credential as it stands now that nobody else changes it; None where the password was another one, or its worker let
        go, while it was checked: whoever ended their sessions has ended this one too."""
        found = self.hold_worker(session, worker.id)
        kept = sessions.find_credential(session, worker.id, to_change=True) if found is not None else None
        if kept is None:
            return None
        is_same = kept.password_hash == checked.password_hash
        return kept if is_same or self.passwords.matches(kept.password_hash, password) else None

    def sign_out(self, token: str, address: str, now: datetime, new_id: Callable[[], Id]) -> None:
        """End the session. Signing out twice is fine."""
        with self.database.writing() as session:
            found = sessions.find_session(session, hash_token(token))
            if found is None:
                return
            worker = workers.find_worker(session, found.worker_id)
            audit.add_lines(session, [Told(worker, address, now, new_id).line("sign_out")])
            sessions.end_session(session, hash_token(token))

    def find_acting(self, token: str, now: datetime, today: date, *, is_use: bool = True) -> Acting | None:
        """Who holds this session, if it is still good: not idle too long, not too old, the worker still active. Only what
        somebody did, `is_use`, keeps it from being idle."""
        with self.database.glancing() as session:
            signed_in = sessions.find_signed_in(session, hash_token(token), today)
        if signed_in is None:
            return None
        found, acting = signed_in
        if not self._is_good(found, now) or not acting[0].active:
            return None
        if is_use and now - found.last_seen_at > TOUCH_AFTER:
            with self.database.writing() as session:
                sessions.touch_session(session, found.token_hash, now)
        return acting

    def find_seconds_left(self, token: str, now: datetime) -> int:
        """How long this session is still good if nobody does anything; 0 for one that is over."""
        with self.database.glancing() as session:
            found = sessions.find_session(session, hash_token(token))
        if found is None:
            return 0
        idle_at = found.last_seen_at + self.settings.session_idle
        ends_at = min(idle_at, found.created_at + self.settings.session_absolute)
        return max(0, int((ends_at - now).total_seconds()))

    def _is_good(self, found: SignInSession, now: datetime) -> bool:
        is_fresh = now - found.last_seen_at <= self.settings.session_idle
        return is_fresh and now - found.created_at <= self.settings.session_absolute

    def _count(self, attempt: Attempt, told: "Told") -> str:
        """Count the try in a transaction of its own; returns the key of account and address together."""
        now_ms = int(told.now.timestamp() * 1000)
        pair = hash_token(f"{attempt.email.strip().lower()} {attempt.address}")
        with self.database.writing() as session:
            wait_ms = max(
                rate_limits.count_try(session, TRIES_PER_ACCOUNT_AND_ADDRESS, pair, now_ms),
                rate_limits.count_try(session, TRIES_PER_ADDRESS, hash_token(attempt.address), now_ms),
            )
            if wait_ms:
                audit.add_lines(session, [told.line(SIGN_IN, "too many tries")])
        if wait_ms:
            raise TooManyTries(-(-wait_ms // 1000))
        return pair

    def _why_no_second_factor(self, session: Session, kept: Credential, code: str, now: datetime) -> Failure | None:
        """Use the code up, or say why it does not do. Of two who bring the same code at once one is let in."""
        if kept.totp_secret is None or kept.totp_confirmed_at is None:
            if self.settings.second_factor:
                return Failure(SECOND_FACTOR_NEEDED, "Ask your administrator to set up your authenticator app first.")
            return None
        code_hash = hash_token(read_recovery_code(code))
        if sessions.use_recovery_code(session, kept.worker_id, code_hash, now):
            order_recovery_code_used(session, kept.worker_id, code_hash, now)
            return None
        try:
            seed = self.seeds.open(kept.worker_id, kept.totp_secret)
        except DamagedSeed:
            return Failure(SECOND_FACTOR_NEEDED, OF_ANOTHER_SERVER)
        step = totp.find_step(seed, code, now.timestamp(), kept.totp_last_step)
        if step is None or not sessions.use_second_factor(session, kept.worker_id, step):
            return Failure(SECOND_FACTOR_NEEDED)
        return None

    def seal_seeds_anew(self) -> int:
        """Seal with the secret of today what an earlier one sealed; returns how many."""
        done = 0
        with self.database.writing() as session:
            for each in sessions.list_second_factors(session):
                kept = each.totp_secret or ""
                with suppress(DamagedSeed):
                    if not self.seeds.is_of_today(each.worker_id, kept):
                        sealed = self.seeds.seal(each.worker_id, self.seeds.open(each.worker_id, kept))
                        done += sessions.set_sealed_seed(session, each.worker_id, kept, sealed)
        return done

    def _renew_hash(self, session: Session, kept: Credential, password: str, now: datetime) -> None:
        if self.passwords.is_outdated(kept.password_hash):
            sessions.set_password_hash(session, kept.worker_id, self.passwords.hash(password), now)

    def start(self, session: Session, worker: Worker, old_token: str, now: datetime) -> str:
        """A new session under a new id; the one the browser came with is forgotten."""
        sessions.end_stale_sessions(session, now, self.settings.session_idle, self.settings.session_absolute)
        if old_token:
            sessions.end_session(session, hash_token(old_token))
        token = new_token()
        new = SignInSession(token_hash=hash_token(token), worker_id=worker.id, created_at=now, last_seen_at=now)
        sessions.add_session(session, new)
        return token

    def note(self, line: AuditLine) -> None:
        with self.database.writing() as session:
            audit.add_lines(session, [line])


def set_password(
    session: Session,
    passwords: Passwords,
    worker_id: Id,
    password: str,
    now: datetime,
    *,
    has_second_factor: bool = False,
    known_words: Collection[str] = (),
) -> None:
    """Give a worker a password and end their sessions. Raises Invalid with what to do for an unusable one."""
    fault = why_unusable(password, has_second_factor=has_second_factor, known_words=known_words)
    if fault is not None:
        raise Invalid(fault)
    sessions.set_password_hash(session, worker_id, passwords.hash(password), now)
    order_proof_replaced(session, worker_id, now)
    sessions.end_sessions_of(session, worker_id)


@dataclass(frozen=True)
class Told:
    """Who tries, from where, and when: what every line of a sign-in holds, and never what was typed."""

    worker: Worker | None
    address: str
    now: datetime
    new_id: Callable[[], Id]

    def line(self, action: str, refused: str = "") -> AuditLine:
        worker = self.worker
        return AuditLine(
            id=self.new_id(), at=self.now, actor_id=worker.id if worker else None,
            agency_id=worker.agency_id if worker else None, action=action, subject_kind="worker",
            subject_id=worker.id if worker else "", allowed=not refused, reason=refused[:200], address=self.address[:64],
        )  # fmt: skip


def read_recovery_code(typed: str) -> str:
    """A recovery code as it was made, however it was typed."""
    return "".join(filter(str.isalnum, typed.lower()))[:64]
