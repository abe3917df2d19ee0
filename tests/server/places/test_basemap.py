"""Streets from an operator's file: read, cut to the districts, served, made into what phones draw. Files are the tests' own."""

import contextlib
import gzip
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobile.ports import MapSketch
from server.database.engine import Database
from server.places.basemap import clipping
from server.places.basemap.archive import BadBasemap, open_archive, unpack
from server.places.basemap.clipping import clip, list_tiles, read_pack
from server.places.basemap.pmtiles import _varints, tile_id_of
from server.places.basemap.serving import find_served, find_served_tile
from server.places.basemap.vector import read_tile
from server.places.basemap.ways import PLACES, WayKind
from server.places.map_sketch import MOST_NUMBERS, join_ways
from tests.server.cast import Cast
from tests.server.phone import Phone
from tests.server.places.tiles import ZOOMSTACK, make_tile, tile_at, write_mbtiles, write_pmtiles

WATFORD = (51.6565, -0.3963)
HERE = {zoom: tile_at(*WATFORD, zoom) for zoom in range(15)}
SQUARE = json.dumps(
    {
        "type": "Polygon",
        "coordinates": [[[-0.41, 51.64], [-0.38, 51.64], [-0.38, 51.67], [-0.41, 51.67], [-0.41, 51.64]]],
    }
)
AREAS = {"watford": SQUARE}
ELSEWHERE = tile_at(55.0, -3.0, 14)
TILES = {**dict.fromkeys(HERE.values(), ZOOMSTACK), ELSEWHERE: ZOOMSTACK}


def make(file: Path, data: Path, areas: dict[str, str] = AREAS, attribution: str = "") -> clipping.Clipped:
    with open_archive(file) as archive:
        return clip(archive, areas, data, attribution, lambda _: None)


@pytest.fixture(params=["mbtiles", "pmtiles", "pmtiles-leaves"])
def file(request: Any, tmp_path: Path) -> Path:
    path = tmp_path / f"streets.{request.param}"
    if request.param == "mbtiles":
        return write_mbtiles(path, TILES)
    return write_pmtiles(path, TILES, leaves=request.param.endswith("leaves"))


def test_both_kinds_of_file_are_read_and_only_our_tiles_are_kept(file: Path, tmp_path: Path) -> None:
    made = make(file, tmp_path / "data")
    assert made.tiles == 15
    served = find_served(tmp_path / "data")
    assert served is not None
    assert (served.min_zoom, served.max_zoom) == (0, 14)
    assert served.layers["roads"] == ["roads"] and served.layers["water"] == ["surfacewater"]
    assert "sites" not in str(served.layers)
    assert "<" not in served.attribution and served.attribution.split()[0] in ("Contains", "©")
    body = find_served_tile(tmp_path / "data", *HERE[14])
    assert body is not None and gzip.decompress(body) == ZOOMSTACK
    assert find_served_tile(tmp_path / "data", *ELSEWHERE) is None
    assert find_served_tile(tmp_path / "data", 3, -1, 99) is None


def test_a_phone_is_told_streets_railways_shores_and_names_of_its_districts(file: Path, tmp_path: Path) -> None:
    made = make(file, tmp_path / "data")
    pack = read_pack(tmp_path / "data", "watford")
    assert made.pack_bytes["watford"] == len(msgspec.json.encode(pack))
    kinds = {WayKind(way.kind) for way in pack.ways}
    assert kinds == {WayKind.STREET, WayKind.MAJOR, WayKind.RAIL, WayKind.WATER}
    assert {name.name: name.rank for name in pack.names} == {
        "Market Street": 3, "High Street": 3, "Watford": 0, "Watford High Street": 0,
    }  # fmt: skip
    (street,) = [way for way in pack.ways if way.kind == WayKind.STREET]
    assert len(street.points) == 4, "points that the line would not miss are left out"
    first = street.points[0] / PLACES, street.points[1] / PLACES
    assert abs(first[0] - WATFORD[0]) < 0.02 and abs(first[1] - WATFORD[1]) < 0.03
    (shore,) = [way for way in pack.ways if way.kind == WayKind.WATER]
    assert len(shore.points) == 6, "a lake that is cut at the tile's edge has no shore there"


def test_the_sketch_of_a_phone_has_them_and_it_is_read_on_the_phone(
    file: Path, tmp_path: Path, database: Database, cast: Cast, phone: Phone, settings: Any
) -> None:
    before = msgspec.json.decode(phone.get("/sync/v1/map-pack").content, type=MapSketch)
    assert before.ways == () and before.outlines, "without a file outlines and names are there still"
    make(file, settings.data, {cast.watford.id: SQUARE})
    told = phone.get("/sync/v1/map-pack")
    sketch = msgspec.json.decode(told.content, type=MapSketch)
    assert len(sketch.ways) == 4 and sketch.outlines == before.outlines
    assert "Market Street" in {place.name for place in sketch.places}
    assert phone.get("/sync/v1/map-pack", told.headers["etag"]).status_code == 304


def test_a_pack_that_would_be_too_large_keeps_main_roads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [(2, {"type": "Local"}, [[(n, 100), (n, 3000)]]) for n in range(0, 4000, 10)]
    big = make_tile({"roads": [*lines, (2, {"type": "Motorway"}, [[(100, 50), (4000, 50)]])]})
    monkeypatch.setattr(clipping, "PACK_BYTES_MAX", 3_000)
    made = make(write_mbtiles(tmp_path / "big", {HERE[14]: big}), tmp_path / "data")
    pack = read_pack(tmp_path / "data", "watford")
    assert made.pack_bytes["watford"] <= 3_000
    assert [way.kind for way in pack.ways].count(WayKind.MAJOR) == 1 and 10 < len(pack.ways) < 400
    twice = join_ways([pack.ways, pack.ways])
    assert len(twice) == len(set(pack.ways)), "a street in two districts is told once"
    assert sum(len(way.points) for way in join_ways([pack.ways] * 3)) <= MOST_NUMBERS


