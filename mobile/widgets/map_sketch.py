"""The ground of the map as batched meshes: streets, outlines and cells in world pixels about an origin.

Built once, moved by matrix.
"""

from collections.abc import Iterable, Sequence

from kivy.graphics import Color, InstructionGroup, Mesh
from kivy.utils import get_color_from_hex

from mobile.theme import palette
from mobile.widgets.mercator import world_px
from shared.model.value import Value

Outline = tuple[tuple[float, float], ...]
MOST_VERTICES = 60_000
"""A mesh's indices are 16 bits."""
CLASSES = 5


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
        self._lines(ground.streets, origin, zoom, palette().edge)
        self._lines(outlines, origin, zoom, palette().map_line)

    def _cells(self, cells: Sequence[tuple[Outline, int]], origin: tuple[float, float], zoom: float) -> None:
        red, green, blue, _ = get_color_from_hex(palette().map_cell)
        for strength in range(CLASSES):
            corners = [outline for outline, its_strength in cells if its_strength == strength]
            if not corners:
                continue
            self.add(Color(red, green, blue, 0.14 + 0.11 * strength))
            for vertices, indices in fans(corners, origin, zoom):
                self.add(Mesh(vertices=vertices, indices=indices, mode="triangles"))

    def _lines(self, lines: Iterable[Outline], origin: tuple[float, float], zoom: float, colour: str) -> None:
        self.add(Color(*get_color_from_hex(colour)))
        for vertices, indices in segments(lines, origin, zoom):
            self.add(Mesh(vertices=vertices, indices=indices, mode="lines"))


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


def segments(
    lines: Iterable[Outline], origin: tuple[float, float], zoom: float
) -> Iterable[tuple[list[float], list[int]]]:
    """Runs of points as line segments, in batches that fit a mesh."""
    vertices: list[float] = []
    indices: list[int] = []
    for line in lines:
        if len(vertices) // 4 + len(line) > MOST_VERTICES and indices:
            yield vertices, indices
            vertices, indices = [], []
        first = len(vertices) // 4
        vertices += _vertices(line[:MOST_VERTICES], origin, zoom)
        for point in range(len(line[:MOST_VERTICES]) - 1):
            indices += [first + point, first + point + 1]
    if indices:
        yield vertices, indices


def _vertices(outline: Outline, origin: tuple[float, float], zoom: float) -> list[float]:
    vertices: list[float] = []
    for latitude, longitude in outline:
        x, y = world_px(latitude, longitude, zoom)
        vertices += [x - origin[0], y - origin[1], 0.0, 0.0]
    return vertices
