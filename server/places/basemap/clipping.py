"""Making our own basemap from an operator's file: the tiles that touch the partnership's districts, and for each district the
streets, railways, water and names that its phones take along. Written beside the old one and put in its place at the end:
whatever stops in between leaves the old one.
"""

import gzip
import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from math import asinh, floor, pi, radians, tan
from pathlib import Path

import msgspec
import shapely

from server.places.basemap.archive import Archive, BadBasemap
from server.places.basemap.vector import Feature, read_tile
from server.places.basemap.ways import Way, WayKind, WayName, corner_of, list_names, list_ways, pack_line, role_of
from shared.model.value import Id, Value

FILE, FOLDER = "basemap.mbtiles", "basemap-districts"
MOST_ZOOM = 14
MARGIN_DEGREES = 0.01
"""About a kilometre round the districts: a street does not end at a boundary."""
PACK_BYTES_MAX = 15_000_000
"""What a phone takes along for one district, at most."""
NAME_EVERY_DEGREES = 0.006
"""A street is named once on about half a kilometre."""
MOST_NAMES = 20_000
SAMPLED = 40
KEPT_LONGEST = (WayKind.MAJOR, WayKind.RAIL, WayKind.STREET, WayKind.WATER, WayKind.PATH)
"""What a pack that would be too large keeps, the first longest."""

Tile = tuple[int, int, int]


class DistrictPack(Value, frozen=True, kw_only=True):
    """What phones of a district draw: ways, and words on them."""

    ways: tuple[Way, ...] = ()
    names: tuple[WayName, ...] = ()


class Clipped(Value, frozen=True, kw_only=True):
    """What was made: how many tiles, of how many bytes, and the bytes of each district's pack."""

    tiles: int
    tile_bytes: int
    pack_bytes: Mapping[Id, int]
    without: tuple[str, ...] = ()
    """What the file does not hold: roles of which it has no layer."""


def clip(
    archive: Archive, areas: Mapping[Id, str], data: Path, attribution: str, step: Callable[[str], None]
) -> Clipped:
    """Make the basemap of these districts (GeoJSON each) in the folder `data`. Raises BadBasemap."""
    if not areas:
        raise BadBasemap("No district has a boundary yet: import boundaries first.")
    try:
        return _clip(archive, areas, data, attribution, step)
    except OSError as error:
        raise BadBasemap(f"{data} cannot be written: {error.strerror or error}.") from error
    except sqlite3.Error as error:
        raise BadBasemap(f"{data} cannot be written: {error}.") from error


def _clip(
    archive: Archive, areas: Mapping[Id, str], data: Path, attribution: str, step: Callable[[str], None]
) -> Clipped:
    shapes = {key: shapely.buffer(shapely.from_geojson(each), MARGIN_DEGREES) for key, each in areas.items()}
    whole = shapely.union_all(list(shapes.values()))
    least, most = archive.about.min_zoom, min(archive.about.max_zoom, MOST_ZOOM)
    layers = _find_layers(archive, whole, most)
    step("Cutting out the tiles")
    tiles, size = _copy(archive, whole, range(least, most + 1), data, layers, attribution or archive.about.attribution)
    packs = {}
    folder = data / f"{FOLDER}.new"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for number, (district_id, shape) in enumerate(shapes.items(), start=1):
        step(f"Making the phones' streets, district {number} of {len(shapes)}")
        body = _shrink(_make_pack(archive, shape, most))
        (folder / f"{district_id}.json").write_bytes(body)
        packs[district_id] = len(body)
    _put_in_place(data)
    missing = tuple(role for role in ("water", "names") if role not in layers)
    return Clipped(tiles=tiles, tile_bytes=size, pack_bytes=packs, without=missing)


def read_pack(data: Path, district_id: Id) -> DistrictPack:
    """What phones of a district draw; nothing where no basemap was made, or it cannot be read."""
    try:
        return msgspec.json.decode((data / FOLDER / f"{district_id}.json").read_bytes(), type=DistrictPack)
    except (OSError, msgspec.MsgspecError, ValueError):
        return DistrictPack()


def list_packs(data: Path) -> list[Id]:
    """The districts whose streets phones can have."""
    return sorted(each.stem for each in (data / FOLDER).glob("*.json"))


def list_tiles(shape: shapely.Geometry, zoom: int) -> Iterator[Tile]:
    """The tiles of a zoom that touch a shape in degrees."""
    west, south, east, north = shapely.bounds(shape).tolist()
    left, top = _tile_at(north, west, zoom)
    right, bottom = _tile_at(south, east, zoom)
    shapely.prepare(shape)
    for column in range(left, right + 1):
        for row in range(top, bottom + 1):
            if shapely.intersects(shape, _box(zoom, column, row)):
                yield zoom, column, row


