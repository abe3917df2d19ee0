"""Arrays of points fall in the same cells as single points do, and a coarse cell is always the parent of a leaf (D4)."""

import numpy as np
import pytest

from server.hotspots.grid import leaves_of, leaves_of_points
from shared.geo import grid


def test_two_hundred_thousand_points_lie_in_the_parent_of_their_leaf():
    random = np.random.default_rng(4)
    easting, northing = random.uniform(-700_000, 700_000, (2, 200_000))

    leaves = leaves_of(easting, northing)

    for level in (1, 3, 6):
        column, row = np.floor(easting / (125 << level)), np.floor(northing / (125 << level))
        offset = grid.OFFSET >> level
        assert len(np.unique(leaves >> 2 * level)) == len(np.unique(np.column_stack((column, row)), axis=0))
        for point in range(0, 200_000, 4001):
            coarse = int(leaves[point]) >> 2 * level
            assert grid.corner_m(coarse) == (column[point] * (125 << level), row[point] * (125 << level))
            assert column[point] + offset > 0


def test_an_array_agrees_with_the_single_point():
    random = np.random.default_rng(5)
    easting, northing = random.uniform(-9e6, 9e6, (2, 2_000))

    leaves = leaves_of(easting, northing).tolist()

    assert leaves == [grid.cell_of(e, n) for e, n in zip(easting.tolist(), northing.tolist(), strict=True)]


def test_a_point_beyond_the_projection_is_an_error_not_a_cell():
    with pytest.raises(ValueError, match="not on the grid"):
        leaves_of(np.array([np.inf]), np.array([0.0]))


def test_watford_station_is_in_its_square_of_the_national_grid():
    leaf = int(leaves_of_points("EPSG:27700", np.array([51.6639]), np.array([-0.3966]))[0])

    assert grid.corner_m(grid.parent(leaf, 3)) == (510_000, 197_000)
