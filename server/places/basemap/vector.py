"""A vector tile as features: the name of the layer, its words, and lines in the tile's own units. What cannot be understood is
refused whole.

Source: Mapbox Vector Tile specification 2.1. Only what a map of streets needs is read: text and whole numbers among the values.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from server.places.basemap.archive import BadBasemap

POINT, LINE, POLYGON = 1, 2, 3
MOVE, DRAW, CLOSE = 1, 2, 7
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
Path = list[tuple[int, int]]


class Feature(NamedTuple):
    """`paths` are runs of (x, y) from the tile's north-west corner, `extent` to its south-east; a polygon's are closed."""

    layer: str
    kind: int
    words: dict[str, str]
    paths: list[Path]
    extent: int


def read_tile(body: bytes) -> Iterator[Feature]:
    """Every feature of a tile. Raises BadBasemap."""
    try:
        for field, told in _fields(body):
            if field == 3 and isinstance(told, bytes):
                yield from _layer(told)
    except (IndexError, struct.error, UnicodeDecodeError, ValueError) as error:
        raise BadBasemap("A vector tile cannot be read: the file is damaged.") from error


def _layer(body: bytes) -> Iterator[Feature]:
    name, extent, keys, values, features = "", 4096, [], [], []
    for field, told in _fields(body):
        if field == 1 and isinstance(told, bytes):
            name = told.decode()
        elif field == 2 and isinstance(told, bytes):
            features.append(told)
        elif field == 3 and isinstance(told, bytes):
            keys.append(told.decode())
        elif field == 4 and isinstance(told, bytes):
            values.append(_value(told))
        elif field == 5 and isinstance(told, int):
            extent = max(told, 1)
    for each in features:
        kind, tags, geometry = 0, [], []
        for field, told in _fields(each):
            if field == 2 and isinstance(told, bytes):
                tags = _packed(told)
            elif field == 3 and isinstance(told, int):
                kind = told
            elif field == 4 and isinstance(told, bytes):
                geometry = _packed(told)
        words = {keys[key]: values[value] for key, value in zip(tags[::2], tags[1::2], strict=True)}
        yield Feature(name, kind, words, _paths(geometry), extent)


def _paths(commands: list[int]) -> list[Path]:
    paths: list[Path] = []
    x = y = place = 0
    while place < len(commands):
        command, count = commands[place] & 7, commands[place] >> 3
        place += 1
        if command == CLOSE:
            if paths and paths[-1]:
                paths[-1].append(paths[-1][0])
            continue
        if command not in (MOVE, DRAW) or place + 2 * count > len(commands):
            raise ValueError("no such command")
        for _ in range(count):
            x += _signed(commands[place])
            y += _signed(commands[place + 1])
            place += 2
            if command == MOVE:
                paths.append([(x, y)])
            else:
                paths[-1].append((x, y))
    return paths


def _fields(body: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Every field of a message with what it holds, as protocol buffers lay them out."""
    place = 0
    while place < len(body):
        tag, place = _varint(body, place)
        kind = tag & 7
        if kind == VARINT:
            told, place = _varint(body, place)
            yield tag >> 3, told
            continue
        if kind == BYTES:
            length, place = _varint(body, place)
        elif kind in (FIXED32, FIXED64):
            length = 4 if kind == FIXED32 else 8
        else:
            raise ValueError("no such kind of field")
        if place + length > len(body):
            raise ValueError("cut off")
        yield tag >> 3, body[place : place + length]
        place += length


def _varint(body: bytes, place: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = body[place]
        place += 1
        number |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return number, place
        shift += 7
        if shift > 63:
            raise ValueError("no such number")


def _packed(body: bytes) -> list[int]:
    numbers, place = [], 0
    while place < len(body):
        number, place = _varint(body, place)
        numbers.append(number)
    return numbers


def _value(body: bytes) -> str:
    """A value in words; of the fractions, which name nothing, none."""
    for field, told in _fields(body):
        if field == 1 and isinstance(told, bytes):
            return told.decode()
        if field in (4, 5, 6, 7) and isinstance(told, int):
            return str(_signed(told) if field == 6 else told)
    return ""


def _signed(number: int) -> int:
    return (number >> 1) ^ -(number & 1)
