"""The map that a phone was given: `sketch.json` (a `MapSketch`) and `tiles.mbtiles` in one directory, either or neither; what is
missing there is looked for in the map that travelled with the app.

Public ground, nothing about anybody: the files need no key. A file that cannot be read is as if it were not there, since a
worker without a map still has the list.
"""

from pathlib import Path

import msgspec

from mobile.ports import MapSketch

SKETCH, TILES = "sketch.json", "tiles.mbtiles"
SKETCH_BYTES_MAX = 20_000_000


class MapPack:
    """A directory with a map in it; see `mobile.ports.MapSource`."""

    def __init__(self, directory: Path, built_in: Path | None = None) -> None:
        self._directories = (directory,) if built_in is None else (directory, built_in)

    def map_sketch(self) -> MapSketch:
        """The sketch with the path of the raster pack; an empty one when there is neither."""
        tiles = next((str(file) for file in self._list(TILES)), "")
        sketch = next((found for file in self._list(SKETCH) if (found := _read(file)) != MapSketch()), MapSketch())
        return msgspec.structs.replace(sketch, tiles_path=tiles)

    def _list(self, name: str) -> list[Path]:
        return [directory / name for directory in self._directories if (directory / name).is_file()]


def _read(file: Path) -> MapSketch:
    try:
        if file.stat().st_size > SKETCH_BYTES_MAX:
            return MapSketch()
        return msgspec.json.decode(file.read_bytes(), type=MapSketch)
    except (OSError, msgspec.MsgspecError):
        return MapSketch()
