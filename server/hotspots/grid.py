"""Many points to cells of the grid at once: `shared.geo.grid` in whole arrays. One point, and all else, is done there."""

import numpy as np
from numpy.typing import NDArray

from server.places.projection import project
from shared.geo.grid import LEAF_M, LEAF_MARK, OFFSET

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


def leaves_of(easting_m: Floats, northing_m: Floats) -> Integers:
    """The 125 m leaf of each point, in metres of the projected grid. A coarser cell is its parent: `leaf >> 2*level`.

    Raises ValueError when a point is not on the grid.
    """
    column = np.floor(easting_m / LEAF_M) + OFFSET
    row = np.floor(northing_m / LEAF_M) + OFFSET
    if not ((column >= 0) & (column < 2 * OFFSET) & (row >= 0) & (row < 2 * OFFSET)).all():
        raise ValueError("A point is not on the grid.")
    return LEAF_MARK | _spread(column.astype(np.int64)) | (_spread(row.astype(np.int64)) << 1)


def leaves_of_points(crs: str, latitude: Floats, longitude: Floats) -> Integers:
    """The 125 m leaf of each WGS 84 point on the grid of a projection."""
    return leaves_of(*project(crs, latitude, longitude))


def _spread(value: Integers) -> Integers:
    """Put a zero between the bits of numbers below 2**32."""
    for shift, mask in (
        (16, 0x0000FFFF0000FFFF),
        (8, 0x00FF00FF00FF00FF),
        (4, 0x0F0F0F0F0F0F0F0F),
        (2, 0x3333333333333333),
        (1, 0x5555555555555555),
    ):
        value = (value | (value << shift)) & mask
    return value
