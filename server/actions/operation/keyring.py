"""The keys of a server, wherever it runs: those in the database are every machine's, those in files are this machine's own.

A machine that comes new to a database takes the keys it finds there; one that brings a sealing key of its own adds it, so that
what was sealed to either is opened by both. In the database they are wrapped with LANTERN_SECRET where that is set.
"""

from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from msgspec.structs import replace
from sqlalchemy.orm import Session

from server.database.engine import Database
from server.database.locks import lock_records
from server.queries.operation import server_keys
from server.queries.operation.server_keys import SEALING, SECRET, StoredKey
from server.security import keys as files
from server.security.keys import Keys
from server.security.tokens import decode, encode
from server.settings import Settings

LOCK = "server-keys"


def join_keyring(database: Database, settings: Settings, now: datetime) -> Keys:
    """The keys of the database, this machine's own among them from now on. Raises ValueError where one cannot be read."""
    files.check_secret(settings)
    with database.reading() as session:
        stored = server_keys.list_keys(session)
    if not _is_whole(stored, settings):
        with database.writing() as session:
            lock_records(session, {LOCK})
            stored = _complete(session, settings, now)
    opened = {each.id: _open(each, settings) for each in stored}
    return _keys(stored, opened, settings)


def read_sealing_keys(session: Session, settings: Settings) -> tuple[X25519PrivateKey, ...]:
    """Every sealing key that the database holds, the current one first."""
    stored = sorted(server_keys.list_keys(session), key=lambda each: (each.current, each.made_at), reverse=True)
    return tuple(X25519PrivateKey.from_private_bytes(_open(each, settings)) for each in stored if each.kind == SEALING)


def rotate_sealing_key(database: Database, settings: Settings, now: datetime) -> str:
    """A new key for phones that enrol from now on; the earlier ones open what was sealed to them. Returns its public half."""
    with database.writing() as session:
        lock_records(session, {LOCK})
        count = sum(1 for each in server_keys.list_keys(session) if each.kind == SEALING)
        key = files.make_key(settings.data / "keys" / f"sealing-{now:%Y%m%d%H%M%S}-{count}")
        server_keys.add_keys(session, [_keep(SEALING, key, settings, now, current=True)])
    return join_keyring(database, settings, now).sealing_public


def _is_whole(stored: list[StoredKey], settings: Settings) -> bool:
    """Is everything in the database that should be, wrapped as it should be?"""
    known = {each.id for each in stored}
    own = {files.name_key(key) for key in files.list_sealing_files(_folder(settings))}
    kinds = {each.kind for each in stored if each.current}
    has_secret = bool(settings.secret) or SECRET in kinds
    return own <= known and SEALING in kinds and has_secret and all(_is_wrapped_well(each, settings) for each in stored)


def _is_wrapped_well(key: StoredKey, settings: Settings) -> bool:
    if not settings.secret:
        return not key.wrapped
    return key.wrapped and files.unwrap(key.held, settings.secret) is not None


def _complete(session: Session, settings: Settings, now: datetime) -> list[StoredKey]:
    stored = server_keys.list_keys(session)
    for each in stored:
        if not _is_wrapped_well(each, settings):
            server_keys.keep_otherwise(session, _wrap_again(each, settings))
    _add_sealing(session, stored, settings, now)
    if not settings.secret and not any(each.kind == SECRET for each in stored):
        secret = files.find_secret_file(_folder(settings)) or files.make_key(_folder(settings) / "secret")
        server_keys.add_keys(session, [_keep(SECRET, secret, settings, now, current=True)])
    return server_keys.list_keys(session)


def _add_sealing(session: Session, stored: list[StoredKey], settings: Settings, now: datetime) -> None:
    """This machine's own sealing keys, the newest of them current where the database has none."""
    known = {each.id for each in stored}
    has_current = any(each.kind == SEALING and each.current for each in stored)
    own = files.list_sealing_files(_folder(settings))
    if not own and not has_current:
        own = [files.make_key(_folder(settings) / "sealing")]
    fresh = [key for key in own if files.name_key(key) not in known]
    rows = [_keep(SEALING, key, settings, now) for key in fresh]
    if rows and not has_current:
        rows[-1] = replace(rows[-1], current=True)
    server_keys.add_keys(session, rows)


def _keep(kind: str, key: bytes, settings: Settings, now: datetime, *, current: bool = False) -> StoredKey:
    held = files.wrap(key, settings.secret) if settings.secret else encode(key)
    return StoredKey(
        id=files.name_key(key), kind=kind, made_at=now, held=held, wrapped=bool(settings.secret), current=current
    )


def _wrap_again(key: StoredKey, settings: Settings) -> StoredKey:
    opened = _open(key, settings)
    return replace(key, held=files.wrap(opened, settings.secret), wrapped=True) if settings.secret else key


def _open(key: StoredKey, settings: Settings) -> bytes:
    if not key.wrapped:
        return decode(key.held)
    for secret in (settings.secret, settings.secret_before):
        opened = files.unwrap(key.held, secret) if secret else None
        if opened is not None:
            return opened
    raise ValueError(
        "The server's keys in the database are wrapped with another LANTERN_SECRET. Set the one that was set before; to change "
        "it, set the new one as LANTERN_SECRET and the old one as LANTERN_SECRET_BEFORE, and start once."
    )


def _keys(stored: list[StoredKey], opened: dict[str, bytes], settings: Settings) -> Keys:
    sealing = [each for each in stored if each.kind == SEALING]
    current = next(each for each in sealing if each.current)
    earlier = [
        X25519PrivateKey.from_private_bytes(opened[each.id]) for each in reversed(sealing) if each is not current
    ]
    kept = [opened[each.id] for each in stored if each.kind == SECRET and each.current]
    before = [settings.secret_before.encode()] if settings.secret_before else []
    secret, *before = [settings.secret.encode(), *before, *kept] if settings.secret else [*kept, *before]
    return Keys(
        secret=secret,
        sealing=X25519PrivateKey.from_private_bytes(opened[current.id]),
        audit=files.make_audit_key(_folder(settings)),
        earlier=tuple(earlier),
        secrets_before=tuple(before),
    )


def _folder(settings: Settings) -> Path:
    return settings.data / "keys"
