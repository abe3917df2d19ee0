"""What the screens ask of the phone beside `mobile.field.api.Field`: what the map draws.

Protocols and values only: no Kivy, no store, no words for people to read. Positions are WGS 84 degrees.
"""

from typing import Protocol

from shared.model.value import Value

Line = tuple[tuple[float, float], ...]
"""A run of (latitude, longitude)."""


class MapPlace(Value, frozen=True, kw_only=True):
    """A word on the sketch map. `rank` 0 is drawn at every zoom (towns, stations), higher only when zoomed in."""

    name: str
    latitude: float
    longitude: float
    rank: int = 0


class MapWay(Value, frozen=True, kw_only=True, array_like=True):
    """A street, railway or shore: its kind (0 main road, 1 street, 2 path, 3 railway, 4 water), and whole numbers: latitude and
    longitude in hundred-thousandths of a degree, then the step to each next point."""

    kind: int
    points: tuple[int, ...]


class MapCell(Value, frozen=True, kw_only=True):
    """A hotspot cell: its corners in order, and a class from 0 (faint) to 4 (strong)."""

    corners: Line
    strength: int


class MapSketch(Value, frozen=True, kw_only=True):
    """What the map draws with no network: geometry that the server prepared, or a pack of raster tiles, or neither."""

    outlines: tuple[Line, ...] = ()
    streets: tuple[Line, ...] = ()
    places: tuple[MapPlace, ...] = ()
    cells: tuple[MapCell, ...] = ()
    ways: tuple[MapWay, ...] = ()
    tiles_path: str = ""


class MapSource(Protocol):
    """Where the sketch comes from."""

    def map_sketch(self) -> MapSketch:
        """The sketch for this worker's patch; an empty one when none was sent yet."""


class NoMap:
    """A phone that was sent no map yet: pins are drawn on bare ground."""

    def map_sketch(self) -> MapSketch:
        """Empty."""
        return MapSketch()
