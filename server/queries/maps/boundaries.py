"""Boundary polygons of districts: the SQL for them, and nothing of where a point lies (see `server.places`)."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from server.database.sql import Sql
from server.queries.partnership.districts import list_districts
from server.tables.partnership.district import boundary, district
from shared.model.district import District
from shared.model.value import Id


@dataclass(frozen=True)
class Boundary:
    """A district's area as GeoJSON in WGS 84, and the box around it in degrees."""

    district_id: Id
    geojson: str
    west: float
    south: float
    east: float
    north: float
    source: str = ""


def list_districts_on(session: Session, on: date | None = None) -> list[District]:
    """Every district, or those valid on a day, by name."""
    return [
        found
        for found in list_districts(session)
        if on is None
        or ((found.valid_from is None or found.valid_from <= on) and (found.valid_to is None or found.valid_to >= on))
    ]


def find_district_by_code(session: Session, code: str) -> District | None:
    """The district that bears a code; the newest of several."""
    bearing = [found for found in list_districts(session) if found.code == code]
    return max(bearing, key=lambda found: found.valid_from or date.min) if bearing else None


def rename_district(session: Session, district_id: Id, name: str) -> None:
    """Give a district the name that its boundary file bears."""
    session.execute(update(district).where(district.c.id == district_id).values(name=name))


def list_boundaries(session: Session) -> list[Boundary]:
    """Every polygon that has been loaded."""
    columns = [boundary.c[name] for name in ("district_id", "geojson", "west", "south", "east", "north", "source")]
    rows = session.execute(select(*columns).order_by(boundary.c.district_id))
    return [Boundary(*row) for row in rows]


def save_boundary(session: Session, area: Boundary, loaded_at: datetime) -> bool:
    """Store or replace a district's polygon. False when the very same one is there already."""
    key = boundary.c.district_id == area.district_id
    kept = session.execute(select(boundary.c.geojson).where(key)).scalar()
    if kept == area.geojson:
        return False
    values = {**vars(area), "loaded_at": loaded_at}
    if kept is None:
        session.execute(insert(boundary).values(values))
    else:
        session.execute(update(boundary).where(key).values(values))
    return True


def get_places_version(session: Session) -> tuple[Any, ...]:
    """A value that changes when districts or boundaries do, so that a finder knows when to load again."""
    query = (
        "select areas.*, districts.* from (select count(*), max(loaded_at) from boundary) areas, "
        "(select count(*), max(id), max(valid_to), max(valid_from), count(valid_to), count(valid_from) from district) districts"
    )
    return tuple(Sql(session).rows(query)[0])
