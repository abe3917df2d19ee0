"""Sign-in sessions and credentials. Cookies and passwords never come here: only their hashes do."""

from collections.abc import Collection
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta

from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.orm import Session

from server.database.context import READERS, Kind, raised
from server.queries.partnership.workers import ACTING, Acting, read_acting
from server.tables.operation.session import sign_in_session, wall_pass
from server.tables.partnership.worker import credential, recovery_code, worker
from shared.model.value import Id, Value


class SignInSession(Value, frozen=True, kw_only=True):
    """A signed-in browser."""

    token_hash: str
    worker_id: Id
    created_at: datetime
    last_seen_at: datetime


class Credential(Value, frozen=True, kw_only=True):
    """What a worker's password and codes are checked against."""

    worker_id: Id
    password_hash: str
    totp_secret: str | None = None
    totp_confirmed_at: datetime | None = None
    totp_last_step: int | None = None


_SIGNED_IN = (
    ACTING.add_columns(sign_in_session.c.created_at.label("session_created_at"), sign_in_session.c.last_seen_at)
    .join(sign_in_session, sign_in_session.c.worker_id == worker.c.id)
    .where(sign_in_session.c.token_hash == bindparam("token_hash"))
)


def _beyond_the_actor(session: Session) -> AbstractContextManager[None]:
    """On PostgreSQL a transaction sees its own actor's sessions and credentials alone. Whoever looks beyond has asked policy."""
    return raised(session, Kind.SIGN_IN, above=READERS | {Kind.POLICY})


def add_session(session: Session, new: SignInSession) -> None:
    """Store a session."""
    session.execute(
        insert(sign_in_session),
        [
            {
                "token_hash": new.token_hash,
                "worker_id": new.worker_id,
                "csrf_token": "",
                "created_at": new.created_at,
                "last_seen_at": new.last_seen_at,
            }
        ],
    )


def find_session(session: Session, token_hash: str) -> SignInSession | None:
    """The session with this hash, whether or not it is still good."""
    columns = [sign_in_session.c[name] for name in SignInSession.__struct_fields__]
    row = session.execute(select(*columns).where(sign_in_session.c.token_hash == token_hash)).mappings().first()
    return None if row is None else SignInSession(**row)


def find_signed_in(session: Session, token_hash: str, today: date) -> tuple[SignInSession, Acting] | None:
    """The session with this hash and who holds it, as policy knows them today; whether or not either is still good."""
    rows = session.execute(_SIGNED_IN, {"token_hash": token_hash}).all()
    if not rows:
        return None
    row = rows[0]
    times = SignInSession(
        token_hash=token_hash, worker_id=row.id, created_at=row.session_created_at, last_seen_at=row.last_seen_at
    )
    return times, read_acting(rows, today)


def touch_session(session: Session, token_hash: str, now: datetime) -> None:
    """Note that a session was used."""
    session.execute(update(sign_in_session).where(sign_in_session.c.token_hash == token_hash).values(last_seen_at=now))


def end_session(session: Session, token_hash: str) -> None:
    """Forget one session."""
    session.execute(delete(sign_in_session).where(sign_in_session.c.token_hash == token_hash))


def end_sessions_of(session: Session, worker_id: Id) -> None:
    """Forget every session of a worker, also another's than the actor, and every page they put on a wall."""
    with _beyond_the_actor(session):
        for signed_in in (sign_in_session, wall_pass):
            session.execute(delete(signed_in).where(signed_in.c.worker_id == worker_id))


def end_every_session(session: Session) -> None:
    """Forget everybody's, and every page on a wall."""
    with _beyond_the_actor(session):
        for signed_in in (sign_in_session, wall_pass):
            session.execute(delete(signed_in))


def delete_credential(session: Session, worker_id: Id) -> None:
    """What a worker proves themselves by is good no more: no password is, no authenticator, no recovery code."""
    for proof in (recovery_code, credential):
        session.execute(delete(proof).where(proof.c.worker_id == worker_id))


def end_stale_sessions(session: Session, now: datetime, idle: timedelta, absolute: timedelta) -> None:
    """Forget sessions that nobody may use any more."""
    session.execute(
        delete(sign_in_session).where(
            (sign_in_session.c.last_seen_at < now - idle) | (sign_in_session.c.created_at < now - absolute)
        )
    )


def find_credential(session: Session, worker_id: Id, *, to_change: bool = False) -> Credential | None:
    """What this worker proves themselves with; `to_change`, held until the transaction ends."""
    query = select(*(credential.c[name] for name in Credential.__struct_fields__)).where(
        credential.c.worker_id == worker_id
    )
    row = session.execute(query.with_for_update() if to_change else query).mappings().first()
    return None if row is None else Credential(**row)