def _find_layers(archive: Archive, whole: shapely.Geometry, zoom: int) -> dict[str, list[str]]:
    """The layers of the file by what they hold. Raises BadBasemap where there are no streets in it."""
    names = set(archive.about.layers)
    for number, tile in enumerate(list_tiles(whole, zoom)):
        if number >= SAMPLED or (names and archive.about.layers):
            break
        body = archive.find_tile(*tile)
        names |= {feature.layer for feature in read_tile(body)} if body else set()
    layers: dict[str, list[str]] = {}
    for name in sorted(names):
        if role := role_of(name):
            layers.setdefault(role, []).append(name)
    if "roads" not in layers:
        told = ", ".join(sorted(names)[:20]) or "none"
        raise BadBasemap(
            f"There are no streets that Lantern knows in it, or none of your districts (its layers: {told})."
        )
    return layers


def _copy(
    archive: Archive,
    whole: shapely.Geometry,
    zooms: range,
    data: Path,
    layers: Mapping[str, list[str]],
    attribution: str,
) -> tuple[int, int]:
    file = data / f"{FILE}.new"
    file.unlink(missing_ok=True)
    data.mkdir(parents=True, exist_ok=True)
    count = size = 0
    with closing(sqlite3.connect(file)) as kept:
        kept.execute("CREATE TABLE metadata (name TEXT PRIMARY KEY, value TEXT NOT NULL)")
        kept.execute(
            "CREATE TABLE tiles (zoom_level INTEGER, tile_column INTEGER, tile_row INTEGER, tile_data BLOB NOT NULL,"
            " PRIMARY KEY (zoom_level, tile_column, tile_row))"
        )
        for zoom in zooms:
            for _, column, row in list_tiles(whole, zoom):
                body = archive.find_tile(zoom, column, row)
                if body is None:
                    continue
                for _feature in read_tile(body):  # what a browser is sent has been read here
                    pass
                packed = gzip.compress(body, 6, mtime=0)
                kept.execute("INSERT INTO tiles VALUES (?, ?, ?, ?)", (zoom, column, 2**zoom - 1 - row, packed))
                count, size = count + 1, size + len(packed)
        bounds = ",".join(f"{each:.5f}" for each in shapely.bounds(whole).tolist())
        told = {
            "name": "Lantern", "format": "pbf", "minzoom": str(zooms.start), "maxzoom": str(zooms.stop - 1),
            "bounds": bounds, "attribution": attribution, "roles": json.dumps(layers),
        }  # fmt: skip
        kept.executemany("INSERT INTO metadata VALUES (?, ?)", told.items())
        kept.commit()
    if not count:
        raise BadBasemap("The file holds no tile of your districts.")
    return count, size


def _make_pack(archive: Archive, shape: shapely.Geometry, zoom: int) -> DistrictPack:
    ways: list[Way] = []
    names: dict[tuple[str, int, int], WayName] = {}
    for _, column, row in list_tiles(shape, zoom):
        body = archive.find_tile(zoom, column, row)
        if body is None:
            continue
        features: Sequence[Feature] = list(read_tile(body))
        lines = list(list_ways(features, zoom, column, row))
        middles = shapely.points([line[len(line) // 2][::-1] for _, line in lines])
        inside = shapely.contains(shape, middles) if lines else []
        ways += [pack_line(kind, line) for (kind, line), is_ours in zip(lines, inside, strict=True) if is_ours]
        for name in list_names(features, zoom, column, row):
            if shapely.contains_xy(shape, name.longitude, name.latitude):
                every = NAME_EVERY_DEGREES if name.rank > 1 else 1.0
                names.setdefault((name.name, floor(name.latitude / every), floor(name.longitude / every)), name)
    ranked = sorted(names.values(), key=lambda each: each.rank)[:MOST_NAMES]
    return DistrictPack(
        ways=tuple(sorted(ways, key=lambda each: KEPT_LONGEST.index(WayKind(each.kind)))), names=tuple(ranked)
    )


def _shrink(pack: DistrictPack) -> bytes:
    """As JSON, without its least ways where it would be too large."""
    body = msgspec.json.encode(pack)
    while len(body) > PACK_BYTES_MAX:
        share = PACK_BYTES_MAX / len(body) * 0.95
        pack = DistrictPack(ways=pack.ways[: int(len(pack.ways) * share)], names=pack.names)
        body = msgspec.json.encode(pack)
    return body


def _put_in_place(data: Path) -> None:
    (data / f"{FILE}.new").replace(data / FILE)
    folder, fresh = data / FOLDER, data / f"{FOLDER}.new"
    folder.mkdir(exist_ok=True)
    made = {each.name for each in fresh.iterdir()}
    for each in list(fresh.iterdir()):
        each.replace(folder / each.name)
    for each in folder.iterdir():
        if each.name not in made:
            each.unlink()
    fresh.rmdir()


def _tile_at(latitude: float, longitude: float, zoom: int) -> tuple[int, int]:
    side = 2**zoom
    latitude = max(-85.05, min(85.05, latitude))
    column = floor((longitude + 180.0) / 360.0 * side)
    row = floor((1 - asinh(tan(radians(latitude))) / pi) / 2 * side)
    return max(0, min(side - 1, column)), max(0, min(side - 1, row))


def _box(zoom: int, column: int, row: int) -> shapely.Geometry:
    north, west = corner_of(zoom, column, row)
    south, east = corner_of(zoom, column + 1, row + 1)
    return shapely.box(west, south, east, north)
