"""What a feature of a vector tile is to somebody who finds their way: a street, a railway, water, a name. By the names that OS
Open Zoomstack, OpenMapTiles and the Protomaps basemap give their layers and classes.

Pure: features in, ways and names out, in degrees. What pages draw of the same tiles is `static/streets.js`.
"""

from collections.abc import Iterable, Iterator, Mapping
from enum import IntEnum
from itertools import pairwise
from math import atan, degrees, hypot, pi, sinh

from server.places.basemap.vector import LINE, POINT, POLYGON, Feature
from shared.model.value import Value

PLACES = 100_000
"""A hundred-thousandth of a degree: a metre."""
OFF_M = 3.0
"""A point of a line that lies so near the straight way is left out."""
TILE_M = 40_075_017 * 0.62
"""How wide the one tile of zoom 0 is, at the latitude of England, in metres on the ground."""


class WayKind(IntEnum):
    """What a line is, the first to be drawn last."""

    MAJOR = 0
    STREET = 1
    PATH = 2
    RAIL = 3
    WATER = 4


class Way(Value, frozen=True, kw_only=True, array_like=True):
    """A line: its kind, and whole numbers: latitude, longitude in hundred-thousandths, then the step to each next point."""

    kind: int
    points: tuple[int, ...]


class WayName(Value, frozen=True, kw_only=True):
    """A word on the ground and where it stands. `rank` as on the phone's sketch."""

    name: str
    latitude: float
    longitude: float
    rank: int


ROLES: Mapping[str, str] = {
    "roads": "roads", "road": "roads", "transportation": "roads", "transportation_name": "road_names",
    "rail": "rail", "railway": "rail",
    "surfacewater": "water", "surface_water": "water", "water": "water", "sea": "water",
    "waterlines": "waterlines", "waterway": "waterlines", "water_lines": "waterlines",
    "names": "names", "place": "names", "places": "names",
    "railway_stations": "stations", "stations": "stations",
    "greenspace": "green", "greenspaces": "green", "woodland": "green", "park": "green",
}  # fmt: skip
"""What each layer holds, whichever schema it is of; a layer that is not here is not drawn."""
CLASS_KEYS = ("type", "class", "kind", "road_classification")
NAME_KEYS = ("name1", "name", "name_1", "name:latin", "name:en")
MAJOR = frozenset({
    "motorway", "motorway_link", "trunk", "trunk_link", "primary", "primary_link", "secondary", "secondary_link",
    "a road", "b road", "highway", "major_road", "tertiary",
})  # fmt: skip
RAILS = frozenset({"rail", "transit", "railway", "multi track", "single track", "narrow gauge"})
PATHS = frozenset({"path", "track", "footway", "cycleway", "bridleway", "steps", "pedestrian", "restricted"})
NO_WAYS = frozenset({"ferry", "aerialway", "aeroway", "pier", "other"})
TOWNS = frozenset({"city", "town", "capital"})
"""Of these names a map of a district has room at every zoom."""


def role_of(layer: str) -> str:
    """What a layer holds; empty for what is not drawn."""
    return ROLES.get(layer.casefold().replace(" ", "_"), "")


def class_of(feature: Feature) -> str:
    """What kind of road or place it is, in small letters."""
    return next((feature.words[key].casefold() for key in CLASS_KEYS if feature.words.get(key)), "")


def kind_of(feature: Feature) -> WayKind | None:
    """What it is to somebody who walks; None for what is no way."""
    role, told = role_of(feature.layer), class_of(feature)
    if role in ("water", "waterlines"):
        return WayKind.WATER if feature.kind in (LINE, POLYGON) else None
    if feature.kind != LINE:
        return None
    if role == "rail" or (role == "roads" and told in RAILS):
        return WayKind.RAIL
    if role != "roads" or told in NO_WAYS:
        return None
    if told in MAJOR:
        return WayKind.MAJOR
    return WayKind.PATH if told in PATHS else WayKind.STREET


