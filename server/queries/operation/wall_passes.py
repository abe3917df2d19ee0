"""Passes of screens that show who is out for a night. Only the hash of a pass is kept."""

from datetime import date, datetime

from sqlalchemy import bindparam, delete
from sqlalchemy.orm import Session

from server.database import bulk
from server.queries.partnership.workers import ACTING, Acting, read_acting
from server.tables.operation.session import wall_pass
from server.tables.partnership.worker import worker
from shared.model.value import Id


def add_pass(session: Session, token_hash: str, worker_id: Id, now: datetime, expires_at: datetime) -> None:
    """Keep a pass; those that are over are forgotten."""
    session.execute(delete(wall_pass).where(wall_pass.c.expires_at <= now))
    row = {"token_hash": token_hash, "worker_id": worker_id, "created_at": now, "expires_at": expires_at}
    bulk.insert_all(session, wall_pass, [row])


def find_holder(session: Session, token_hash: str, now: datetime, today: date) -> Acting | None:
    """Whose pass this is, while it is good, as policy knows them today; whether or not they are still active."""
    rows = session.execute(_HOLDER, {"token_hash": token_hash, "now": now}).all()
    return read_acting(rows, today) if rows else None


_HOLDER = ACTING.join(wall_pass, wall_pass.c.worker_id == worker.c.id).where(
    wall_pass.c.token_hash == bindparam("token_hash"),
    wall_pass.c.expires_at > bindparam("now", type_=wall_pass.c.expires_at.type),
)


def end_pass(session: Session, token_hash: str) -> None:
    """Forget a pass."""
    session.execute(delete(wall_pass).where(wall_pass.c.token_hash == token_hash))
