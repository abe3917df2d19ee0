"""Who is out on a shift now, when each was last heard, and when they promised to be heard next."""

from collections.abc import Collection
from datetime import datetime

import msgspec
from sqlalchemy import Subquery, func, select
from sqlalchemy.orm import Session

from server.queries.sync.store import list_changes
from server.tables.partnership.agency import team
from server.tables.partnership.worker import worker
from server.tables.street.shift import check_in, shift, shift_worker
from shared.model.shift import ShiftEnded
from shared.model.value import Id, Value


class OnShift(Value, frozen=True, kw_only=True):
    """A worker who is out. `checked_in_at` None: never on this shift; `next_due_at` None: nothing was promised."""

    shift_id: Id
    worker_id: Id
    name: str
    team_name: str
    area: str
    out_since: datetime
    checked_in_at: datetime | None
    next_due_at: datetime | None


def list_on_shift(session: Session, team_ids: Collection[Id], since: datetime) -> list[OnShift]:
    """Returns everybody of these teams whose shift began since then and who has not ended it themselves."""
    newest = _newest_check_ins()
    query = (
        select(
            shift.c.id, shift.c.ended_at, shift_worker.c.worker_id, worker.c.name, team.c.name.label("team_name"), shift.c.area,
            shift_worker.c.joined_at, newest.c.at, newest.c.next_due_at,
        )
        .join(shift_worker, shift_worker.c.shift_id == shift.c.id)
        .join(worker, worker.c.id == shift_worker.c.worker_id)
        .join(team, team.c.id == shift.c.team_id)
        .outerjoin(
            newest,
            (newest.c.shift_id == shift.c.id) & (newest.c.worker_id == shift_worker.c.worker_id) & (newest.c.place == 1),
        )
        .where(shift.c.team_id.in_(sorted(team_ids)), shift.c.started_at >= since)
        .order_by(worker.c.name, shift.c.id)
    )  # fmt: skip
    rows = session.execute(query).all()
    home = {row.id: _list_gone_home(session, row.id) for row in rows if row.ended_at is not None}
    return [
        OnShift(
            shift_id=row.id, worker_id=row.worker_id, name=row.name, team_name=row.team_name, area=row.area,
            out_since=row.joined_at, checked_in_at=row.at, next_due_at=row.next_due_at,
        )
        for row in rows
        if row.ended_at is None or (home[row.id] and row.worker_id not in home[row.id])
    ]  # fmt: skip


def _newest_check_ins() -> Subquery:
    """Each worker's check-ins of each shift, numbered from the newest."""
    order = func.row_number().over(
        partition_by=(check_in.c.shift_id, check_in.c.worker_id), order_by=(check_in.c.at.desc(), check_in.c.id.desc())
    )
    columns = (check_in.c.shift_id, check_in.c.worker_id, check_in.c.at, check_in.c.next_due_at)
    return select(*columns, order.label("place")).subquery()


def _list_gone_home(session: Session, shift_id: Id) -> frozenset[Id]:
    """Who has ended a shift: its row only says that somebody did, and a colleague may be out still."""
    ended = (
        each.change
        for each in list_changes(session, shift_id)
        if each.type == "shift.ended" and each.change is not None and not each.change.erased
    )
    return frozenset(msgspec.json.decode(change.p, type=ShiftEnded).worker_id for change in ended)
