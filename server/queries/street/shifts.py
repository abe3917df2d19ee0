"""Shifts: ended by whoever ends them, also before the server has heard that they began."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.database import bulk
from server.queries.sync.store import list_changes
from server.tables.street.shift import shift, shift_worker, sign_of_life
from shared.model.shift import Shift, ShiftEnded
from shared.model.value import Id


def end_shifts(session: Session, ended: Sequence[ShiftEnded]) -> None:
    """Note when shifts ended, and what was said of them. The last word on a shift stands."""
    in_order = sorted(ended, key=lambda each: (each.at, each.id))
    values = {each.shift_id: {"ended_at": each.at, "summary": each.summary} for each in in_order}
    bulk.update_each(session, shift, values)


def go_home(session: Session, worker_id: Id, shift_id: Id, at: datetime) -> None:
    """A worker has gone home: from this shift, from every other they were on by then, and with them whom they had taken
    along and who has done nothing by themselves."""
    walk, sign = shift_worker.c, sign_of_life.c
    theirs = (walk.worker_id == worker_id) & ((walk.shift_id == shift_id) | (walk.joined_at < at))
    alone = select(sign.worker_id).where(sign.worker_id == walk.worker_id, sign.at >= walk.joined_at).exists()
    led = (walk.shift_id == shift_id) & (walk.named_by == worker_id) & ~alone
    session.execute(shift_worker.update().where(theirs | led, walk.ended_at.is_(None)).values(ended_at=at))


def take_up_again(session: Session, shift_id: Id, worker_id: Id, at: datetime, *, is_check_in: bool) -> None:
    """Somebody who was said to be home by others did something at `at`: then they are out still.

    A check-in after it says so. So does whatever they did before it, where it was a colleague who took them along and home:
    had it been heard in time, they would have stayed. Whoever ended their own part is home.
    """
    walk = shift_worker.c
    theirs = (walk.shift_id == shift_id) & (walk.worker_id == worker_id)
    row = session.execute(select(shift_worker).where(theirs, walk.ended_at.is_not(None))).first()
    if row is None or worker_id in list_gone_home(session, shift_id):
        return
    was_alone = row.named_by is not None and row.joined_at <= at < row.ended_at
    if was_alone or (is_check_in and at > row.ended_at):
        session.execute(shift_worker.update().where(theirs).values(ended_at=None))


def list_gone_home(session: Session, shift_id: Id) -> frozenset[Id]:
    """Who has ended their part of a shift: its row only says that somebody did, and a colleague may be out still."""
    ended = (
        each.change
        for each in list_changes(session, shift_id)
        if each.type == "shift.ended" and each.change is not None and not each.change.erased
    )
    return frozenset(msgspec.json.decode(change.p, type=ShiftEnded).worker_id for change in ended)


def find_last_home(session: Session, worker_id: Id) -> datetime | None:
    """When a worker last came home from a shift."""
    came: datetime | None = session.scalar(
        select(func.max(shift_worker.c.ended_at)).where(shift_worker.c.worker_id == worker_id)
    )
    return came


def note_signs_of_life(session: Session, newest: Mapping[Id, tuple[datetime, str]]) -> None:
    """Keep the last thing each of these workers did, unless a later one is known."""
    known = select(sign_of_life.c.worker_id, sign_of_life.c.at).where(sign_of_life.c.worker_id.in_(sorted(newest)))
    before = {row.worker_id: row.at for row in session.execute(known)} if newest else {}
    rows = [
        {"worker_id": worker_id, "at": at, "kind": kind}
        for worker_id, (at, kind) in sorted(newest.items())
        if worker_id not in before or before[worker_id] < at
    ]
    bulk.upsert(session, sign_of_life, rows)


def find_shift(session: Session, shift_id: Id) -> Shift | None:
    """The shift with this id."""
    columns = [shift.c[name] for name in Shift.__struct_fields__]
    row = session.execute(select(*columns).where(shift.c.id == shift_id)).mappings().first()
    return None if row is None else Shift(**row)