@pytest.mark.parametrize(
    ("words", "write"),
    [
        ("neither MBTiles nor PMTiles", lambda path: path.write_bytes(b"PK\x03\x04 a zip")),
        ("not MBTiles", lambda path: path.write_bytes(b"SQLite format 3\0" + b"\0" * 100)),
        ("pictures", lambda path: write_mbtiles(path, TILES, format="png")),
        ("pictures", lambda path: write_pmtiles(path, TILES, kind=2)),
        ("version 2", lambda path: write_pmtiles(path, TILES, version=2)),
        ("cut off", lambda path: path.write_bytes(b"PMTiles\x03" + b"\0" * 20)),
        ("none of your districts", lambda path: write_mbtiles(path, {ELSEWHERE: ZOOMSTACK})),
        ("no streets", lambda path: write_mbtiles(path, {HERE[14]: make_tile({"roofs": [(2, {}, [[(0, 0), (9, 9)]])]})})),
        ("damaged", lambda path: write_mbtiles(path, {HERE[14]: b"\x1a\xff\xff\xff\xff\x0f"})),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_said_and_the_old_map_stays(
    words: str, write: Callable[[Path], Any], tmp_path: Path
) -> None:
    good = write_mbtiles(tmp_path / "good", TILES)
    make(good, tmp_path / "data")
    before = find_served(tmp_path / "data")
    bad = tmp_path / "bad"
    write(bad)
    with pytest.raises(BadBasemap, match=words):
        make(bad, tmp_path / "data")
    assert find_served(tmp_path / "data") == before is not None
    assert read_pack(tmp_path / "data", "watford").ways


def test_without_boundaries_it_is_said_what_to_do_first(tmp_path: Path) -> None:
    with pytest.raises(BadBasemap, match="import boundaries first"):
        make(write_mbtiles(tmp_path / "good", TILES), tmp_path / "data", {})
    with pytest.raises(BadBasemap, match="cannot be read"):
        make(tmp_path / "nowhere", tmp_path / "data")


def test_a_tile_that_swells_is_refused() -> None:
    with pytest.raises(BadBasemap, match="too large"):
        unpack(gzip.compress(b"\0" * 2_000_000), most=1_000_000)


@given(body=st.binary(max_size=300))
def test_any_bytes_are_a_tile_or_refused(body: bytes) -> None:
    with contextlib.suppress(BadBasemap):
        list(read_tile(body))


@given(cut=st.integers(0, 5000), flip=st.integers(0, 5000), value=st.integers(0, 255))
def test_a_damaged_archive_is_read_or_refused_and_nothing_else(
    cut: int, flip: int, value: int, tmp_path_factory: Any
) -> None:
    folder = tmp_path_factory.getbasetemp() / "damaged"
    folder.mkdir(exist_ok=True)
    whole = folder / "whole.pmtiles"
    if not whole.exists():
        write_pmtiles(whole, {HERE[14]: ZOOMSTACK, HERE[13]: ZOOMSTACK}, leaves=True)
    body = bytearray(whole.read_bytes())
    body[flip % len(body)] = value
    bad = folder / "bad.pmtiles"
    bad.write_bytes(bytes(body[: max(cut, 130)]))
    with contextlib.suppress(BadBasemap), open_archive(bad) as archive:
        archive.find_tile(*HERE[14])


def test_a_number_without_an_end_is_refused_at_once() -> None:
    with pytest.raises(BadBasemap, match="damaged"):
        _varints(b"\x80" * 3_000_000)
    assert _varints(b"\xff" * 8 + b"\x7f\x05") == [2**63 - 1, 5]


def test_tiles_are_numbered_along_the_curve_as_the_specification_shows() -> None:
    assert [tile_id_of(*tile) for tile in ((0, 0, 0), (1, 0, 0), (1, 0, 1), (1, 1, 1), (1, 1, 0), (2, 0, 0))] == [
        0, 1, 2, 3, 4, 5,
    ]  # fmt: skip
    assert tile_id_of(12, 3423, 1763) == 19078479
    every = {tile_id_of(4, x, y) for x in range(16) for y in range(16)}
    assert every == set(range(85, 85 + 256))


def test_the_tiles_of_a_shape_are_those_that_it_touches() -> None:
    import shapely

    found = set(list_tiles(shapely.from_geojson(SQUARE), 14))
    assert HERE[14] in found and ELSEWHERE not in found
    assert len(found) == 2 * 3


def test_a_disk_that_is_full_is_not_said_to_be_the_file(file: Path, tmp_path: Path) -> None:
    """The operator was told that their file cannot be read, or nothing but a traceback."""
    (tmp_path / "data").write_bytes(b"a file where the folder should be")
    with pytest.raises(BadBasemap, match="data cannot be written"):
        make(file, tmp_path / "data")
    with pytest.raises(OSError, match="full"), open_archive(file):
        raise OSError(28, "full")


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ("UPDATE tiles SET zoom_level = 'deep'", "no tile"),
        ("UPDATE tiles SET tile_data = 2000000000", "A tile is none"),
        ("UPDATE tiles SET tile_data = 'words'", "A tile is none"),
    ],
)
def test_what_stands_in_the_wrong_column_is_refused_in_words(tmp_path: Path, damage: str, words: str) -> None:
    file = write_mbtiles(tmp_path / "streets.mbtiles", TILES)
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute(damage)
        connection.commit()
    with pytest.raises(BadBasemap, match=words):
        make(file, tmp_path / "data")
