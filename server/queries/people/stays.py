"""Stays off the streets: of one person, and of everybody for the figures."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import Select, func, insert, select, update
from sqlalchemy.orm import Session

from server.queries.people.concealment import not_concealed
from server.tables.people.stay import stay
from shared.model.codes import Destination, StayKind
from shared.model.stay import Stay
from shared.model.value import Id


def list_stays(session: Session, person_ids: Collection[Id]) -> list[Stay]:
    """Those of one person under all their records, the newest first; struck-out ones too."""
    query = select(stay).where(stay.c.person_id.in_(sorted(person_ids)))
    return _read(session, query.order_by(stay.c.moved_in_on.desc(), stay.c.id))


def list_counted_stays(session: Session, district_id: Id | None = None) -> list[Stay]:
    """Everybody's that were not struck out, or those recorded for one district, without hidden people."""
    here = () if district_id is None else (stay.c.district_id == district_id,)
    return _read(
        session, select(stay).where(stay.c.struck_at.is_(None), *here, *not_concealed(session, stay.c.person_id))
    )


def find_first_recorded(session: Session, district_ids: Collection[Id]) -> datetime | None:
    """Since when these districts record stays; None where none of them has ever recorded one."""
    here = stay.c.district_id.in_(sorted(district_ids))
    found: datetime | None = session.scalar(select(func.min(stay.c.recorded_at)).where(here))
    return found


def add_stay(session: Session, new: Stay) -> None:
    """Write a stay."""
    told = {"kind": str(new.kind), "left_for": str(new.left_for) if new.left_for else None}
    session.execute(insert(stay), [msgspec.structs.asdict(new) | told])


def end_stay(session: Session, stay_id: Id, left_on: date, left_for: Destination | None = None) -> None:
    """Say when they left, and where they went."""
    told = {"left_on": left_on, "left_for": str(left_for) if left_for else None}
    session.execute(update(stay).where(stay.c.id == stay_id).values(**told))


def strike_out(session: Session, stay_id: Id, at: datetime, worker_id: Id) -> None:
    """It was recorded wrongly: it counts no more, and stays on record."""
    session.execute(update(stay).where(stay.c.id == stay_id).values(struck_at=at, struck_by=worker_id))


def _read(session: Session, query: Select[Any]) -> list[Stay]:
    names = Stay.__struct_fields__
    return [
        Stay(
            **(
                {name: row[name] for name in names}
                | {
                    "kind": StayKind(row["kind"]),
                    "left_for": Destination(row["left_for"]) if row["left_for"] else None,
                }
            )
        )
        for row in session.execute(query).mappings()
    ]
