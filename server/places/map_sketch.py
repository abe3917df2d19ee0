"""The sketch map that a phone draws with no signal: outlines of a team's districts, and the names of places and stations on them.

Only public ground is in it, since a phone keeps it in a file without a key: no site, no pin, no person, and no hotspot
cell either. Cells come from where people were met; they may reach a phone only through its encrypted store, and no way
there exists yet. The shape is that of the phone's `MapSketch`; the phone leaves out what it does not know.
"""

from collections.abc import Collection, Sequence

import shapely
from sqlalchemy.orm import Session

from server.places.towns import Town, list_towns
from server.queries.maps.boundaries import Boundary, list_boundaries
from server.queries.maps.gazetteer import NamedPlace, list_within
from server.queries.partnership import agencies
from shared.model.value import Id, Value

SIMPLIFIED_DEGREES = 0.0004
"""About 40 m on the ground: a line that a phone draws for a whole district."""
SMALLEST_PART_DEGREES2 = 1e-6
MARGIN_DEGREES = 0.02
MOST_PLACES = 2_000
LARGE_TOWN = 5_000

Line = tuple[tuple[float, float], ...]
"""A run of (latitude, longitude) in WGS 84 degrees."""


class SketchPlace(Value, frozen=True, kw_only=True):
    """A word on the map. `rank` 0 is drawn at every zoom, higher only when zoomed in."""

    name: str
    latitude: float
    longitude: float
    rank: int = 0


class Sketch(Value, frozen=True, kw_only=True):
    """Outlines and places: all that the server tells a phone of the ground."""

    outlines: tuple[Line, ...] = ()
    places: tuple[SketchPlace, ...] = ()


def make_sketch(session: Session, team_id: Id) -> Sketch:
    """Returns the sketch of the districts that a team walks; an empty one where no boundary is loaded."""
    team = agencies.find_team(session, team_id)
    walked = set(team.district_ids) if team is not None else set()
    areas = [area for area in list_boundaries(session) if area.district_id in walked]
    if not areas:
        return Sketch()
    west, south = min(a.west for a in areas) - MARGIN_DEGREES, min(a.south for a in areas) - MARGIN_DEGREES
    east, north = max(a.east for a in areas) + MARGIN_DEGREES, max(a.north for a in areas) + MARGIN_DEGREES
    named = list_within(session, west, south, east, north, MOST_PLACES)
    return Sketch(outlines=draw_outlines(areas), places=name_places(list_towns(west, south, east, north), named))


def draw_outlines(areas: Collection[Boundary]) -> tuple[Line, ...]:
    """Returns the outer lines of each area, simplified; specks of land are left out."""
    shapes = [shapely.simplify(shapely.from_geojson(area.geojson), SIMPLIFIED_DEGREES) for area in areas]
    return tuple(
        _line(part.exterior.coords)
        for part in shapely.get_parts(shapes)
        if part.geom_type == "Polygon" and part.area >= SMALLEST_PART_DEGREES2
    )


def name_places(towns: Sequence[Town], named: Sequence[NamedPlace]) -> tuple[SketchPlace, ...]:
    """Returns stations, towns and then the gazetteer's places, each name once.

    Stations, by which a worker finds their way, and large towns rank first, villages next, places last.
    """
    found: dict[str, SketchPlace] = {}
    for each in named:
        if is_station(each):
            place = SketchPlace(name=each.name, latitude=each.latitude, longitude=each.longitude, rank=0)
            found.setdefault(each.name.casefold(), place)
    for town in towns:
        rank = 0 if town.population >= LARGE_TOWN else 1
        place = SketchPlace(name=town.name, latitude=town.latitude, longitude=town.longitude, rank=rank)
        found.setdefault(town.name.casefold(), place)
    for each in named:
        place = SketchPlace(name=each.name, latitude=each.latitude, longitude=each.longitude, rank=2)
        found.setdefault(each.name.casefold(), place)
    return tuple(list(found.values())[:MOST_PLACES])


def is_station(place: NamedPlace) -> bool:
    """Is this where trains, trams or buses stop? By the gazetteer's own kind: "Railway Station"."""
    return "station" in place.kind.casefold().replace("_", " ").split()


def _line(coordinates: Sequence[tuple[float, ...]]) -> Line:
    return tuple((round(float(point[1]), 5), round(float(point[0]), 5)) for point in coordinates)
