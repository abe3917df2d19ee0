"""The map that a phone was given: `sketch.json` (a `MapSketch`) and `tiles.mbtiles` in one directory, either or neither.

Public ground, nothing about anybody: the files need no key. A file that cannot be read is as if it were not there, since a
worker without a map still has the list.
"""

from pathlib import Path

import msgspec

from mobile.screens.ports import MapSketch

SKETCH, TILES = "sketch.json", "tiles.mbtiles"
SKETCH_BYTES_MAX = 20_000_000


class MapPack:
    """A directory with a map in it; see `mobile.screens.ports.MapSource`."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def map_sketch(self) -> MapSketch:
        """The sketch with the path of the raster pack; an empty one when there is neither."""
        tiles = self._directory / TILES
        sketch = self._read()
        return msgspec.structs.replace(sketch, tiles_path=str(tiles) if tiles.is_file() else "")

    def _read(self) -> MapSketch:
        file = self._directory / SKETCH
        try:
            if file.stat().st_size > SKETCH_BYTES_MAX:
                return MapSketch()
            return msgspec.json.decode(file.read_bytes(), type=MapSketch)
        except (OSError, msgspec.MsgspecError):
            return MapSketch()
