"""A map is a kindness, never a condition: a damaged or missing one is an empty one."""

import msgspec
import pytest

from mobile.device.map_pack import SKETCH, TILES, MapPack
from mobile.ports import MapSketch
from tests.mobile.ground import town


def test_a_sketch_is_read_back_as_the_server_wrote_it(tmp_path):
    (tmp_path / SKETCH).write_bytes(msgspec.json.encode(town()))
    assert MapPack(tmp_path).map_sketch() == town()


def test_a_raster_pack_is_named_when_it_is_there(tmp_path):
    (tmp_path / TILES).write_bytes(b"tiles")
    assert MapPack(tmp_path).map_sketch().tiles_path == str(tmp_path / TILES)


@pytest.mark.parametrize("damaged", [b"", b"{", b'{"outlines": 3}', b"\xff\xfe"])
def test_a_damaged_sketch_is_an_empty_map(tmp_path, damaged):
    (tmp_path / SKETCH).write_bytes(damaged)
    assert MapPack(tmp_path).map_sketch() == MapSketch()


def test_no_directory_is_an_empty_map(tmp_path):
    assert MapPack(tmp_path / "absent").map_sketch() == MapSketch()


def test_what_travelled_with_the_app_fills_what_was_never_fetched(tmp_path):
    fetched, built_in = tmp_path / "data", tmp_path / "app"
    for directory in (fetched, built_in):
        directory.mkdir()
    (built_in / "tiles.mbtiles").write_bytes(b"tiles")
    (built_in / "sketch.json").write_bytes(msgspec.json.encode(town()))
    assert MapPack(fetched, built_in).map_sketch().tiles_path == str(built_in / "tiles.mbtiles")
    assert MapPack(fetched, built_in).map_sketch().places == town().places
    (fetched / "sketch.json").write_bytes(msgspec.json.encode(MapSketch(outlines=(((51.0, 0.0), (51.1, 0.0)),))))
    assert MapPack(fetched, built_in).map_sketch().places == (), "the team's own sketch comes first"
