"""The authority's ground: every district of the database taken together, as the leaves of the one grid.

Ground is clipped leaf by leaf from public geography alone (boundaries, else postcodes), so its shape tells of nobody.
"""

from collections.abc import Collection, Mapping
from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from server.hotspots.grid import leaves_of
from server.places.districts import DistrictFinder, load_district_finder
from server.places.postcodes import find_extent
from server.places.projection import project, unproject
from server.queries.maps.boundaries import list_boundaries, list_districts_on
from shared.geo import grid
from shared.model.value import Id

LEAF_LEVEL = 1
"""Disclosure control works on 250 m leaves."""
EDGE_STEPS = 9
MARGIN_M = 1_000.0
LEAVES_MAX = 2_000_000
"""The box around one authority, in leaves: 125,000 km², about the area of England."""

Box = tuple[float, float, float, float]
"""West, south, east, north."""


class GroundTooLarge(ValueError):
    """These districts are no one authority."""


class Ground(NamedTuple):
    """The authority's leaves in the order of the tree, the middle of each in metres, and its districts."""

    leaves: NDArray[np.int64]
    middles_m: NDArray[np.float64]
    district_ids: frozenset[Id]


def load_authority(
    session: Session, data: Path, crs: str, on: date, district_ids: Collection[Id] | None = None
) -> Ground:
    """The ground of these districts, or of every one valid on a day. `data` is where postcodes are cached.

    Raises GroundTooLarge when the districts are so far apart that they are no one authority.
    """
    districts = list_districts_on(session, on)
    chosen = {each.id for each in districts if district_ids is None or each.id in district_ids}
    box = _find_box_m(session, data, crs, {each.id: each.code for each in districts if each.id in chosen})
    if box is None:
        return Ground(np.array([], np.int64), np.empty((0, 2)), frozenset())
    return lay_ground(load_district_finder(session, data, on), crs, box, chosen)


def lay_ground(finder: DistrictFinder, crs: str, box_m: Box, district_ids: Collection[Id]) -> Ground:
    """Every 250 m leaf in a box in metres whose middle or a corner is in one of the districts."""
    size_m = float(grid.LEAF_M << LEAF_LEVEL)
    west, south, east, north = (int(np.floor(edge / size_m)) for edge in box_m)
    if (east - west + 1) * (north - south + 1) > LEAVES_MAX:
        raise GroundTooLarge("The districts lie too far apart to be one authority: publish for those of one county.")
    columns, rows = np.meshgrid(np.arange(west, east + 1), np.arange(south, north + 1))
    corners: NDArray[np.float64] = np.column_stack((columns.ravel(), rows.ravel())).astype(np.float64) * size_m
    inside = np.zeros(len(corners), bool)
    for across, up in ((0.5, 0.5), (0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)):
        tested = np.flatnonzero(~inside)
        points = corners[tested] + np.array([across, up]) * size_m
        latitude, longitude = unproject(crs, points[:, 0], points[:, 1])
        found = finder.find_many(latitude.tolist(), longitude.tolist())
        inside[tested] = [district_id in district_ids for district_id in found]
    middles: NDArray[np.float64] = corners[inside] + size_m / 2
    leaves = leaves_of(middles[:, 0], middles[:, 1]) >> 2 * LEAF_LEVEL
    order = np.argsort(leaves)
    return Ground(leaves[order], middles[order], frozenset(district_ids))


def _find_box_m(session: Session, data: Path, crs: str, codes: Mapping[Id, str]) -> Box | None:
    """The box in metres around districts (code by id): their boundaries', else their postcodes'."""
    boundaries = {area.district_id: area for area in list_boundaries(session) if area.district_id in codes}
    boxes = [(a.west, a.south, a.east, a.north) for a in boundaries.values()]
    undrawn = {code for district_id, code in codes.items() if district_id not in boundaries}
    if undrawn and (extent := find_extent(undrawn, data)) is not None:
        boxes.append(extent)
    if not boxes:
        return None
    west, south = min(box[0] for box in boxes), min(box[1] for box in boxes)
    east, north = max(box[2] for box in boxes), max(box[3] for box in boxes)
    longitude, latitude = np.meshgrid(np.linspace(west, east, EDGE_STEPS), np.linspace(south, north, EDGE_STEPS))
    easting, northing = project(crs, latitude.ravel(), longitude.ravel())
    return (
        float(easting.min()) - MARGIN_M,
        float(northing.min()) - MARGIN_M,
        float(easting.max()) + MARGIN_M,
        float(northing.max()) + MARGIN_M,
    )
