"""Shifts: ended by whoever ends them, also before the server has heard that they began."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.database import bulk
from server.tables.street.shift import shift
from shared.model.shift import Shift, ShiftEnded
from shared.model.value import Id


def end_shifts(session: Session, ended: Sequence[ShiftEnded]) -> None:
    """Note when shifts ended, and what was said of them. The last word on a shift stands."""
    in_order = sorted(ended, key=lambda each: (each.at, each.id))
    values = {each.shift_id: {"ended_at": each.at, "summary": each.summary} for each in in_order}
    bulk.update_each(session, shift, values)


def find_shift(session: Session, shift_id: Id) -> Shift | None:
    """The shift with this id."""
    columns = [shift.c[name] for name in Shift.__struct_fields__]
    row = session.execute(select(*columns).where(shift.c.id == shift_id)).mappings().first()
    return None if row is None else Shift(**row)
