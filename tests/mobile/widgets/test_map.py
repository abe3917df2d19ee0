"""The map's arithmetic: there and back, and meshes that fit."""

import sqlite3

import pytest
from kivy.graphics import Mesh

from mobile.ports import MapWay
from mobile.widgets import map_ways
from mobile.widgets.map_sketch import MOST_VERTICES, fans, ribbons
from mobile.widgets.map_ways import WayDrawing
from mobile.widgets.mercator import from_world_px, metres_per_px, world_px
from mobile.widgets.tile_layer import TileLayer


@pytest.mark.parametrize("place", [(51.6565, -0.3903), (0.0, 0.0), (-33.86, 151.2), (84.9, 179.9)])
def test_a_place_goes_to_pixels_and_back(place):
    assert from_world_px(*world_px(place[0], place[1], 17.0), 17.0) == pytest.approx(place, abs=1e-9)


def test_north_is_up_and_east_is_right():
    x, y = world_px(51.0, 0.0, 10.0)
    assert world_px(51.1, 0.0, 10.0)[1] > y
    assert world_px(51.0, 0.1, 10.0)[0] > x


def test_a_pixel_at_zoom_seventeen_is_under_a_metre_in_watford():
    assert metres_per_px(51.66, 17.0) == pytest.approx(0.741, abs=0.01)


def test_cells_are_batched_so_that_no_mesh_overflows():
    square = ((51.0, 0.0), (51.0, 0.1), (51.1, 0.1), (51.1, 0.0))
    batches = list(fans([square] * 20_000, (0.0, 0.0), 14.0))
    assert sum(len(indices) for _, indices in batches) == 20_000 * 6
    assert all(max(indices) < 65_536 and len(vertices) // 4 <= MOST_VERTICES for vertices, indices in batches)


def test_a_street_is_a_ribbon_with_two_triangles_a_stretch():
    street = ((51.0, 0.0), (51.0, 0.1), (51.1, 0.1))
    ((vertices, indices),) = ribbons([street], (0.0, 0.0), 14.0, 2.0)
    assert len(indices) == 2 * 6
    assert len(vertices) == 2 * 4 * 4


def _pack(file, form, rows=1):
    with sqlite3.connect(file) as pack:
        pack.execute("CREATE TABLE metadata (name TEXT, value TEXT)")
        pack.execute("CREATE TABLE tiles (zoom_level INT, tile_column INT, tile_row INT, tile_data BLOB)")
        pack.execute("INSERT INTO metadata VALUES ('format', ?)", (form,))
        # bounds metadata crashed the map kit that was tried first; here it is read by nobody
        pack.execute("INSERT INTO metadata VALUES ('bounds', '-0.5,51.5,-0.2,51.8')")
        pack.executemany("INSERT INTO tiles VALUES (14, ?, 0, x'00')", [(row,) for row in range(rows)])
    pack.close()


def test_a_raster_pack_is_used_and_a_vector_pack_or_a_missing_one_is_not(tmp_path):
    _pack(tmp_path / "raster.mbtiles", "png")
    _pack(tmp_path / "vector.mbtiles", "pbf")
    (tmp_path / "torn.mbtiles").write_bytes(b"SQLite format 3\x00 torn")
    layer = TileLayer()
    assert layer.open(str(tmp_path / "raster.mbtiles"))
    for name in ("vector.mbtiles", "torn.mbtiles", "absent.mbtiles"):
        assert not layer.open(str(tmp_path / name))
        assert layer.path == ""


def _way(kind, latitude, longitude):
    return MapWay(kind=kind, points=(round(latitude * 1e5), round(longitude * 1e5), 200, 0, 0, 300))


def test_streets_are_drawn_where_one_looks_and_from_afar_only_what_is_large():
    drawing = WayDrawing()
    here, far = (51.6565, -0.3903), (51.90, -0.39)
    drawing.put([_way(1, *here), _way(0, *here), _way(1, *far)], (0.0, 0.0), 14.0)
    assert not drawing.children, "nothing is built before one looks"
    drawing.look(*here, 15.0, (400, 700))
    near = [mesh for group in drawing.children for mesh in group.children if isinstance(mesh, Mesh)]
    assert len(near) == 2, "of the square that is in sight, a mesh for each kind"
    drawing.look(*far, 15.0, (400, 700))
    assert len([mesh for group in drawing.children for mesh in group.children if isinstance(mesh, Mesh)]) == 1
    drawing.look(*here, 11.0, (400, 700))
    assert len([mesh for group in drawing.children for mesh in group.children if isinstance(mesh, Mesh)]) == 1
    drawing.put((), (0.0, 0.0), 14.0)
    drawing.look(*here, 15.0, (400, 700))
    assert not drawing.children and not drawing.is_there


def test_a_way_is_read_step_by_step():
    assert map_ways._line(_way(1, 51.0, -0.5)) == ((51.0, -0.5), (51.002, -0.5), (51.002, -0.497))
