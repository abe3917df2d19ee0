"""Who speaks for each agency at a district's table, and who instead of them."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from server.database import bulk
from server.database.locks import lock_records
from server.tables.partnership.agency import representative
from shared.model.value import Id, Value


class Representative(Value, frozen=True, kw_only=True):
    """Whom an agency sends to a table; `deputy` where they cannot come."""

    district_id: Id
    agency_id: Id
    name: str
    deputy: str
    said_at: datetime
    said_by: Id

    @property
    def called(self) -> str:
        """Both on one line."""
        return f"{self.name}, or {self.deputy}" if self.name and self.deputy else self.name or self.deputy


def list_at_table(session: Session, district_id: Id) -> dict[Id, Representative]:
    """Of one district, by agency."""
    return {each.agency_id: each for each in _list(session, representative.c.district_id == district_id)}


def list_of_agency(session: Session, agency_id: Id, district_ids: Collection[Id]) -> dict[Id, Representative]:
    """Of one agency, by district."""
    ours = (representative.c.agency_id == agency_id) & representative.c.district_id.in_(district_ids)
    return {each.district_id: each for each in _list(session, ours)}


def hold_representative(session: Session, district_id: Id, agency_id: Id) -> Representative | None:
    """What was said so far, for this writer alone until the transaction ends."""
    lock_records(session, [f"representative {district_id} {agency_id}"])
    return list_of_agency(session, agency_id, [district_id]).get(district_id)


def set_representative(session: Session, said: Representative) -> None:
    """Keep it in the place of what was said before."""
    bulk.upsert(session, representative, [msgspec.structs.asdict(said)])


def _list(session: Session, condition: ColumnElement[bool]) -> list[Representative]:
    rows: Any = session.execute(select(representative).where(condition)).mappings()
    return [Representative(**row) for row in rows]
