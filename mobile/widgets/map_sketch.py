"""The ground of the map as batched meshes: streets, outlines and cells in world pixels about an origin.

Built once, moved by matrix.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import hypot

from kivy.graphics import Color, InstructionGroup, Mesh
from kivy.utils import get_color_from_hex

from mobile.theme import palette
from mobile.widgets.mercator import world_px
from shared.model.value import Value

Outline = tuple[tuple[float, float], ...]
MOST_VERTICES = 60_000
"""A mesh's indices are 16 bits."""
CLASSES = 5
STREET_PX, OUTLINE_PX = 1.6, 2.6
"""Widths in world pixels at the origin's zoom: they grow as one comes nearer, as streets do."""


class Name(Value, frozen=True, kw_only=True):
    """A word on the ground; rank 0 is drawn at every zoom."""

    text: str
    latitude: float
    longitude: float
    rank: int = 0


class Ground(Value, frozen=True, kw_only=True):
    """Streets and names as they are, cells as (corners, strength 0 to 4)."""

    streets: tuple[Outline, ...] = ()
    names: tuple[Name, ...] = ()
    cells: tuple[tuple[Outline, int], ...] = ()


class SketchDrawing(InstructionGroup):
    """The meshes, farthest first."""

    def build(self, ground: Ground, outlines: Sequence[Outline], origin: tuple[float, float], zoom: float) -> None:
        """Draw it all about `origin`, in world pixels at `zoom`."""
        self.clear()
        self._cells(ground.cells, origin, zoom)
        self._lines(ground.streets, origin, zoom, palette().edge, STREET_PX)
        self._lines(outlines, origin, zoom, palette().map_line, OUTLINE_PX)

    def _cells(self, cells: Sequence[tuple[Outline, int]], origin: tuple[float, float], zoom: float) -> None:
        red, green, blue, _ = get_color_from_hex(palette().map_cell)
        for strength in range(CLASSES):
            corners = [outline for outline, its_strength in cells if its_strength == strength]
            if not corners:
                continue
            self.add(Color(red, green, blue, 0.14 + 0.11 * strength))
            for vertices, indices in fans(corners, origin, zoom):
                self.add(Mesh(vertices=vertices, indices=indices, mode="triangles"))

    def _lines(
        self, lines: Iterable[Outline], origin: tuple[float, float], zoom: float, colour: str, width_px: float
    ) -> None:
        self.add(Color(*get_color_from_hex(colour)))
        for vertices, indices in ribbons(lines, origin, zoom, width_px):
            self.add(Mesh(vertices=vertices, indices=indices, mode="triangles"))


def fans(
    outlines: Iterable[Outline], origin: tuple[float, float], zoom: float
) -> Iterable[tuple[list[float], list[int]]]:
    """Convex outlines as triangles, in batches that fit a mesh."""
    vertices: list[float] = []
    indices: list[int] = []
    for outline in outlines:
        first = len(vertices) // 4
        vertices += _vertices(outline, origin, zoom)
        for corner in range(1, len(outline) - 1):
            indices += [first, first + corner, first + corner + 1]
        if len(vertices) // 4 > MOST_VERTICES - 64:
            yield vertices, indices
            vertices, indices = [], []
    if indices:
        yield vertices, indices


def ribbons(
    lines: Iterable[Outline], origin: tuple[float, float], zoom: float, width_px: float
) -> Iterable[tuple[list[float], list[int]]]:
    """Runs of points as narrow quadrilaterals, one a stretch, in batches that fit a mesh."""
    vertices: list[float] = []
    indices: list[int] = []
    for line in lines:
        points = [world_px(latitude, longitude, zoom) for latitude, longitude in line]
        for start, end in pairwise(points):
            _add_ribbon(vertices, indices, start, end, origin, width_px / 2)
            if len(vertices) // 4 > MOST_VERTICES - 4:
                yield vertices, indices
                vertices, indices = [], []
    if indices:
        yield vertices, indices


def _add_ribbon(
    vertices: list[float],
    indices: list[int],
    start: tuple[float, float],
    end: tuple[float, float],
    origin: tuple[float, float],
    half_px: float,
) -> None:
    across, up = end[0] - start[0], end[1] - start[1]
    length = hypot(across, up) or 1.0
    side_x, side_y = -up / length * half_px, across / length * half_px
    first = len(vertices) // 4
    for (x, y), sign in ((start, 1), (start, -1), (end, -1), (end, 1)):
        vertices += [x - origin[0] + sign * side_x, y - origin[1] + sign * side_y, 0.0, 0.0]
    indices += [first, first + 1, first + 2, first, first + 2, first + 3]


def _vertices(outline: Outline, origin: tuple[float, float], zoom: float) -> list[float]:
    vertices: list[float] = []
    for latitude, longitude in outline:
        x, y = world_px(latitude, longitude, zoom)
        vertices += [x - origin[0], y - origin[1], 0.0, 0.0]
    return vertices
