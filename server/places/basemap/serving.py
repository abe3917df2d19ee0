"""The basemap as it is served: one tile, and what a map must know of it."""

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from server.places.basemap.clipping import FILE
from shared.model.value import Value


class Served(Value, frozen=True, kw_only=True):
    """The basemap there is. `layers` are the names of its layers by what they hold; `version` changes with the file."""

    min_zoom: int
    max_zoom: int
    attribution: str
    layers: Mapping[str, list[str]]
    version: str


def find_served(data: Path) -> Served | None:
    """What is served, or None where no basemap was made, or it cannot be read."""
    file = data / FILE
    try:
        written = file.stat()
        with closing(_open(file)) as opened:
            told = dict(opened.execute("SELECT name, value FROM metadata").fetchall())
        return Served(
            min_zoom=int(told["minzoom"]), max_zoom=int(told["maxzoom"]), attribution=str(told["attribution"]),
            layers=json.loads(told["roles"]), version=f"{written.st_mtime_ns:x}{written.st_size:x}",
        )  # fmt: skip
    except (OSError, sqlite3.Error, KeyError, ValueError):
        return None


def find_served_tile(data: Path, zoom: int, column: int, row: int) -> bytes | None:
    """A tile as it is kept, gzipped; None for one that is not ours."""
    if not 0 <= zoom <= 30 or not 0 <= column < 2**zoom or not 0 <= row < 2**zoom:
        return None
    try:
        with closing(_open(data / FILE)) as opened:
            found = opened.execute(
                "SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?",
                (zoom, column, 2**zoom - 1 - row),
            ).fetchone()
    except sqlite3.Error:
        return None
    return None if found is None else bytes(found[0])


def _open(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
