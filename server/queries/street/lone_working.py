"""Who is out now, when each was last heard, and when they promised to be heard next. One line a worker, however many shifts."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ScalarSelect, func, select
from sqlalchemy.orm import Session

from server.queries.street.shifts import list_gone_home
from server.tables.operation.device import device_enrolment
from server.tables.partnership.agency import team
from server.tables.partnership.worker import worker
from server.tables.street.shift import check_in, shift, shift_worker, sign_of_life
from server.tables.sync.sync import device
from shared.model.value import Id, Value
from shared.rules.check_ins import Outing, alarm_at, due_at

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class OnShift(Value, frozen=True, kw_only=True):
    """A worker who is out. `checked_in_at` None: never since they went out; `next_due_at` None: taken along, promised nothing.

    `shift_ids` and `team_ids` are those of every shift they are on; names and area are of the one they went out on last.
    """

    worker_id: Id
    name: str
    short_name: str
    agency_id: Id
    team_name: str
    area: str
    out_since: datetime
    shift_ids: tuple[Id, ...]
    team_ids: tuple[Id, ...]
    outing: Outing
    next_due_at: datetime | None
    walks_with: str = ""

    @property
    def checked_in_at(self) -> datetime | None:
        return self.outing.checked_in_at

    @property
    def alarm_at(self) -> datetime | None:
        return alarm_at(self.outing)


class Walk(NamedTuple):
    """A worker's part of a shift, their newest check-in and what they last did: a row of `_WALKS`."""

    id: Id
    ended_at: datetime | None
    team_id: Id
    worker_id: Id
    name: str
    short_name: str
    agency_id: Id
    team_name: str
    area: str
    joined_at: datetime
    named_by: Id | None
    left_at: datetime | None
    heard_at: datetime | None
    due_at: datetime | None
    acted_at: datetime | None
    act: str | None


def list_on_shift(session: Session, team_ids: Collection[Id] | None = None) -> list[OnShift]:
    """Everybody who is out on a shift of these teams (None: of any) and has not gone home, by name. Nobody drops out by time."""
    walks = _list_walks(session)
    if team_ids is not None:
        asked = set(team_ids)
        theirs = {row.worker_id for row in walks if row.team_id in asked}
        walks = [row for row in walks if row.worker_id in theirs]
    by_worker: dict[Id, list[Walk]] = defaultdict(list)
    for row in walks:
        by_worker[row.worker_id].append(row)
    heard = _list_heard(session)
    names = {row.worker_id: row.name for row in walks}
    return [_on_shift(rows, heard, names) for rows in by_worker.values()]


def _list_walks(session: Session) -> list[Walk]:
    rows = list(map(Walk._make, session.execute(_WALKS).all()))
    home = {row.id: list_gone_home(session, row.id) for row in rows if row.ended_at is not None}
    return [row for row in rows if row.ended_at is None or (home[row.id] and row.worker_id not in home[row.id])]


def _newest_check_in() -> ScalarSelect[Any]:
    """The last check-in of a worker by the server's clock. Looked up worker by worker: numbered, those of years would be read."""
    said = check_in.alias("said")
    newest_first = (said.c.heard_at.desc(), said.c.at.desc(), said.c.id.desc())
    theirs = select(said.c.id).where(said.c.worker_id == shift_worker.c.worker_id)
    return theirs.order_by(*newest_first).limit(1).correlate(shift_worker).scalar_subquery()


def _left_at() -> ScalarSelect[Any]:
    """When whoever took a worker along went home from that shift, if they have."""
    taker = shift_worker.alias("taker")
    theirs = (taker.c.shift_id == shift_worker.c.shift_id) & (taker.c.worker_id == shift_worker.c.named_by)
    return select(taker.c.ended_at).where(theirs).correlate(shift_worker).scalar_subquery()


_WALKS = (
    select(
        shift.c.id, shift.c.ended_at, shift.c.team_id, shift_worker.c.worker_id, worker.c.name, worker.c.short_name,
        worker.c.agency_id, team.c.name.label("team_name"), shift.c.area, shift_worker.c.joined_at,
        shift_worker.c.named_by, _left_at().label("left_at"), func.coalesce(check_in.c.heard_at, check_in.c.at).label("heard_at"),
        func.coalesce(check_in.c.due_at, check_in.c.next_due_at).label("due_at"),
        sign_of_life.c.at.label("acted_at"), sign_of_life.c.kind.label("act"),
    )
    .join(shift_worker, shift_worker.c.shift_id == shift.c.id)
    .join(worker, worker.c.id == shift_worker.c.worker_id)
    .join(team, team.c.id == shift.c.team_id)
    .outerjoin(check_in, check_in.c.id == _newest_check_in())
    .outerjoin(sign_of_life, sign_of_life.c.worker_id == shift_worker.c.worker_id)
    .where(shift_worker.c.ended_at.is_(None))
    .order_by(worker.c.name, worker.c.id, shift_worker.c.joined_at, shift.c.id)
)  # fmt: skip


def _list_heard(session: Session) -> dict[Id, datetime]:
    """When the phones of each worker last spoke to the server: all of them, a list of who is asked for costs more."""
    spoke = session.execute(_HEARD).all()
    return {worker_id: EPOCH + timedelta(milliseconds=ms) for worker_id, ms in spoke}


_HEARD = (
    select(device_enrolment.c.worker_id, func.max(device.c.seen_at_ms))
    .join(device, device.c.number == device_enrolment.c.number)
    .where(device.c.seen_at_ms.is_not(None))
    .group_by(device_enrolment.c.worker_id)
)


def _on_shift(rows: Sequence[Walk], heard: dict[Id, datetime], names: dict[Id, str]) -> OnShift:
    """One worker from all the shifts they are on, in the order in which they went out."""
    newest, out_since = rows[-1], rows[0].joined_at
    since, walks_with = _gone_out(rows, names)
    acted_at = newest.acted_at if newest.acted_at and newest.acted_at >= out_since else None
    is_of_before = newest.heard_at is not None and newest.heard_at < out_since
    outing = Outing(
        since=since, checked_in_at=None if is_of_before else newest.heard_at,
        promised_at=None if is_of_before else newest.due_at, acted_at=acted_at, act=(newest.act or "") if acted_at else "",
        heard_at=heard.get(newest.worker_id), walks_with=walks_with,
    )  # fmt: skip
    return OnShift(
        worker_id=newest.worker_id, name=newest.name, short_name=newest.short_name, agency_id=newest.agency_id,
        team_name=newest.team_name, area=newest.area, out_since=out_since, outing=outing, next_due_at=due_at(outing),
        shift_ids=tuple(row.id for row in rows), team_ids=tuple(sorted({row.team_id for row in rows})),
        walks_with=names.get(walks_with or "", ""),
    )  # fmt: skip


def _gone_out(rows: Sequence[Walk], names: dict[Id, str]) -> tuple[datetime, Id | None]:
    """When a worker last went out by their own hand, or with whom they walk who took them along.

    Whoever was taken along and then did something has gone out by that, whoever takes them along once more; so has one whose
    colleague has gone home without them, from that moment on. What they do after a check-in puts its promise neither off nor
    forward.
    """
    own = [row.joined_at for row in rows if row.named_by is None]
    if own:
        return max(own), None
    newest, first = rows[-1], rows[0]
    done = [each for each in (newest.heard_at, newest.acted_at) if each is not None and each >= first.joined_at]
    if done:
        return done[0], None
    if newest.left_at is not None:
        return max(newest.joined_at, newest.left_at), None
    return newest.joined_at, newest.named_by if newest.named_by in names else None
