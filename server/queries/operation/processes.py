"""The processes that serve: each says that it began, every half minute that it is there, and that it ended."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, delete, insert, select, update
from sqlalchemy.orm import Session

from server.tables.operation.process import server_process
from shared.model.value import Id, Value

SEEN_EVERY = timedelta(seconds=30)
DEAD_AFTER = timedelta(minutes=3)
"""Not heard for so long and not ended: it has died, or its machine has."""
KEPT_FOR = timedelta(days=7)
_unended = server_process.c.ended_at.is_(None)


class ServerProcess(Value, frozen=True, kw_only=True):
    """One process: its machine, and its number there."""

    id: Id
    host: str
    number: int
    started_at: datetime
    seen_at: datetime
    ended_at: datetime | None = None


def begin_process(session: Session, new: ServerProcess) -> None:
    """Say that one serves from now on. What ended or died long ago is forgotten."""
    session.execute(delete(server_process).where(server_process.c.seen_at < new.started_at - KEPT_FOR))
    session.execute(insert(server_process), [{name: getattr(new, name) for name in ServerProcess.__struct_fields__}])


def see_process(session: Session, process_id: Id, now: datetime) -> None:
    """It is there."""
    session.execute(update(server_process).where(server_process.c.id == process_id).values(seen_at=now))


def end_process(session: Session, process_id: Id, now: datetime) -> None:
    """It ended as it should."""
    session.execute(update(server_process).where(server_process.c.id == process_id).values(seen_at=now, ended_at=now))


def end_all(session: Session, now: datetime) -> None:
    """Whoever served does not serve this database: it was put back."""
    session.execute(update(server_process).where(_unended).values(ended_at=now))


def list_serving(session: Session, now: datetime) -> list[ServerProcess]:
    """Those that are there, the newest last."""
    return _list(session, select(server_process).where(_unended, server_process.c.seen_at > now - DEAD_AFTER))


def list_died(session: Session, since: datetime, now: datetime) -> list[ServerProcess]:
    """Those that ended without saying so, last seen from a moment on."""
    is_silent = server_process.c.seen_at.between(since, now - DEAD_AFTER)
    return _list(session, select(server_process).where(_unended, is_silent))


def _list(session: Session, query: Select[Any]) -> list[ServerProcess]:
    rows = session.execute(query.order_by(server_process.c.started_at, server_process.c.id)).mappings()
    return [ServerProcess(**row) for row in rows]
