"""The map that a phone was given: `sketch.json` (a `MapSketch`) and `tiles.mbtiles` in one directory, either or neither; what is
missing there is looked for in the map that travelled with the app.

Public ground, nothing about anybody: the files need no key. A file that cannot be read is as if it were not there, since a
worker without a map still has the list.
"""

from pathlib import Path

import msgspec

from mobile.device.tagged_file import TaggedFile
from mobile.ports import MapSketch

FOLDER, SKETCH, TILES = "map", "sketch.json", "tiles.mbtiles"
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


class SketchFile:
    """Where the map that the server tells lies, beside the store since it is public ground without a key: a sketch that held
    anything else would not be written here, so cells are dropped, `cell_fetch` brings those. `data` is the phone's folder."""

    most_bytes = SKETCH_BYTES_MAX

    def __init__(self, data: Path) -> None:
        self._file = TaggedFile(data / FOLDER / SKETCH)

    def find_tag(self) -> str | None:
        """The tag of the sketch that is here; None for one without a tag: it was put here by the operator, with streets perhaps,
        and is left alone."""
        if self._file.file.is_file() and not self._file.has_tag:
            return None
        return self._file.find_tag()

    def keep(self, body: bytes, tag: str) -> None:
        """Keep the ground of what the server told. Raises OSError, or MsgspecError for what is no sketch."""
        sketch = msgspec.structs.replace(msgspec.json.decode(body, type=MapSketch), cells=(), tiles_path="")
        self._file.write(msgspec.json.encode(sketch), tag)


def _read(file: Path) -> MapSketch:
    try:
        if file.stat().st_size > SKETCH_BYTES_MAX:
            return MapSketch()
        return msgspec.json.decode(file.read_bytes(), type=MapSketch)
    except (OSError, msgspec.MsgspecError):
        return MapSketch()
