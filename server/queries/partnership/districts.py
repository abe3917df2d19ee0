"""Districts: the local-authority areas that own the MDT lists. Their shapes are in `server.queries.maps.boundaries`."""

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from server.tables.partnership.district import district
from shared.model.district import District
from shared.model.value import Id

_DISTRICT = select(district).where(district.c.id == bindparam("district_id"))
_DISTRICTS = select(district).order_by(district.c.valid_to.is_not(None), district.c.name)


def add_district(session: Session, new: District) -> None:
    """Store a district."""
    session.execute(insert(district), [{name: getattr(new, name) for name in District.__struct_fields__}])


def change_district(session: Session, changed: District) -> None:
    values = {name: getattr(changed, name) for name in District.__struct_fields__ if name != "id"}
    session.execute(update(district).where(district.c.id == changed.id).values(**values))


def delete_district(session: Session, district_id: Id) -> None:
    """Only for one that nothing names: the database refuses any other."""
    session.execute(delete(district).where(district.c.id == district_id))


def find_district(session: Session, district_id: Id) -> District | None:
    """The district with this id."""
    row = session.execute(_DISTRICT, {"district_id": district_id}).mappings().first()
    return None if row is None else District(**row)


def list_districts(session: Session) -> list[District]:
    """Every district, by name; those that end or have ended come last."""
    return [District(**row) for row in session.execute(_DISTRICTS).mappings()]


def by_code(session: Session) -> dict[str, Id]:
    """The id of every district by its code; where one that ended had it too, the one that stands is meant."""
    return {each.code: each.id for each in reversed(list_districts(session))}
