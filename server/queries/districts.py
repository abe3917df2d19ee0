"""Districts: the local-authority areas that own the MDT lists. Their shapes are in `server.queries.boundaries`."""

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from server.tables.district import district
from shared.model.district import District
from shared.model.value import Id


def add_district(session: Session, new: District) -> None:
    """Store a district."""
    session.execute(insert(district), [{name: getattr(new, name) for name in District.__struct_fields__}])


def find_district(session: Session, district_id: Id) -> District | None:
    """The district with this id."""
    row = session.execute(select(district).where(district.c.id == district_id)).mappings().first()
    return None if row is None else District(**row)


def list_districts(session: Session) -> list[District]:
    """Every district, by name."""
    return [District(**row) for row in session.execute(select(district).order_by(district.c.name)).mappings()]
