"""What a map page hands to the browser: shapes with words, towns to read the map by, and the box that holds them all.

Only what the page itself says is in there; the map asks the server for nothing more.
"""

from collections.abc import Sequence
from math import atan2, cos, pi, radians, sin
from typing import NamedTuple

import msgspec
import shapely
from markupsafe import Markup

from server.places.towns import Town, list_towns
from shared.geo.distance import METRES_PER_DEGREE, near_distance_m, say_distance
from shared.model.position import Position

MARGIN_DEGREES = 0.05
AROUND_DEGREES = 0.005
RING_CORNERS = 48
POINT_M = 3.0
OUTLINE = -1
"""The band of an area of which only the border is drawn, so that the ground shows."""
MOST_TOWNS = 120
DIRECTIONS = ("north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west")

Box = tuple[float, float, float, float]
"""West, south, east, north in degrees."""


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """One area of a map. `band` 0 is the lowest, drawn hatched; `label` is written on it."""

    geojson: str
    label: str
    words: str
    band: int


class Ground:
    """Shapes opened once: their box, and the towns in each."""

    def __init__(self, geojson: list[str]) -> None:
        self._shapes = [shapely.from_geojson(each) for each in geojson]
        self.box: Box = tuple(shapely.total_bounds(self._shapes).tolist()) if self._shapes else (-8.0, 50.0, 2.0, 56.0)
        west, south, east, north = self.box
        self.towns = list_towns(
            west - MARGIN_DEGREES, south - MARGIN_DEGREES, east + MARGIN_DEGREES, north + MARGIN_DEGREES
        )
        self._points = shapely.points([(town.longitude, town.latitude) for town in self.towns])

    def name(self, number: int) -> str:
        """Returns what the area is called: its most populous towns, else the nearest one."""
        shape = self._shapes[number]
        inside = [self.towns[i] for i in shapely.contains(shape, self._points).nonzero()[0].tolist()]
        if inside:
            names = [town.name for town in inside[:3]]
            return ", ".join(names) + (" and around" if len(inside) > 3 else "")
        return self._beside(number)

    def middle(self, number: int) -> tuple[float, float]:
        """Returns a point inside the area: longitude, latitude."""
        point = shapely.point_on_surface(self._shapes[number])
        return float(point.x), float(point.y)

    def _beside(self, number: int) -> str:
        """Where a small area lies, seen from the nearest town: "600 m north of Watford"."""
        if not self.towns:
            return "Area"
        longitude, latitude = self.middle(number)
        here = Position(latitude=latitude, longitude=longitude)
        away = [
            near_distance_m(here, Position(latitude=town.latitude, longitude=town.longitude)) for town in self.towns
        ]
        nearest = min(range(len(away)), key=away.__getitem__)
        town = self.towns[nearest]
        return f"{say_distance(away[nearest])} {_bearing(town, latitude, longitude)} of {town.name}"


def _bearing(town: Town, latitude: float, longitude: float) -> str:
    """The direction from a town to a point, in words."""
    north, east = latitude - town.latitude, (longitude - town.longitude) * cos(radians(latitude))
    return DIRECTIONS[round(atan2(east, north) / (pi / 4)) % 8]


def box_around(points: Sequence[tuple[float, float]]) -> Box:
    """Returns a box with room around these points (longitude, latitude), for a map that begins with streets."""
    longitudes, latitudes = zip(*points, strict=True)
    return (
        min(longitudes) - AROUND_DEGREES, min(latitudes) - AROUND_DEGREES,
        max(longitudes) + AROUND_DEGREES, max(latitudes) + AROUND_DEGREES,
    )  # fmt: skip


def ring_around(middle: Position, metres: float) -> str:
    """Returns a circle as a line that a map draws."""
    north = metres / METRES_PER_DEGREE
    east = north / cos(radians(middle.latitude))
    turns = [2 * pi * step / RING_CORNERS for step in range(RING_CORNERS + 1)]
    ring = [
        [round(middle.longitude + east * cos(turn), 6), round(middle.latitude + north * sin(turn), 6)] for turn in turns
    ]
    return msgspec.json.encode({"type": "Polygon", "coordinates": [ring]}).decode()


class Pin(NamedTuple):
    """An exact point of a map: of a known place, or of a report."""

    longitude: float
    latitude: float
    kind: str


def mark_point(at: Position, label: str, words: str) -> Shape:
    """Returns a point as an area of a few metres, so that its label stands above every name of the ground."""
    return Shape(geojson=ring_around(at, POINT_M), label=label, words=words, band=OUTLINE)


class Name(NamedTuple):
    """A name to read a map by: of a street, a station."""

    longitude: float
    latitude: float
    text: str


def map_data(
    shapes: list[Shape], ground: Ground, pins: Sequence[Pin] = (), names: Sequence[Name] = (), box: Box | None = None
) -> Markup:
    """Returns the map's content as JSON that may stand in a script element. `box` is what it shows first, if not all of it."""
    features = [
        {
            "type": "Feature",
            "geometry": msgspec.json.decode(shape.geojson),
            "properties": {"words": shape.words, "band": shape.band},
        }
        for shape in shapes
    ]
    labels = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": ground.middle(number)},
            "properties": {"text": shape.label},
        }
        for number, shape in enumerate(shapes)
        if shape.label
    ]
    towns = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": (town.longitude, town.latitude)},
            "properties": {"text": town.name, "rank": rank},
        }
        for rank, town in enumerate(ground.towns[:MOST_TOWNS])
    ]
    towns += [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": (name.longitude, name.latitude)},
            "properties": {"text": name.text, "rank": MOST_TOWNS + rank},
        }
        for rank, name in enumerate(names)
    ]
    points = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": (pin.longitude, pin.latitude)},
            "properties": {"kind": pin.kind},
        }
        for pin in pins
    ]
    content = {"box": box or ground.box, "areas": features, "labels": labels, "towns": towns, "pins": points}
    return Markup(msgspec.json.encode(content).decode().replace("<", "\\u003c"))
