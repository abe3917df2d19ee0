"""Phones as people know them: enrolment codes, whose phone it is, its tokens, and the nonces it has used.

How a phone is doing in sync (what is acknowledged, its scopes and status) is in `server.queries.sync.devices`.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

import msgspec
from sqlalchemy import case, delete, insert, select, update
from sqlalchemy.orm import Session

from server.database.sql import Sql, moment_of
from server.tables.operation.device import device_enrolment, device_token, enrolment_code, used_nonce
from shared.model.value import Id, Value

TRIES_MAX = 5


class EnrolmentCode(Value, frozen=True, kw_only=True):
    """A one-time code. Only its beginning, to find it by, and its hash are kept."""

    id: Id
    lookup: str
    code_hash: str
    worker_id: Id
    team_id: Id
    issued_by: Id | None = None
    issued_at: datetime
    expires_at: datetime
    tries: int = 0
    used_at: datetime | None = None
    device_number: int | None = None
    match_digits: str | None = None


class Enrolment(Value, frozen=True, kw_only=True):
    """Whose phone this is, and the key that signs its requests (base64url). `status` is sync's word for it."""

    number: int
    worker_id: Id
    team_id: Id
    label: str
    app_version: str
    signing_key: str
    enrolled_at: datetime
    confirmed_at: datetime | None = None
    last_seen_at: datetime | None = None
    status: str = "ok"


class TokenRecord(Value, frozen=True, kw_only=True):
    """One generation of a phone's tokens."""

    refresh_hash: str
    access_hash: str
    family_id: Id
    device_number: int
    generation: int
    issued_at: datetime
    access_expires_at: datetime
    family_expires_at: datetime
    first_used_at: datetime | None = None
    rotated_at: datetime | None = None
    revoked_at: datetime | None = None


# ------------------------------------------------------------------------------------------------------------- codes


def add_code(session: Session, code: EnrolmentCode) -> None:
    """Store a code."""
    session.execute(insert(enrolment_code), [msgspec.structs.asdict(code)])


def find_code(session: Session, lookup: str) -> EnrolmentCode | None:
    """The code that begins so."""
    columns = [enrolment_code.c[name] for name in EnrolmentCode.__struct_fields__]
    row = session.execute(select(*columns).where(enrolment_code.c.lookup == lookup)).mappings().first()
    return None if row is None else EnrolmentCode(**row)


def get_code(session: Session, code_id: Id) -> EnrolmentCode | None:
    """The code with this id: its page shows whether it was used, and the digits to compare."""
    columns = [enrolment_code.c[name] for name in EnrolmentCode.__struct_fields__]
    row = session.execute(select(*columns).where(enrolment_code.c.id == code_id)).mappings().first()
    return None if row is None else EnrolmentCode(**row)


def count_code_try(session: Session, code_id: Id) -> None:
    """One more wrong try, up to the five it has."""
    tries = enrolment_code.c.tries
    session.execute(
        update(enrolment_code)
        .where(enrolment_code.c.id == code_id)
        .values(tries=case((tries < TRIES_MAX, tries + 1), else_=tries))
    )


def end_codes_of(session: Session, worker_id: Id) -> None:
    """No code that was made for this worker, or by them, enrols a phone any more."""
    theirs = (enrolment_code.c.worker_id == worker_id) | (enrolment_code.c.issued_by == worker_id)
    session.execute(update(enrolment_code).where(theirs, enrolment_code.c.used_at.is_(None)).values(tries=TRIES_MAX))


def use_code(session: Session, code_id: Id, now: datetime, number: int, match_digits: str) -> bool:
    """Use a code up. False when somebody else was quicker."""
    used = session.execute(
        update(enrolment_code)
        .where(enrolment_code.c.id == code_id, enrolment_code.c.used_at.is_(None))
        .values(used_at=now, device_number=number, match_digits=match_digits)
    )
    return bool(used.rowcount)  # type: ignore[attr-defined]


# --------------------------------------------------------------------------------------------------------- enrolments

_ENROLMENT_FIELDS = [name for name in Enrolment.__struct_fields__ if name != "status"]
_ENROLMENT_COLUMNS = [device_enrolment.c[name] for name in _ENROLMENT_FIELDS]


def add_enrolment(session: Session, new: Enrolment) -> None:
    """Store whose phone it is."""
    row = msgspec.structs.asdict(new)
    del row["status"]
    session.execute(insert(device_enrolment), [row])


def find_enrolment(session: Session, number: int) -> Enrolment | None:
    """The phone with this number."""
    query = (
        f"select {', '.join(f'e.{name}' for name in _ENROLMENT_FIELDS)}, d.status "
        "from device_enrolment e join sync_device d on d.number = e.number where e.number = ?"
    )
    row = Sql(session).find(query, number)
    return None if row is None else _enrolment(row)


def _enrolment(row: Sequence[Any]) -> Enrolment:
    return Enrolment(**_with_moments(_ENROLMENT_FIELDS, row[:-1]), status=row[-1])


def _with_moments(fields: Sequence[str], row: Sequence[Any]) -> dict[str, Any]:
    """A row by its fields' names; those ending in `_at` are moments."""
    return {name: moment_of(value) if name.endswith("_at") else value for name, value in zip(fields, row, strict=True)}


def list_working_phones(session: Session, worker_id: Id) -> list[int]:
    """The numbers of the phones that a worker carries and nobody has withdrawn."""
    query = (
        "select e.number from device_enrolment e join sync_device d on d.number = e.number "
        "where e.worker_id = ? and d.status = 'ok' order by e.number"
    )
    return [number for (number,) in Sql(session).rows(query, worker_id)]