def list_ways(
    features: Iterable[Feature], zoom: int, column: int, row: int
) -> Iterator[tuple[WayKind, list[tuple[float, float]]]]:
    """The lines of one tile as (latitude, longitude); what runs over its edge ends there, and its edge is no line."""
    for feature in features:
        kind = kind_of(feature)
        if kind is None:
            continue
        for path in feature.paths:
            for piece in _within(path, feature.extent, is_ring=feature.kind == POLYGON):
                line = _simplify(piece, OFF_M / TILE_M * 2**zoom * feature.extent)
                yield kind, [_degrees(point, feature.extent, zoom, column, row) for point in line]


def list_names(features: Iterable[Feature], zoom: int, column: int, row: int) -> Iterator[WayName]:
    """The names of one tile: of places and stations where they stand, of streets in the middle of their longest piece."""
    for feature in features:
        name = next((feature.words[key].strip() for key in NAME_KEYS if feature.words.get(key)), "")
        role = role_of(feature.layer)
        if not name or not feature.paths or role not in ("names", "stations", "roads", "road_names"):
            continue
        if role in ("roads", "road_names"):
            if feature.kind != LINE or class_of(feature) in RAILS | NO_WAYS:
                continue
            point, rank = _middle(max(feature.paths, key=len)), 3
        elif feature.kind == POINT:
            point = feature.paths[0][0]
            rank = 0 if role == "stations" or class_of(feature) in TOWNS else 1
        else:
            continue
        if 0 <= point[0] <= feature.extent and 0 <= point[1] <= feature.extent:
            latitude, longitude = _degrees(point, feature.extent, zoom, column, row)
            yield WayName(name=name[:80], latitude=round(latitude, 5), longitude=round(longitude, 5), rank=rank)


def pack_line(kind: WayKind, line: Iterable[tuple[float, float]]) -> Way:
    """A line in whole numbers, each point as the step from the one before."""
    points: list[int] = []
    before = (0, 0)
    for latitude, longitude in line:
        here = (round(latitude * PLACES), round(longitude * PLACES))
        points += [here[0] - before[0], here[1] - before[1]]
        before = here
    return Way(kind=int(kind), points=tuple(points))


def _within(path: list[tuple[int, int]], extent: int, *, is_ring: bool) -> Iterator[list[tuple[int, int]]]:
    """The runs of a path that lie on the tile. A stretch beyond one side is the next tile's; one along it is no shore."""
    least, most = (0, extent) if is_ring else (-1, extent + 1)
    run: list[tuple[int, int]] = []
    for a, b in pairwise(path):
        is_beside = any(max(a[axis], b[axis]) <= least or min(a[axis], b[axis]) >= most for axis in (0, 1))
        if is_beside:
            if len(run) > 1:
                yield run
            run = []
            continue
        if not run:
            run.append(a)
        run.append(b)
    if len(run) > 1:
        yield run


def _simplify(line: list[tuple[int, int]], off: float) -> list[tuple[int, int]]:
    """Without the points that the line would not miss (Douglas and Peucker)."""
    kept, stack = {0, len(line) - 1}, [(0, len(line) - 1)]
    while stack:
        first, last = stack.pop()
        (ax, ay), (bx, by) = line[first], line[last]
        length = hypot(bx - ax, by - ay)
        worst, at = off, 0
        for place in range(first + 1, last):
            x, y = line[place]
            away = abs((bx - ax) * (ay - y) - (ax - x) * (by - ay)) / length if length else hypot(x - ax, y - ay)
            if away > worst:
                worst, at = away, place
        if at:
            kept.add(at)
            stack += [(first, at), (at, last)]
    return [line[place] for place in sorted(kept)]


def _middle(path: list[tuple[int, int]]) -> tuple[int, int]:
    if len(path) == 2:
        return (path[0][0] + path[1][0]) // 2, (path[0][1] + path[1][1]) // 2
    return path[len(path) // 2]


def _degrees(point: tuple[float, float], extent: int, zoom: int, column: int, row: int) -> tuple[float, float]:
    side = 2.0**zoom
    x, y = (column + point[0] / extent) / side, (row + point[1] / extent) / side
    return degrees(atan(sinh(pi * (1 - 2 * y)))), x * 360.0 - 180.0


def corner_of(zoom: int, column: int, row: int) -> tuple[float, float]:
    """The north-west corner of a tile: latitude, longitude."""
    return _degrees((0, 0), 1, zoom, column, row)
