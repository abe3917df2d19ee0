"""Who is planned to go out: where, with whom, from when, and back when. A plan is called off, never deleted."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from server.database import bulk
from server.tables.street.plan import shift_plan, shift_plan_worker
from server.tables.street.shift import shift_worker
from shared.model.value import Id, Value

SHOWN_AFTER = timedelta(hours=12)
"""How long after everybody should be home a plan is still shown."""


class ShiftPlan(Value, frozen=True, kw_only=True):
    """Some workers of a team go out together."""

    id: Id
    team_id: Id
    area: str
    starts_at: datetime
    back_at: datetime
    set_by: Id
    set_at: datetime
    worker_ids: tuple[Id, ...] = ()


def add_plan(session: Session, plan: ShiftPlan) -> None:
    """Keep a plan."""
    columns = ("id", "team_id", "area", "starts_at", "back_at", "set_by", "set_at")
    bulk.insert_all(session, shift_plan, [{name: getattr(plan, name) for name in columns}])
    rows = [{"plan_id": plan.id, "worker_id": each} for each in plan.worker_ids]
    bulk.insert_all(session, shift_plan_worker, rows)


def call_off(session: Session, plan_id: Id, now: datetime) -> None:
    """It does not take place."""
    session.execute(update(shift_plan).where(shift_plan.c.id == plan_id).values(called_off_at=now))


def find_plan(session: Session, plan_id: Id) -> ShiftPlan | None:
    """A plan that was not called off."""
    return next(iter(_list(session, shift_plan.c.id == plan_id)), None)


def list_plans(session: Session, team_ids: Collection[Id], now: datetime) -> list[ShiftPlan]:
    """The plans of these teams that are ahead, under way, or were over a little while ago; the earliest first."""
    return _list(session, shift_plan.c.team_id.in_(sorted(team_ids)), shift_plan.c.back_at >= now - SHOWN_AFTER)


def _list(session: Session, *conditions: ColumnElement[bool]) -> list[ShiftPlan]:
    query = select(shift_plan).where(shift_plan.c.called_off_at.is_(None), *conditions)
    rows = session.execute(query.order_by(shift_plan.c.starts_at, shift_plan.c.id)).all()
    links = select(shift_plan_worker).where(shift_plan_worker.c.plan_id.in_([row.id for row in rows]))
    walkers = session.execute(links.order_by(shift_plan_worker.c.worker_id)).all() if rows else []
    return [
        ShiftPlan(
            id=row.id, team_id=row.team_id, area=row.area, starts_at=row.starts_at, back_at=row.back_at,
            set_by=row.set_by, set_at=row.set_at,
            worker_ids=tuple(each.worker_id for each in walkers if each.plan_id == row.id),
        )
        for row in rows
    ]  # fmt: skip


def find_gone_out(session: Session, worker_ids: Collection[Id]) -> Mapping[Id, datetime]:
    """When each of these workers last went out."""
    query = select(shift_worker.c.worker_id, func.max(shift_worker.c.joined_at).label("at"))
    rows = session.execute(
        query.where(shift_worker.c.worker_id.in_(sorted(worker_ids))).group_by(shift_worker.c.worker_id)
    )
    return {row.worker_id: row.at for row in rows}
