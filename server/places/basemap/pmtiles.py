"""PMTiles, version 3: one file with a header, directories of varints and the tiles, found along a Hilbert curve.

Source: the specification of the PMTiles project (github.com/protomaps/PMTiles, spec/v3/spec.md).
"""

import json
import struct
from bisect import bisect_right
from functools import lru_cache
from typing import BinaryIO, NamedTuple

from server.places.basemap.archive import (
    DEEPEST,
    METADATA_BYTES_MAX,
    TILE_BYTES_MAX,
    About,
    BadBasemap,
    plain_text,
    read_layers,
    unpack,
)

HEADER = struct.Struct("<7sB11Q6B4iB2i")
NO_COMPRESSION, GZIP = 1, 2
VECTOR = 1
DIRECTORIES_DEEP = 4
DIRECTORY_BYTES_MAX = 64_000_000
NUMBER_BITS_MAX = 64
"""A longer number is none, and would take the longer to read the longer it is."""


class Entry(NamedTuple):
    """A run of tiles with one content, or (`run` 0) a further directory."""

    tile_id: int
    run: int
    offset: int
    length: int


class PMTiles:
    """An archive in one file with an index of its own."""

    def __init__(self, opened: BinaryIO) -> None:
        self._opened = opened
        head = self._read(0, HEADER.size)
        try:
            (_, version, root_at, root_bytes, told_at, told_bytes, self._leaves_at, _, self._tiles_at, _, _, _, _, _,
             packed, self._packed, kind, min_zoom, max_zoom, *_) = HEADER.unpack(head)  # fmt: skip
        except struct.error as error:
            raise BadBasemap("This PMTiles file is cut off.") from error
        if version != 3:
            raise BadBasemap(f"This is version {version} of PMTiles: version 3 is needed.")
        if kind != VECTOR:
            raise BadBasemap("Its tiles are pictures: a file with vector tiles is needed.")
        if packed not in (NO_COMPRESSION, GZIP) or self._packed not in (NO_COMPRESSION, GZIP):
            raise BadBasemap("It is compressed with neither gzip nor nothing, which is not read here.")
        self._directory = lru_cache(maxsize=64)(self._read_directory)
        self._root = (root_at, root_bytes)
        self.about = self._describe(told_at, told_bytes, min_zoom, min(max_zoom, DEEPEST))

    def find_tile(self, zoom: int, column: int, row: int) -> bytes | None:
        """As `Archive.find_tile`."""
        tile_id = tile_id_of(zoom, column, row)
        at, length = self._root
        for _ in range(DIRECTORIES_DEEP):
            entry = _find(self._directory(at, length), tile_id)
            if entry is None:
                return None
            if entry.run:
                if tile_id >= entry.tile_id + entry.run:
                    return None
                return unpack(self._read(self._tiles_at + entry.offset, entry.length))
            at, length = self._leaves_at + entry.offset, entry.length
        raise BadBasemap("Its directories lead round in a circle: the file is damaged.")

    def _describe(self, at: int, length: int, min_zoom: int, max_zoom: int) -> About:
        try:
            told = json.loads(unpack(self._read(at, length), METADATA_BYTES_MAX) or b"{}")
        except ValueError:
            told = {}
        attribution = plain_text(told.get("attribution", "")) if isinstance(told, dict) else ""
        return About(min_zoom=min_zoom, max_zoom=max_zoom, attribution=attribution, layers=read_layers(told))

    def _read(self, at: int, length: int) -> bytes:
        if length > max(TILE_BYTES_MAX, DIRECTORY_BYTES_MAX):
            raise BadBasemap("It names a part that is far too large: the file is damaged.")
        try:
            self._opened.seek(at)
            body = self._opened.read(length)
        except (OSError, OverflowError, ValueError) as error:
            raise BadBasemap("It cannot be read: the file is damaged.") from error
        if len(body) < length:
            raise BadBasemap("This PMTiles file is cut off.")
        return body

    def _read_directory(self, at: int, length: int) -> list[Entry]:
        body = unpack(self._read(at, length), DIRECTORY_BYTES_MAX)
        numbers = iter(_varints(body))
        try:
            count = next(numbers)
            if count > len(body):
                raise BadBasemap("A directory of it is damaged.")
            ids, last = [], 0
            for _ in range(count):
                last += next(numbers)
                ids.append(last)
            runs = [next(numbers) for _ in range(count)]
            lengths = [next(numbers) for _ in range(count)]
            offsets: list[int] = []
            for place in range(count):
                told = next(numbers)
                follows = told == 0 and place > 0
                offsets.append(offsets[-1] + lengths[place - 1] if follows else told - 1)
        except StopIteration as error:
            raise BadBasemap("A directory of it is cut off.") from error
        return [Entry(*each) for each in zip(ids, runs, offsets, lengths, strict=True)]


def tile_id_of(zoom: int, column: int, row: int) -> int:
    """The number of a tile: all of the zooms before it, then its place along the Hilbert curve of its own."""
    before: int = (4**zoom - 1) // 3
    x, y, along, side = column, row, 0, 2 ** (zoom - 1) if zoom else 0
    while side:
        right, down = int(bool(x & side)), int(bool(y & side))
        along += side * side * ((3 * right) ^ down)
        if not down:
            if right:
                x, y = side - 1 - (x & (side - 1)), side - 1 - (y & (side - 1))
            x, y = y, x
        side //= 2
    return before + along


def _find(entries: list[Entry], tile_id: int) -> Entry | None:
    place = bisect_right(entries, tile_id, key=lambda each: each.tile_id) - 1
    return entries[place] if place >= 0 else None


def _varints(body: bytes) -> list[int]:
    numbers, number, shift = [], 0, 0
    for byte in body:
        number |= (byte & 0x7F) << shift
        if byte & 0x80:
            shift += 7
            if shift >= NUMBER_BITS_MAX:
                raise BadBasemap("A directory of it is damaged.")
            continue
        numbers.append(number)
        number, shift = 0, 0
    return numbers
