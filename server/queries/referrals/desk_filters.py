"""What each worker looks for on the triage desk, by the names that they gave it."""

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from server.tables.referrals.desk import desk_filter
from shared.model.value import Id, Value


class DeskFilter(Value, frozen=True, kw_only=True):
    """Words to be said, and which of the lines alone (empty: all)."""

    id: Id
    worker_id: Id
    name: str
    words: str = ""
    only: str = ""


def list_filters(session: Session, worker_id: Id) -> list[DeskFilter]:
    """A worker's own, by name."""
    query = select(desk_filter).where(desk_filter.c.worker_id == worker_id).order_by(func.lower(desk_filter.c.name))
    return [DeskFilter(**found) for found in session.execute(query).mappings()]


def keep_filter(session: Session, kept: DeskFilter) -> None:
    """Keep it, in the place of one of that name."""
    same = (desk_filter.c.worker_id == kept.worker_id) & (desk_filter.c.name == kept.name)
    session.execute(delete(desk_filter).where(same))
    session.execute(insert(desk_filter), [{name: getattr(kept, name) for name in DeskFilter.__struct_fields__}])


def drop_filter(session: Session, worker_id: Id, filter_id: Id) -> None:
    """Forget one of a worker's own."""
    session.execute(delete(desk_filter).where(desk_filter.c.id == filter_id, desk_filter.c.worker_id == worker_id))


def drop_all_of(session: Session, worker_id: Id) -> None:
    """Forget all of a worker who leaves."""
    session.execute(delete(desk_filter).where(desk_filter.c.worker_id == worker_id))