def has_second_factor(session: Session, worker_id: Id) -> bool:
    """Has this worker an authenticator? An administrator asks it of somebody else, and learns no more than that."""
    has_one = select(credential.c.worker_id).where(
        credential.c.worker_id == worker_id, credential.c.totp_confirmed_at.is_not(None)
    )
    with _beyond_the_actor(session):
        return session.scalar(has_one) is not None


def set_password_hash(session: Session, worker_id: Id, password_hash: str, now: datetime) -> None:
    """Give a worker a password, or another one."""
    values = {"password_hash": password_hash, "changed_at": now}
    changed = session.execute(update(credential).where(credential.c.worker_id == worker_id).values(**values))
    if changed.rowcount == 0:  # type: ignore[attr-defined]
        session.execute(insert(credential), [{"worker_id": worker_id, **values}])


def set_second_factor(session: Session, worker_id: Id, secret: str, now: datetime) -> None:
    """Give a worker an authenticator, or another one; codes of the old one stop working, and recovery codes of before: what
    was lost with the telephone opens nothing."""
    session.execute(delete(recovery_code).where(recovery_code.c.worker_id == worker_id))
    session.execute(
        update(credential)
        .where(credential.c.worker_id == worker_id)
        .values(totp_secret=secret, totp_confirmed_at=now, totp_last_step=None)
    )


def list_second_factors(session: Session) -> list[Credential]:
    """Whoever has an authenticator."""
    columns = [credential.c[name] for name in Credential.__struct_fields__]
    rows = session.execute(select(*columns).where(credential.c.totp_secret.is_not(None)))
    return [Credential(**row) for row in rows.mappings()]


def set_sealed_seed(session: Session, worker_id: Id, before: str, sealed: str) -> bool:
    """The same seed, sealed anew. False where it is another by now: that one stands."""
    same_seed = (credential.c.worker_id == worker_id) & (credential.c.totp_secret == before)
    changed = session.execute(update(credential).where(same_seed).values(totp_secret=sealed))
    return changed.rowcount == 1  # type: ignore[attr-defined, no-any-return]


def use_second_factor(session: Session, worker_id: Id, step: int) -> bool:
    """Use a code up: it and earlier ones work no more. False where somebody has used it, or a later one, meanwhile."""
    unused = credential.c.totp_last_step.is_(None) | (credential.c.totp_last_step < step)
    used = session.execute(
        update(credential).where(credential.c.worker_id == worker_id, unused).values(totp_last_step=step)
    )
    return used.rowcount == 1  # type: ignore[attr-defined, no-any-return]


def set_recovery_codes(session: Session, worker_id: Id, hashes: Collection[str]) -> None:
    """Give a worker codes for the day the second factor is lost; those of before work no more."""
    session.execute(delete(recovery_code).where(recovery_code.c.worker_id == worker_id))
    session.execute(insert(recovery_code), [{"code_hash": each, "worker_id": worker_id} for each in hashes])


def use_recovery_code(session: Session, worker_id: Id, code_hash: str, now: datetime) -> bool:
    """Use one up. False for a code that is none of theirs, or was used before."""
    unused = (recovery_code.c.worker_id == worker_id) & (recovery_code.c.code_hash == code_hash)
    unused &= recovery_code.c.used_at.is_(None)
    used = session.execute(update(recovery_code).where(unused).values(used_at=now))
    return used.rowcount == 1  # type: ignore[attr-defined, no-any-return]


def count_recovery_codes(session: Session, worker_id: Id) -> int:
    """How many of their codes were not used yet."""
    theirs = (recovery_code.c.worker_id == worker_id) & recovery_code.c.used_at.is_(None)
    return int(session.scalar(select(func.count()).select_from(recovery_code).where(theirs)) or 0)


def list_sessions_of(session: Session, worker_id: Id) -> list[SignInSession]:
    """A worker's sessions, the one that was used last first."""
    columns = [sign_in_session.c[name] for name in SignInSession.__struct_fields__]
    theirs = select(*columns).where(sign_in_session.c.worker_id == worker_id)
    rows = session.execute(theirs.order_by(sign_in_session.c.last_seen_at.desc())).mappings()
    return [SignInSession(**row) for row in rows]


def end_other_sessions(session: Session, worker_id: Id, kept_hash: str) -> int:
    """Forget every session of a worker but one; returns how many."""
    others = (sign_in_session.c.worker_id == worker_id) & (sign_in_session.c.token_hash != kept_hash)
    ended = session.execute(delete(sign_in_session).where(others))
    return int(ended.rowcount)  # type: ignore[attr-defined]
