"""Who is planned to go out: where, with whom, from when, and back when. A plan is called off, never deleted."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Select, bindparam, func, or_, select, update
from sqlalchemy.orm import Session

from server.database import bulk
from server.database.statements import ids
from server.tables.partnership.worker import worker
from server.tables.street.plan import shift_plan, shift_plan_worker
from server.tables.street.shift import shift_worker, sign_of_life
from shared.model.shift import PlannedStop
from shared.model.value import Id, Value

SHOWN_AFTER = timedelta(hours=12)
"""How long after everybody should be home a plan is still shown."""
NOTICED_WITHIN = timedelta(days=3)
"""A server that was off for so long still notices who never went out, and who should be home."""


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
    stops: tuple[PlannedStop, ...] = ()


class Expected(NamedTuple):
    """A worker whom a plan expects to go out and to be back, when they last went out, and what they last did themselves."""

    worker_id: Id
    team_id: Id
    starts_at: datetime
    back_at: datetime
    went_out_at: datetime | None
    acted_at: datetime | None


def add_plan(session: Session, plan: ShiftPlan) -> None:
    """Keep a plan."""
    columns = ("id", "team_id", "area", "starts_at", "back_at", "set_by", "set_at")
    stops = msgspec.json.encode(plan.stops).decode()
    bulk.insert_all(session, shift_plan, [{name: getattr(plan, name) for name in columns} | {"stops": stops}])
    rows = [{"plan_id": plan.id, "worker_id": each} for each in plan.worker_ids]
    bulk.insert_all(session, shift_plan_worker, rows)


def call_off(session: Session, plan_id: Id, now: datetime) -> None:
    """It does not take place."""
    session.execute(update(shift_plan).where(shift_plan.c.id == plan_id).values(called_off_at=now))


def find_team_id(session: Session, plan_id: Id) -> Id | None:
    """Whose plan it is, called off or not."""
    return session.scalar(select(shift_plan.c.team_id).where(shift_plan.c.id == plan_id))


def find_standing(session: Session, plan_id: Id) -> ShiftPlan | None:
    """A plan as it stands now: where its stops were changed meanwhile, the one of the same people, time and ground instead."""
    was = next(iter(_list(session, shift_plan.c.id == plan_id, is_standing=False)), None)
    if was is None:
        return None
    alike = [getattr(shift_plan.c, name) == getattr(was, name) for name in ("team_id", "starts_at", "back_at", "area")]
    standing = [each for each in _list(session, *alike) if each.worker_ids == was.worker_ids]
    return next((each for each in standing if each.id == plan_id), standing[-1] if standing else None)


def list_plans(session: Session, team_ids: Collection[Id], now: datetime) -> list[ShiftPlan]:
    """The plans of these teams that are ahead, under way, or were over a little while ago; the earliest first."""
    return _read(session, _OF_TEAMS, {"teams": sorted(team_ids), "since": now - SHOWN_AFTER})


def list_planned(session: Session, worker_id: Id, begins: datetime, ends: datetime) -> list[ShiftPlan]:
    """The plans of one worker that fall within a time."""
    theirs = select(shift_plan_worker.c.plan_id).where(shift_plan_worker.c.worker_id == worker_id)
    within = (shift_plan.c.starts_at < ends) & (shift_plan.c.back_at > begins)
    return _list(session, shift_plan.c.id.in_(theirs), within)


def _list(session: Session, *conditions: ColumnElement[bool], is_standing: bool = True) -> list[ShiftPlan]:
    return _read(session, (_STANDING if is_standing else _PLANS).where(*conditions), {})


_PLANS = select(shift_plan).order_by(shift_plan.c.starts_at, shift_plan.c.id)
_STANDING = _PLANS.where(shift_plan.c.called_off_at.is_(None))
_OF_TEAMS = _STANDING.where(
    shift_plan.c.team_id.in_(ids("teams")),
    shift_plan.c.back_at >= bindparam("since", type_=shift_plan.c.back_at.type),
)
_WALKERS = select(shift_plan_worker).where(shift_plan_worker.c.plan_id.in_(ids("plans")))
_WALKERS = _WALKERS.order_by(shift_plan_worker.c.worker_id)


def _read(session: Session, query: Select[Any], values: Mapping[str, Any]) -> list[ShiftPlan]:
    rows = session.execute(query, values).all()
    walkers = session.execute(_WALKERS, {"plans": [row.id for row in rows]}).all() if rows else []
    return [
        ShiftPlan(
            id=row.id, team_id=row.team_id, area=row.area, starts_at=row.starts_at, back_at=row.back_at,
            set_by=row.set_by, set_at=row.set_at,
            worker_ids=tuple(each.worker_id for each in walkers if each.plan_id == row.id),
            stops=msgspec.json.decode(row.stops, type=tuple[PlannedStop, ...]),
        )
        for row in rows
    ]  # fmt: skip


def find_gone_out(session: Session, worker_ids: Collection[Id]) -> Mapping[Id, datetime]:
    """When each of these workers last went out."""
    return _read_moments(session, _GONE_OUT, worker_ids)


def find_last_acts(session: Session, worker_ids: Collection[Id]) -> Mapping[Id, datetime]:
    """When each of these workers last did something themselves: a check-in, contact or visit."""
    return _read_moments(session, _LAST_ACTS, worker_ids)


_GONE_OUT = select(shift_worker.c.worker_id, func.max(shift_worker.c.joined_at).label("at"))
_GONE_OUT = _GONE_OUT.where(shift_worker.c.worker_id.in_(ids("workers"))).group_by(shift_worker.c.worker_id)
_LAST_ACTS = select(sign_of_life.c.worker_id, sign_of_life.c.at)
_LAST_ACTS = _LAST_ACTS.where(sign_of_life.c.worker_id.in_(ids("workers")))


def _read_moments(session: Session, query: Select[Any], worker_ids: Collection[Id]) -> Mapping[Id, datetime]:
    """A moment of each of these workers of whom there is one; of nobody, nothing is asked."""
    if not worker_ids:
        return {}
    return {row.worker_id: row.at for row in session.execute(query, {"workers": sorted(worker_ids)})}


def list_expected(
    session: Session, now: datetime, promises: Collection[datetime], missed: Collection[Id] = ()
) -> list[Expected]:
    """Everybody whom a plan expects that has begun and is not long over, or began or was to end at one of `promises`. Whoever was
    let go is expected no more, but for the `missed`: they are looked for already."""
    lately = (shift_plan.c.starts_at <= now) & (shift_plan.c.back_at >= now - NOTICED_WITHIN)
    asked = [shift_plan.c.starts_at.in_(sorted(promises)), shift_plan.c.back_at.in_(sorted(promises))]
    query = (
        select(shift_plan_worker.c.worker_id, shift_plan.c.team_id, shift_plan.c.starts_at, shift_plan.c.back_at)
        .join(shift_plan, shift_plan.c.id == shift_plan_worker.c.plan_id)
        .join(worker, worker.c.id == shift_plan_worker.c.worker_id)
        .where(shift_plan.c.called_off_at.is_(None), worker.c.active.is_(True) | worker.c.id.in_(sorted(missed)))
        .where(or_(lately, *asked) if promises else lately)
        .order_by(shift_plan.c.starts_at, shift_plan.c.id, shift_plan_worker.c.worker_id)
    )
    rows = session.execute(query).all()
    who = {row.worker_id for row in rows}
    gone, acted = find_gone_out(session, who), find_last_acts(session, who)
    return [Expected(*row, gone.get(row.worker_id), acted.get(row.worker_id)) for row in rows]
