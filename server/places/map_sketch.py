"""The sketch map that a phone draws with no signal: outlines of a team's districts, and the names of places and stations on them.

Only public ground is in it, since a phone keeps it in a file without a key: no site, no pin, no person, and no hotspot
cell either. Cells come from where people were met; they may reach a phone only through its encrypted store, and no way
there exists yet. The shape is that of the phone's `MapSketch`; the phone leaves out what it does not know.
"""

from collections.abc import Collection, Sequence
from pathlib import Path

import shapely
from sqlalchemy.orm import Session

from server.places.basemap.clipping import KEPT_LONGEST, read_pack
from server.places.basemap.ways import Way, WayKind, WayName
from server.places.towns import Town, list_towns
from server.queries.maps.boundaries import Boundary, list_boundaries
from server.queries.maps.gazetteer import NamedPlace, list_within
from server.queries.partnership import agencies
from server.queries.partnership.boundary_changes import list_divided, with_former
from shared.model.value import Id, Value

SIMPLIFIED_DEGREES = 0.0004
"""About 40 m on the ground: a line that a phone draws for a whole district."""
SMALLEST_PART_DEGREES2 = 1e-6
MARGIN_DEGREES = 0.02
MOST_PLACES = 20_000
LARGE_TOWN = 5_000

MOST_NUMBERS = 2_400_000
"""So many numbers are about 12 MB as a phone is told them: a pack of streets stays below 15."""

Line = tuple[tuple[float, float], ...]
"""A run of (latitude, longitude) in WGS 84 degrees."""


class SketchPlace(Value, frozen=True, kw_only=True):
    """A word on the map. `rank` 0 is drawn at every zoom, higher only when zoomed in."""

    name: str
    latitude: float
    longitude: float
    rank: int = 0


class Sketch(Value, frozen=True, kw_only=True):
    """Outlines, places, and where the operator has a file the streets, railways and water: all that the server tells a phone of
    the ground."""

    outlines: tuple[Line, ...] = ()
    places: tuple[SketchPlace, ...] = ()
    ways: tuple[Way, ...] = ()


def make_sketch(session: Session, team_id: Id, data: Path | None = None) -> Sketch:
    """Returns the sketch of the districts that a team walks; an empty one where no boundary is loaded. `data` is the folder in
    which a basemap may lie."""
    team = agencies.find_team(session, team_id)
    walked = set(team.district_ids) if team is not None else set()
    areas = [area for area in list_boundaries(session) if area.district_id in walked]
    if not areas:
        return Sketch()
    west, south = min(a.west for a in areas) - MARGIN_DEGREES, min(a.south for a in areas) - MARGIN_DEGREES
    east, north = max(a.east for a in areas) + MARGIN_DEGREES, max(a.north for a in areas) + MARGIN_DEGREES
    named = list_within(session, west, south, east, north, MOST_PLACES)
    # The operator's file was cut by the districts of its day: what they became has their streets until it is cut anew.
    before = with_former(session, walked)
    packs = [] if data is None else [read_pack(data, each) for each in sorted(before | list_divided(session, before))]
    places = name_places(list_towns(west, south, east, north), named, [each for pack in packs for each in pack.names])
    return Sketch(outlines=draw_outlines(areas), places=places, ways=join_ways([pack.ways for pack in packs]))


def draw_outlines(areas: Collection[Boundary]) -> tuple[Line, ...]:
    """Returns the outer lines of each area, simplified; specks of land are left out."""
    shapes = [shapely.simplify(shapely.from_geojson(area.geojson), SIMPLIFIED_DEGREES) for area in areas]
    return tuple(
        _line(part.exterior.coords)
        for part in shapely.get_parts(shapes)
        if part.geom_type == "Polygon" and part.area >= SMALLEST_PART_DEGREES2
    )


def join_ways(packs: Sequence[Sequence[Way]]) -> tuple[Way, ...]:
    """The ways of several districts, each way once; the least of them left out where a phone would carry too much."""
    every = list(dict.fromkeys(way for pack in packs for way in pack))
    if sum(len(way.points) for way in every) <= MOST_NUMBERS:
        return tuple(every)
    every.sort(key=lambda way: KEPT_LONGEST.index(WayKind(way.kind)))
    kept, numbers = [], 0
    for way in every:
        numbers += len(way.points)
        if numbers > MOST_NUMBERS:
            break
        kept.append(way)
    return tuple(kept)


def name_places(
    towns: Sequence[Town], named: Sequence[NamedPlace], streets: Sequence[WayName] = ()
) -> tuple[SketchPlace, ...]:
    """Returns stations, towns and then the gazetteer's places, each name once, and the names on a basemap's streets where each
    stands.

    Stations, by which a worker finds their way, and large towns rank first, villages next, then places, streets last.
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
        rank = 3 if is_road(each) else 2
        place = SketchPlace(name=each.name, latitude=each.latitude, longitude=each.longitude, rank=rank)
        found.setdefault(each.name.casefold(), place)
    on_ways = [
        SketchPlace(name=each.name, latitude=each.latitude, longitude=each.longitude, rank=each.rank)
        for each in streets
        if each.rank > 2 or each.name.casefold() not in found
    ]
    drawn = {each.name.casefold() for each in on_ways}
    kept = [place for name, place in found.items() if place.rank <= 2 or name not in drawn]
    return tuple(sorted([*kept, *on_ways], key=lambda place: place.rank)[:MOST_PLACES])


def is_road(place: NamedPlace) -> bool:
    """Is this a street? By the gazetteer's own kind: "Named Road"."""
    return bool({"road", "street"} & set(place.kind.casefold().replace("_", " ").split()))


def is_station(place: NamedPlace) -> bool:
    """Is this where trains, trams or buses stop? By the gazetteer's own kind: "Railway Station"."""
    return "station" in place.kind.casefold().replace("_", " ").split()


def _line(coordinates: Sequence[tuple[float, ...]]) -> Line:
    return tuple((round(float(point[1]), 5), round(float(point[0]), 5)) for point in coordinates)
