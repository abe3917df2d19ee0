"""A file of vector tiles, whichever of the two kinds it is: MBTiles (SQLite) or PMTiles. Read only; of the file nothing is
believed."""

import gzip
import html
import io
import json
import re
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from shared.model.value import Value

TILE_BYTES_MAX = 20_000_000
METADATA_BYTES_MAX = 20_000_000
SQLITE_MAGIC, PMTILES_MAGIC = b"SQLite format 3\0", b"PMTiles"
DEEPEST = 22


class BadBasemap(Exception):
    """The file cannot be used; the words say why, for whoever runs the server."""


class About(Value, frozen=True, kw_only=True):
    """What a file says of itself. `layers` are the names of its vector layers, where it tells them."""

    min_zoom: int
    max_zoom: int
    attribution: str = ""
    layers: tuple[str, ...] = ()


class Archive(Protocol):
    """Tiles by zoom, column and row from the north-west, as the web counts them."""

    about: About

    def find_tile(self, zoom: int, column: int, row: int) -> bytes | None:
        """A vector tile, unpacked; None where there is none. Raises BadBasemap."""


@contextmanager
def open_archive(file: Path) -> Iterator[Archive]:
    """The archive in a file. Raises BadBasemap."""
    from server.places.basemap.pmtiles import PMTiles

    with _open(file) as opened:
        try:
            magic = opened.read(len(SQLITE_MAGIC))
        except OSError as error:
            raise _unreadable(file, error) from error
        if magic.startswith(PMTILES_MAGIC):
            yield PMTiles(opened)
            return
    if magic != SQLITE_MAGIC:
        raise BadBasemap(f"{file} is neither MBTiles nor PMTiles.")
    with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
        yield MBTiles(connection)


def _open(file: Path) -> BinaryIO:
    try:
        return file.open("rb")
    except OSError as error:
        raise _unreadable(file, error) from error


def _unreadable(file: Path, error: OSError) -> BadBasemap:
    return BadBasemap(f"{file} cannot be read: {error.strerror}.")


class MBTiles:
    """An archive in SQLite, which counts rows from the south."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        try:
            told = dict(connection.execute("SELECT name, value FROM metadata").fetchall())
            zooms = connection.execute("SELECT min(zoom_level), max(zoom_level) FROM tiles").fetchone()
        except (sqlite3.Error, ValueError) as error:
            raise BadBasemap(f"This is SQLite, and not MBTiles: {error}.") from error
        if str(told.get("format", "pbf")) not in ("pbf", "mvt"):
            raise BadBasemap(f"Its tiles are pictures ({told['format']}): a file with vector tiles is needed.")
        if not all(isinstance(each, int) for each in zooms):
            raise BadBasemap("There is no tile in it.")
        self.about = About(
            min_zoom=max(zooms[0], 0), max_zoom=min(zooms[1], DEEPEST),
            attribution=plain_text(told.get("attribution", "")), layers=_layers(told.get("json", "")),
        )  # fmt: skip

    def find_tile(self, zoom: int, column: int, row: int) -> bytes | None:
        """As `Archive.find_tile`."""
        try:
            found = self._connection.execute(
                "SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?",
                (zoom, column, 2**zoom - 1 - row),
            ).fetchone()
        except sqlite3.Error as error:
            raise BadBasemap(f"A tile cannot be read: {error}.") from error
        if found is None or found[0] is None:
            return None
        if not isinstance(found[0], bytes):
            raise BadBasemap("A tile is none: the file is damaged.")
        return unpack(found[0])


def unpack(body: bytes, most: int = TILE_BYTES_MAX) -> bytes:
    """What is gzipped, unpacked; anything else as it is. Raises BadBasemap for what is broken or swells beyond all measure."""
    if body[:2] != b"\x1f\x8b":
        return body
    try:
        with gzip.open(io.BytesIO(body)) as packed:
            plain = packed.read(most + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise BadBasemap("A tile cannot be unpacked: the file is damaged.") from error
    if len(plain) > most:
        raise BadBasemap("A tile is far too large: the file is damaged.")
    return plain


def plain_text(told: Any) -> str:
    """Words without markup: an attribution stands on pages."""
    text = html.unescape(re.sub(r"<[^<>]*>", "", str(told)))
    return " ".join(text.replace("<", "").replace(">", "").split())[:200]


def _layers(told: Any) -> tuple[str, ...]:
    try:
        return read_layers(json.loads(told or "{}"))
    except (ValueError, TypeError):
        return ()


def read_layers(told: Any) -> tuple[str, ...]:
    """The names of the layers in a file's own description."""
    layers = told.get("vector_layers") if isinstance(told, dict) else None
    ids = [each.get("id") for each in layers if isinstance(each, dict)] if isinstance(layers, list) else []
    return tuple(each for each in ids if isinstance(each, str))
