"""The quad-tree: exact nesting, whole numbers, one id for one cell."""

import random
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.geo.grid import (
    BITS,
    LEAF_M,
    cell_of,
    centre_m,
    children,
    corner_m,
    holds,
    level,
    neighbours,
    parent,
    size_m,
)

LIMIT_M = 30_000_000.0
metres = st.floats(-LIMIT_M, LIMIT_M, allow_nan=False) | st.integers(-200_000, 200_000).map(lambda n: n * float(LEAF_M))
levels = st.integers(0, 20)
cells = st.builds(cell_of, metres, metres, levels)


def slow_cell(easting: int, northing: int, depth: int) -> int:
    """The oracle: one bit after the other, as the definition says."""
    column, row = easting // LEAF_M + 2 ** (BITS - 1), northing // LEAF_M + 2 ** (BITS - 1)
    bits = "1"
    for place in reversed(range(depth, BITS)):
        bits += str(row >> place & 1) + str(column >> place & 1)
    return int(bits, 2)


@given(st.integers(-30_000_000, 30_000_000), st.integers(-30_000_000, 30_000_000), levels)
def test_an_id_is_the_bits_of_row_and_column_behind_a_one(easting, northing, depth):
    assert cell_of(easting, northing, depth) == slow_cell(easting, northing, depth)


@given(metres, metres, levels)
def test_a_point_lies_in_its_cell_and_an_edge_belongs_to_the_north_east(easting, northing, depth):
    cell = cell_of(easting, northing, depth)
    west, south = corner_m(cell)
    assert west <= easting < west + size_m(cell)
    assert south <= northing < south + size_m(cell)
    assert cell_of(west, south, depth) == cell
    assert level(cell) == depth


@given(metres, metres, levels, levels)
def test_a_coarse_cell_is_the_parent_of_the_fine_one_exactly(easting, northing, one, two):
    fine, coarse = sorted((one, two))
    cell = cell_of(easting, northing, fine)
    assert parent(cell, coarse - fine) == cell_of(easting, northing, coarse)
    assert holds(cell_of(easting, northing, coarse), cell)


def test_two_hundred_thousand_points_nest_exactly():
    """Requirement D4: a coarse cell found from the leaf is the coarse cell of the point, for every point."""
    draw = random.Random(20261122)
    for _ in range(200_000):
        point = draw.uniform(0, 700_000), draw.uniform(0, 1_300_000)
        assert cell_of(*point) >> 6 == cell_of(*point, level=3)


@given(cells.filter(lambda cell: level(cell) > 0))
def test_four_children_tile_their_parent(cell):
    west, south = corner_m(cell)
    half = size_m(cell) // 2
    corners = [(west, south), (west + half, south), (west, south + half), (west + half, south + half)]
    assert [corner_m(child) for child in children(cell)] == corners
    assert {parent(child) for child in children(cell)} == {cell}


@given(cells)
def test_ids_fit_a_signed_64_bit_integer(cell):
    assert 0 < cell < 2**63


@given(cells)
def test_eight_neighbours_touch_and_look_back(cell):
    near = neighbours(cell)
    assert len(near) == len(set(near)) == 8
    assert all(cell in neighbours(other) for other in near)
    assert len(neighbours(cell, rings=2)) == 24


def test_zero_is_a_corner_and_negative_coordinates_have_cells():
    assert corner_m(cell_of(0, 0, 12)) == (0, 0)
    assert corner_m(cell_of(-0.001, -0.001)) == (-125, -125)
    assert cell_of(-1, 5) != cell_of(1, 5)


def test_a_cell_of_watford_reads_as_on_the_map():
    cell = cell_of(511_037.4, 197_312.9)
    assert (corner_m(cell), size_m(cell), centre_m(cell)) == ((511_000, 197_250), 125, (511_062.5, 197_312.5))


@pytest.mark.parametrize("bad", [nan, inf, -inf, 1e14])
def test_a_point_off_the_grid_is_refused(bad):
    with pytest.raises(ValueError, match="not on the grid"):
        cell_of(bad, 0)


@pytest.mark.parametrize("bad", [0, -1, 2, 8, 1 << 62])
def test_a_number_that_is_no_cell_is_refused(bad):
    with pytest.raises(ValueError, match="not a grid cell"):
        level(bad)


def test_a_leaf_has_no_children_and_the_top_no_parent():
    with pytest.raises(ValueError, match="no children"):
        children(cell_of(0, 0))
    with pytest.raises(ValueError, match="no ancestor"):
        parent(1)
