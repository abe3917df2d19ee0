"""The streets, railways and water of the map: drawn square by square as they come into sight, each built once and kept a while.

A county has a quarter of a million points: more than a phone draws at once, and far more than anybody sees.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Sequence
from math import cos, floor, radians
from typing import Any

from kivy.graphics import Color, InstructionGroup, Mesh
from kivy.utils import get_color_from_hex

from mobile.ports import MapWay
from mobile.theme import palette
from mobile.widgets.map_sketch import ribbons
from mobile.widgets.mercator import from_world_px, world_px

NEAR_SQUARE, FAR_SQUARE = 0.01, 0.08
"""Degrees of latitude: the squares in which ways are drawn; from afar only main roads, railways and water."""
NEAR_FROM_ZOOM = 13.0
KEPT_SQUARES = 160
MOST_IN_SIGHT = 120
PLACES = 100_000
MAJOR, STREET, PATH, RAIL, WATER = range(5)
FROM_AFAR = frozenset({MAJOR, RAIL, WATER})
ORDER = (WATER, PATH, STREET, RAIL, MAJOR)
WIDTH_PX = {MAJOR: 3.4, STREET: 2.0, PATH: 0.9, RAIL: 1.2, WATER: 2.2}
"""In world pixels at the origin's zoom: they grow as one comes nearer, as streets do."""

Square = tuple[bool, int, int]


class WayDrawing(InstructionGroup):
    """What is in sight, farthest first."""

    def __init__(self) -> None:
        super().__init__()
        self._ways: Sequence[MapWay] = ()
        self._by_square: dict[Square, list[MapWay]] = {}
        self._kept: OrderedDict[Square, InstructionGroup] = OrderedDict()
        self._shown: list[Square] = []
        self._origin, self._zoom = (0.0, 0.0), 0.0

    @property
    def is_there(self) -> bool:
        """Is there any way to draw?"""
        return bool(self._ways)

    def put(self, ways: Sequence[MapWay], origin: tuple[float, float], zoom: float) -> None:
        """Draw these from now on, about `origin` in world pixels at `zoom`."""
        self._origin, self._zoom = origin, zoom
        self.clear()
        self._kept.clear()
        self._shown = []
        if ways is self._ways:
            return
        self._ways = ways
        squares: dict[Square, list[MapWay]] = defaultdict(list)
        for way in ways:
            middle = _first(way)
            squares[_square(*middle, is_near=True)].append(way)
            if way.kind in FROM_AFAR:
                squares[_square(*middle, is_near=False)].append(way)
        self._by_square = dict(squares)

    def look(self, latitude: float, longitude: float, zoom: float, size: Any) -> None:
        """Show what is in sight about a point, and a little round it."""
        if not self._ways:
            return
        wanted = self._in_sight(latitude, longitude, zoom, size)
        if wanted == self._shown:
            return
        self.clear()
        self._shown = wanted
        for square in wanted:
            self.add(self._group(square))
        while len(self._kept) > KEPT_SQUARES:
            self._kept.popitem(last=False)

    def _in_sight(self, latitude: float, longitude: float, zoom: float, size: Any) -> list[Square]:
        is_near = zoom >= NEAR_FROM_ZOOM
        side = NEAR_SQUARE if is_near else FAR_SQUARE
        x, y = world_px(latitude, longitude, zoom)
        south, west = from_world_px(x - size[0] * 0.75, y - size[1] * 0.75, zoom)
        north, east = from_world_px(x + size[0] * 0.75, y + size[1] * 0.75, zoom)
        across = side / cos(radians(50.0))
        squares = [
            (is_near, row, column)
            # A way belongs to the square of its first point and may reach into the next.
            for row in range(floor(south / side) - 1, floor(north / side) + 2)
            for column in range(floor(west / across) - 1, floor(east / across) + 2)
        ]
        return [each for each in squares if each in self._by_square][:MOST_IN_SIGHT]

    def _group(self, square: Square) -> InstructionGroup:
        kept = self._kept.get(square)
        if kept is not None:
            self._kept.move_to_end(square)
            return kept
        group = InstructionGroup()
        ways = self._by_square[square]
        for kind in ORDER:
            lines = [_line(way) for way in ways if way.kind == kind]
            if not lines:
                continue
            group.add(Color(*get_color_from_hex(_colour(kind))))
            for vertices, indices in ribbons(lines, self._origin, self._zoom, WIDTH_PX[kind]):
                group.add(Mesh(vertices=vertices, indices=indices, mode="triangles"))
        self._kept[square] = group
        return group


def _colour(kind: int) -> str:
    if kind == WATER:
        return palette().map_water
    return palette().map_line if kind in (MAJOR, RAIL) else palette().map_street


def _square(latitude: float, longitude: float, *, is_near: bool) -> Square:
    side = NEAR_SQUARE if is_near else FAR_SQUARE
    return is_near, floor(latitude / side), floor(longitude / (side / cos(radians(50.0))))


def _first(way: MapWay) -> tuple[float, float]:
    return way.points[0] / PLACES, way.points[1] / PLACES


def _line(way: MapWay) -> tuple[tuple[float, float], ...]:
    latitude = longitude = 0
    line = []
    for place in range(0, len(way.points) - 1, 2):
        latitude += way.points[place]
        longitude += way.points[place + 1]
        line.append((latitude / PLACES, longitude / PLACES))
    return tuple(line)
