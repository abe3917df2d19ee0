"""Small files of vector tiles for tests: a few streets about the middle of Watford, as MBTiles or PMTiles."""

import gzip
import json
import sqlite3
import struct
from collections.abc import Mapping, Sequence
from math import asinh, floor, pi, radians, tan
from pathlib import Path
from typing import Any

from server.places.basemap.pmtiles import tile_id_of

Tile = tuple[int, int, int]
EXTENT = 4096


def varint(number: int) -> bytes:
    told = b""
    while number > 0x7F:
        told += bytes([number & 0x7F | 0x80])
        number >>= 7
    return told + bytes([number])


def field(number: int, body: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(body)) + body


def whole(number: int, value: int) -> bytes:
    return varint(number << 3) + varint(value)


def geometry(kind: int, paths: Sequence[Sequence[tuple[int, int]]]) -> bytes:
    numbers: list[int] = []
    x = y = 0

    def go(to: tuple[int, int]) -> None:
        nonlocal x, y
        numbers.extend((step << 1) ^ (step >> 31) for step in (to[0] - x, to[1] - y))
        x, y = to

    for path in paths:
        numbers.append(1 << 3 | 1)
        go(path[0])
        if len(path) > 1:
            numbers.append((len(path) - 1) << 3 | 2)
            for point in path[1:]:
                go(point)
        if kind == 3:
            numbers.append(1 << 3 | 7)
    return b"".join(varint(number & 0xFFFFFFFF) for number in numbers)


def make_tile(
    layers: Mapping[str, Sequence[tuple[int, Mapping[str, str], Sequence[Sequence[tuple[int, int]]]]]],
) -> bytes:
    """Layers of features, each (1 point, 2 line, 3 polygon), its words, and its paths in the tile's 4096ths."""
    tile = b""
    for name, features in layers.items():
        keys = sorted({key for _, words, _ in features for key in words})
        values = sorted({value for _, words, _ in features for value in words.values()})
        body = field(1, name.encode())
        for kind, words, paths in features:
            tags = b"".join(varint(keys.index(k)) + varint(values.index(v)) for k, v in words.items())
            body += field(2, field(2, tags) + whole(3, kind) + field(4, geometry(kind, paths)))
        body += b"".join(field(3, key.encode()) for key in keys)
        body += b"".join(field(4, field(1, value.encode())) for value in values)
        body += whole(5, EXTENT) + whole(15, 2)
        tile += field(3, body)
    return tile


def tile_at(latitude: float, longitude: float, zoom: int) -> Tile:
    side = 2**zoom
    return zoom, floor((longitude + 180) / 360 * side), floor((1 - asinh(tan(radians(latitude))) / pi) / 2 * side)


ZOOMSTACK = make_tile({
    "roads": [
        (2, {"type": "Local", "name": "Market Street"}, [[(100, 2000), (1000, 2000), (2000, 2001), (4000, 2000)]]),
        (2, {"type": "A Road", "name": "High Street"}, [[(-200, 300), (4300, 300)]]),
    ],
    "rail": [(2, {"type": "Multi Track"}, [[(0, 100), (4096, 4000)]])],
    "surfacewater": [(3, {}, [[(-64, -64), (900, -64), (900, 900), (-64, 900)]])],
    "railway_stations": [(1, {"name": "Watford High Street", "type": "Railway Station"}, [[(2048, 2048)]])],
    "names": [(1, {"name1": "Watford", "type": "Town"}, [[(1000, 1000)]])],
    "sites": [(3, {}, [[(0, 0), (10, 0), (10, 10)]])],
})  # fmt: skip
"""As OS Open Zoomstack names its layers."""


def write_mbtiles(path: Path, tiles: Mapping[Tile, bytes], **metadata: str) -> Path:
    with sqlite3.connect(path) as kept:
        kept.execute("CREATE TABLE metadata (name TEXT, value TEXT)")
        kept.execute("CREATE TABLE tiles (zoom_level INTEGER, tile_column INTEGER, tile_row INTEGER, tile_data BLOB)")
        told = {"format": "pbf", "attribution": '<a href="x">Contains OS data</a> © Crown 2026'} | metadata
        kept.executemany("INSERT INTO metadata VALUES (?, ?)", told.items())
        rows = [(z, x, 2**z - 1 - y, gzip.compress(body)) for (z, x, y), body in tiles.items()]
        kept.executemany("INSERT INTO tiles VALUES (?, ?, ?, ?)", rows)
    kept.close()
    return path


def write_pmtiles(
    path: Path, tiles: Mapping[Tile, bytes], *, leaves: bool = False, kind: int = 1, version: int = 3
) -> Path:
    """`leaves`: the index lies in two further directories."""
    bodies = {tile_id_of(*tile): gzip.compress(body) for tile, body in tiles.items()}
    data, entries = b"", []
    for tile_id, body in sorted(bodies.items()):
        entries.append((tile_id, 1, len(data), len(body)))
        data += body
    leaf = b""
    root = entries
    if leaves:
        root, half = [], (len(entries) + 1) // 2
        for part in (entries[:half], entries[half:]):
            if part:
                packed = gzip.compress(directory(part))
                root.append((part[0][0], 0, len(leaf), len(packed)))
                leaf += packed
    index = gzip.compress(directory(root))
    told = gzip.compress(json.dumps({"attribution": "© OpenStreetMap contributors"}).encode())
    at = 127
    zooms = [tile[0] for tile in tiles] or [0]
    offsets = [at, len(index), at + len(index), len(told), at + len(index) + len(told), len(leaf)]
    offsets += [at + len(index) + len(told) + len(leaf), len(data), len(entries), len(entries), len(entries)]
    head = struct.pack("<7sB11Q6B4iB2i", b"PMTiles", version, *offsets, 1, 2, 2, kind, min(zooms), max(zooms), *[0] * 7)
    path.write_bytes(head + index + told + leaf + data)
    return path


def directory(entries: Sequence[tuple[int, int, int, int]]) -> bytes:
    told, last = varint(len(entries)), 0
    for tile_id, *_ in entries:
        told += varint(tile_id - last)
        last = tile_id
    told += b"".join(varint(run) for _, run, _, _ in entries)
    told += b"".join(varint(length) for *_, length in entries)
    before: Any = None
    for entry in entries:
        follows = before is not None and entry[2] == before[2] + before[3]
        told += varint(0 if follows else entry[2] + 1)
        before = entry
    return told
