"""A pack of raster tiles (MBTiles: an SQLite file of PNG or JPEG) beneath the sketch. A local file; never a network.

The pack is public ground, not a record of anyone: it is read with the plain sqlite3 of the standard library, read-only.
"""

import sqlite3
from functools import lru_cache
from io import BytesIO
from math import floor
from pathlib import Path
from typing import Any

from kivy.graphics import Color, InstructionGroup, Rectangle

from mobile.widgets.mercator import TILE_PX, world_px

TILES_KEPT = 120


class TileLayer(InstructionGroup):
    """The tiles in sight, with a ring of one around them so that a pan meets no edge at once."""

    def __init__(self) -> None:
        super().__init__()
        self.path = ""
        self.origin = (0.0, 0.0)
        self._zooms = (0, 0)
        self._texture = lru_cache(maxsize=TILES_KEPT)(self._read)

    def open(self, path: str) -> bool:
        """Use this pack. False when it is not there, is not a pack, or holds vector tiles."""
        self._texture.cache_clear()
        self.path = ""
        if not path or not Path(path).is_file():
            return False
        try:
            zooms, form = self._query_head(path)
        except sqlite3.Error:
            return False
        if zooms[0] is None or form == "pbf":
            return False
        self.path, self._zooms = path, (int(zooms[0]), int(zooms[1]))
        return True

    def build(self, latitude: float, longitude: float, zoom: float, size: Any) -> None:
        """Draw the tiles about a point."""
        self.clear()
        self.origin = world_px(latitude, longitude, zoom)
        if not self.path:
            return
        level = max(self._zooms[0], min(self._zooms[1], floor(zoom)))
        side = TILE_PX * 2.0 ** (zoom - level)
        left, bottom = self.origin[0] - size[0] / 2 - side, self.origin[1] - size[1] / 2 - side
        self.add(Color(1, 1, 1, 1))
        for column in range(floor(left / side), floor((left + size[0] + 2 * side) / side) + 1):
            for row in range(floor(bottom / side), floor((bottom + size[1] + 2 * side) / side) + 1):
                self._add_tile(level, column, row, side)

    def _add_tile(self, level: int, column: int, row: int, side: float) -> None:
        texture = self._texture(level, column, row)
        if texture is not None:
            x, y = column * side - self.origin[0], row * side - self.origin[1]
            self.add(Rectangle(texture=texture, pos=(x, y), size=(side + 0.5, side + 0.5)))

    def _query_head(self, path: str) -> tuple[tuple[Any, Any], str]:
        with _open(path) as pack:
            zooms = pack.execute("SELECT min(zoom_level), max(zoom_level) FROM tiles").fetchone()
            form = pack.execute("SELECT value FROM metadata WHERE name = 'format'").fetchone()
        return (zooms[0], zooms[1]), form[0] if form else "png"

    def _read(self, level: int, column: int, row: int) -> Any:
        # MBTiles counts rows from the south, as world pixels here do.
        from kivy.core.image import Image as CoreImage

        with _open(self.path) as pack:
            found = pack.execute(
                "SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?",
                (level, column, row),
            ).fetchone()
        if found is None:
            return None
        form = "jpg" if found[0][:2] == b"\xff\xd8" else "png"
        return CoreImage(BytesIO(found[0]), ext=form, nocache=True).texture


class _open:  # noqa: N801 - used as a function: a read-only connection that is closed at the end of its block
    def __init__(self, path: str) -> None:
        self._connection = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)

    def __enter__(self) -> sqlite3.Connection:
        return self._connection

    def __exit__(self, *_: object) -> None:
        self._connection.close()
