"""Which district a point lies in: by boundary polygons where they are loaded, else by the nearest postcode.

A district with a polygon is decided by it alone. The others are known by their code in the postcode directory: a point
is in the district of its nearest postcode, when that is near enough. Right for 99.6 % of street points against detailed
polygons, measured. Outside every district the answer is None, never an error. Reading rows is `server.queries`' work.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from server.places.postcodes import PostcodeGround, load_ground, project_to_ground
from server.queries.maps.boundaries import Boundary, get_places_version, list_boundaries, list_districts_on
from server.queries.partnership.boundary_changes import list_change_days, list_successors
from server.queries.partnership.districts import list_districts
from shared.model.value import Id

NEAREST_POSTCODE_MAX_M = 5_000.0
"""Farther than this from any postcode, a point is in no district. England's emptiest moors are nearer than that."""
ENGLAND = "E"
NOWHERE = -1
BEYOND_THE_GRID_M = -1e9

Floats = NDArray[np.float64]


class Areas:
    """Boundary polygons, prepared for many questions. Where two overlap, the first by id answers."""

    def __init__(self, boundaries: Sequence[Boundary]) -> None:
        self._ids = [area.district_id for area in boundaries]
        self._shapes = [shapely.from_geojson(area.geojson) for area in boundaries]
        shapely.prepare(self._shapes)
        self._boxes = np.array([[a.west, a.south, a.east, a.north] for a in boundaries], float).reshape(-1, 4)

    def find_many(self, latitude: Floats, longitude: Floats) -> list[Id | None]:
        """A district id for each point, None where no polygon holds it."""
        found = np.full(len(latitude), NOWHERE)
        for number, (shape, (west, south, east, north)) in enumerate(zip(self._shapes, self._boxes, strict=True)):
            near = (longitude >= west) & (longitude <= east) & (latitude >= south) & (latitude <= north)
            open_points = np.flatnonzero(near & (found == NOWHERE))
            if len(open_points):
                inside = shapely.intersects_xy(shape, longitude[open_points], latitude[open_points])
                found[open_points[inside]] = number
        return [None if number == NOWHERE else self._ids[number] for number in found.tolist()]


class NearestPostcode:
    """Districts by the nearest postcode; only the ground around these districts is kept in the tree."""

    def __init__(
        self, ground: PostcodeGround, id_by_code: Mapping[str, Id], max_distance_m: float = NEAREST_POSTCODE_MAX_M
    ) -> None:
        from scipy.spatial import cKDTree  # 28 MB that a drawn county never needs

        self._max_distance_m = max_distance_m
        self._ids = [id_by_code.get(code) for code in ground.codes]
        ours = np.array([found is not None for found in self._ids])[ground.code_number]
        kept = _around(ground, ours, 2 * max_distance_m) if ours.any() else ours
        self._numbers = ground.code_number[kept]
        points = np.column_stack((ground.easting_m[kept], ground.northing_m[kept])).astype(float)
        self._tree = cKDTree(points, balanced_tree=False, compact_nodes=False)

    def find_many(self, latitude: Floats, longitude: Floats) -> list[Id | None]:
        """A district id for each point; None where the nearest postcode is another district's, or too far."""
        if self._tree.n == 0 or len(latitude) == 0:
            return [None] * len(latitude)
        points = np.column_stack(project_to_ground(latitude, longitude))
        points[~np.isfinite(points).all(axis=1)] = BEYOND_THE_GRID_M
        _, nearest = self._tree.query(points, distance_upper_bound=self._max_distance_m)
        return [self._ids[self._numbers[place]] if place < self._tree.n else None for place in nearest.tolist()]


@dataclass(frozen=True)
class DistrictFinder:
    """Answers which district a point is in."""

    areas: Areas | None = None
    nearest: NearestPostcode | None = None

    def find(self, latitude: float, longitude: float) -> Id | None:
        """The district of a WGS 84 point, None outside every district."""
        return self.find_many([latitude], [longitude])[0]

    def find_many(self, latitudes: Sequence[float], longitudes: Sequence[float]) -> list[Id | None]:
        """The same for many points at once."""
        latitude, longitude = np.asarray(latitudes, float), np.asarray(longitudes, float)
        found: list[Id | None] = [None] * len(latitude)
        for way in (self.areas, self.nearest):
            left = [place for place, district_id in enumerate(found) if district_id is None]
            if way is not None and left:
                for place, district_id in zip(left, way.find_many(latitude[left], longitude[left]), strict=True):
                    found[place] = district_id
        return found


def load_district_finder(session: Session, data: Path, on: date | None = None) -> DistrictFinder:
    """A finder for the districts of the database that stand on a day. `data` is where postcodes are cached."""
    districts = list_districts_on(session, on)
    known = {district.id for district in districts}
    boundaries = [area for area in list_boundaries(session) if area.district_id in known]
    drawn = {area.district_id for area in boundaries}
    undrawn = {district.code: district.id for district in districts if district.id not in drawn}
    # Where a district that is no more was known by its code alone, whatever its ground became is known by it too.
    codes = {district.id: district.code for district in list_districts(session)}
    for old, became in list_successors(session).items():
        if len(became) == 1 and became[0] in known - drawn:
            undrawn.setdefault(codes[old], became[0])
    return DistrictFinder(
        areas=Areas(boundaries) if boundaries else None,
        nearest=_find_nearest_way(data, undrawn) if undrawn else None,
    )


def load_england_finder(data: Path) -> DistrictFinder:
    """A finder over all of England for a database that knows no district yet: it answers with district codes."""
    ground = load_ground(data)
    codes = {code: code for code in ground.codes if code.startswith(ENGLAND)}
    return DistrictFinder(nearest=NearestPostcode(ground, codes))


class CurrentDistricts:
    """One process's finders, loaded again whenever the districts or boundaries in the database have changed: one for each time
    between two days on which districts end or begin."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._lock = Lock()
        self._version: tuple[Any, ...] | None = None
        self._days: list[date] = []
        self._finders: dict[int, DistrictFinder] = {}

    def get_finder(self, session: Session, on: date) -> DistrictFinder:
        """The finder for the districts that stood, or stand, on a day."""
        version = get_places_version(session)
        with self._lock:
            if version != self._version:
                self._days, self._finders, self._version = list_change_days(session), {}, version
            time_between = bisect_right(self._days, on)
            if time_between not in self._finders:
                self._finders[time_between] = load_district_finder(session, self._data, on)
            return self._finders[time_between]


def name_of_unlisted(code: str) -> str:
    """What to call a district known only by its code, until a boundary file names it."""
    return f"Local authority {code}"


def _find_nearest_way(data: Path, id_by_code: Mapping[str, Id]) -> NearestPostcode | None:
    """None when no district's code is in the postcode directory: then the directory need not be read again."""
    ground = load_ground(data)
    return NearestPostcode(ground, id_by_code) if set(ground.codes) & set(id_by_code) else None


def _around(ground: PostcodeGround, ours: NDArray[np.bool_], margin_m: float) -> NDArray[np.bool_]:
    """Postcodes in the box of these, with a margin: a neighbour's postcode may be the nearest."""
    east, north = ground.easting_m, ground.northing_m
    kept: NDArray[np.bool_] = (
        (east >= east[ours].min() - margin_m)
        & (east <= east[ours].max() + margin_m)
        & (north >= north[ours].min() - margin_m)
        & (north <= north[ours].max() + margin_m)
    )
    return kept
