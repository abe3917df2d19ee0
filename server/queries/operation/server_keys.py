"""The server's own keys as rows: found by every machine that serves this database. What is in them is not known here."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from server.tables.operation.device import server_key
from shared.model.value import Value

SEALING, SECRET = "sealing", "secret"


class StoredKey(Value, frozen=True, kw_only=True):
    """A key as it is kept: base64url, `wrapped` with the operator's own secret or not. `id` is a digest of the key."""

    id: str
    kind: str
    made_at: datetime
    held: str
    wrapped: bool = False
    current: bool = False


def list_keys(session: Session) -> list[StoredKey]:
    """Every key, the newest last."""
    rows = session.execute(select(server_key).order_by(server_key.c.made_at, server_key.c.id)).mappings()
    return [StoredKey(**row) for row in rows]


def add_keys(session: Session, keys: Sequence[StoredKey]) -> None:
    """Keep keys; one that is current takes the place of the one that was."""
    for each in keys:
        if each.current:
            session.execute(update(server_key).where(server_key.c.kind == each.kind).values(current=False))
        session.execute(insert(server_key), [msgspec.structs.asdict(each)])


def keep_otherwise(session: Session, key: StoredKey) -> None:
    """Keep the same key, wrapped otherwise."""
    session.execute(update(server_key).where(server_key.c.id == key.id).values(held=key.held, wrapped=key.wrapped))