def has_phone(session: Session, worker_id: Id) -> bool:
    """Was a phone ever enrolled for them, whatever became of it?"""
    return bool(Sql(session).rows("select number from device_enrolment where worker_id = ? limit 1", worker_id))


def confirm_enrolment(session: Session, number: int, now: datetime) -> None:
    """Somebody compared the digits on both screens."""
    session.execute(update(device_enrolment).where(device_enrolment.c.number == number).values(confirmed_at=now))


def name_device(session: Session, number: int, label: str) -> None:
    """Keep what a phone is called."""
    session.execute(update(device_enrolment).where(device_enrolment.c.number == number).values(label=label))


def free_pin(session: Session, number: int, now: datetime) -> None:
    """A lead lets the PIN of a phone be tried again."""
    session.execute(update(device_enrolment).where(device_enrolment.c.number == number).values(pin_freed_at=now))


def find_pin_freed(session: Session, number: int, since: datetime) -> datetime | None:
    """When somebody last did so, since a moment."""
    freed = device_enrolment.c.pin_freed_at
    return session.scalar(select(freed).where(device_enrolment.c.number == number, freed >= since))


def renumber(session: Session, old: int, new: int) -> None:
    """A phone took a new number in sync: its enrolment and tokens follow it; the old number keeps its history."""
    found = find_enrolment(session, old)
    if found is not None:
        add_enrolment(session, msgspec.structs.replace(found, number=new))
        session.execute(update(device_token).where(device_token.c.device_number == old).values(device_number=new))


# ------------------------------------------------------------------------------------------------------------- tokens

_TOKEN_FIELDS = TokenRecord.__struct_fields__
_TOKEN_COLUMNS = [device_token.c[name] for name in _TOKEN_FIELDS]


def add_token(session: Session, new: TokenRecord) -> None:
    """Store one generation."""
    session.execute(insert(device_token), [msgspec.structs.asdict(new)])


def find_access(session: Session, access_hashes: Collection[str]) -> dict[str, tuple[TokenRecord, Enrolment]]:
    """The generations with these access tokens, by the token's hash, each with the phone that it was given to."""
    columns = [*(f"t.{name}" for name in _TOKEN_FIELDS), *(f"e.{name}" for name in _ENROLMENT_FIELDS), "d.status"]
    query = (
        f"select {', '.join(columns)} from device_token t join device_enrolment e on e.number = t.device_number "
        "join sync_device d on d.number = e.number where t.access_hash in ?*"
    )
    found = {}
    for row in Sql(session).rows(query, access_hashes):
        token = TokenRecord(**_with_moments(_TOKEN_FIELDS, row[: len(_TOKEN_FIELDS)]))
        found[token.access_hash] = token, _enrolment(row[len(_TOKEN_FIELDS) :])
    return found


def find_refresh(session: Session, refresh_hash: str, *, lock: bool = False) -> TokenRecord | None:
    """The generation with this refresh token; with `lock` it is held to the commit."""
    query = select(*_TOKEN_COLUMNS).where(device_token.c.refresh_hash == refresh_hash)
    row = session.execute(query.with_for_update() if lock else query).mappings().first()
    return None if row is None else TokenRecord(**row)


def find_generation(session: Session, family_id: Id, generation: int) -> TokenRecord | None:
    """A generation of a family."""
    condition = (device_token.c.family_id == family_id) & (device_token.c.generation == generation)
    row = session.execute(select(*_TOKEN_COLUMNS).where(condition)).mappings().first()
    return None if row is None else TokenRecord(**row)


def find_latest_token(session: Session, number: int) -> TokenRecord | None:
    """The newest generation that is known of a phone, held to the commit."""
    query = select(*_TOKEN_COLUMNS).where(device_token.c.device_number == number)
    query = query.order_by(device_token.c.generation.desc()).limit(1)  # not by time: a server's clock may be set back
    row = session.execute(query.with_for_update()).mappings().first()
    return None if row is None else TokenRecord(**row)


def mark_rotated(session: Session, refresh_hash: str, now: datetime) -> None:
    """This generation has a successor."""
    session.execute(update(device_token).where(device_token.c.refresh_hash == refresh_hash).values(rotated_at=now))


def mark_used(session: Session, access_hashes: Collection[str], now: datetime) -> None:
    """These generations have reached their phones: they were used for the first time."""
    session.execute(
        update(device_token)
        .where(device_token.c.access_hash.in_(access_hashes), device_token.c.first_used_at.is_(None))
        .values(first_used_at=now)
    )


def revoke_family(session: Session, family_id: Id, now: datetime) -> None:
    """None of a family's tokens work from now on."""
    session.execute(
        update(device_token)
        .where(device_token.c.family_id == family_id, device_token.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def forget_dead_tokens(session: Session, now: datetime) -> None:
    """Delete generations whose family has ended."""
    session.execute(delete(device_token).where(device_token.c.family_expires_at < now))


# ------------------------------------------------------------------------------------------------------------- nonces


def use_nonces(session: Session, used: Sequence[tuple[int, str, int]]) -> set[int]:
    """Use nonces up: (phone, nonce, when it may be forgotten), one of each phone. Returns the phones whose nonce is new; the
    request of any other is a replay."""
    rows = ", ".join(["(?, ?, ?)"] * len(used))
    statement = (
        f"insert into used_nonce (device_number, nonce, expires_ms) values {rows} "
        "on conflict (device_number, nonce) do nothing returning device_number"
    )
    return {number for (number,) in Sql(session).rows(statement, *chain.from_iterable(used))}


def forget_old_nonces(session: Session, now_ms: int) -> None:
    """Delete nonces whose proofs would be refused for their time anyway."""
    session.execute(delete(used_nonce).where(used_nonce.c.expires_ms < now_ms))
