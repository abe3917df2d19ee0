"""The operator's gazetteer: names stored many at once, and found by how they are typed."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlalchemy import func, insert, or_, select
from sqlalchemy.orm import Session

from server.tables.maps.gazetteer import gazetteer_place
from shared.model.value import Id

CHUNK = 5_000


class NamedPlace(NamedTuple):
    """A place by name, at a WGS 84 point. `name_key` is the name as it is looked up."""

    id: Id
    name: str
    name_key: str
    kind: str
    latitude: float
    longitude: float


def list_known(session: Session) -> set[tuple[str, float, float]]:
    """Every place held, by the key of its name and its point."""
    query = select(gazetteer_place.c.name_key, gazetteer_place.c.latitude, gazetteer_place.c.longitude)
    return {(key, latitude, longitude) for key, latitude, longitude in session.execute(query)}


def add_places(session: Session, places: Sequence[NamedPlace]) -> None:
    """Store places."""
    if places:
        session.execute(insert(gazetteer_place), [place._asdict() for place in places])


def list_by_name(session: Session, name_key: str, limit: int = 20) -> list[NamedPlace]:
    """The places of this name, then those whose names begin with it."""
    columns = [gazetteer_place.c[name] for name in NamedPlace._fields]
    begins = gazetteer_place.c.name_key.startswith(name_key, autoescape=True)
    exact = gazetteer_place.c.name_key == name_key
    query = select(*columns).where(begins).order_by(exact.desc(), gazetteer_place.c.name, gazetteer_place.c.id)
    return [NamedPlace(*row) for row in session.execute(query.limit(limit))]


def list_by_keys(session: Session, keys: Collection[str]) -> dict[str, list[NamedPlace]]:
    """The places that bear exactly one of these names, by the key that they are looked up by."""
    columns = [gazetteer_place.c[name] for name in NamedPlace._fields]
    wanted = sorted(keys)
    found: dict[str, list[NamedPlace]] = {}
    for start in range(0, len(wanted), CHUNK):
        query = select(*columns).where(gazetteer_place.c.name_key.in_(wanted[start : start + CHUNK]))
        for row in session.execute(query):
            found.setdefault(row.name_key, []).append(NamedPlace(*row))
    return found


def list_within(session: Session, west: float, south: float, east: float, north: float, limit: int) -> list[NamedPlace]:
    """The places within a box of WGS 84 degrees, by name; stations come first, so that a limit never costs one."""
    columns = [gazetteer_place.c[name] for name in NamedPlace._fields]
    query = select(*columns).where(
        gazetteer_place.c.latitude.between(south, north), gazetteer_place.c.longitude.between(west, east)
    )
    is_station = func.lower(gazetteer_place.c.kind).contains("station")
    ordered = query.order_by(is_station.desc(), gazetteer_place.c.name, gazetteer_place.c.id).limit(limit)
    return [NamedPlace(*row) for row in session.execute(ordered)]


def list_near(session: Session, points: Sequence[tuple[float, float]], north: float, east: float) -> list[NamedPlace]:
    """The places within so many degrees, north or south and east or west, of a point (latitude, longitude) of these, by name."""
    columns = [gazetteer_place.c[name] for name in NamedPlace._fields]
    latitude, longitude = gazetteer_place.c.latitude, gazetteer_place.c.longitude
    boxes = [
        latitude.between(at[0] - north, at[0] + north) & longitude.between(at[1] - east, at[1] + east) for at in points
    ]
    whole = latitude.between(min(at[0] for at in points) - north, max(at[0] for at in points) + north)
    query = select(*columns).where(whole, or_(*boxes)).order_by(gazetteer_place.c.name, gazetteer_place.c.id)
    return [NamedPlace(*row) for row in session.execute(query)]
