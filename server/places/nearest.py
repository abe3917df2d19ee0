"""Which of our districts lie nearest to a point that is in none of them: guesses for whoever has to say whose it is.

A district with a polygon is measured to its edge, the others to their nearest postcode.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import shapely
from sqlalchemy.orm import Session

from server.places.postcodes import load_ground, project_to_ground
from server.queries.maps.boundaries import list_boundaries
from shared.geo.distance import near_distance_m
from shared.model.district import District
from shared.model.position import Position
from shared.model.value import Value

FAR_M = 60_000.0
"""Farther than this from every district a point is a neighbour's at most, and nearness says nothing."""


class NearDistrict(Value, frozen=True, kw_only=True):
    """A district and how far its edge is from the point."""

    district: District
    distance_m: float


class NearestDistricts:
    """The districts of one partnership, measured from any point."""

    def __init__(self, session: Session, districts: Sequence[District], data: Path) -> None:
        self._districts = districts
        self._shapes = {each.district_id: shapely.from_geojson(each.geojson) for each in list_boundaries(session)}
        self._data = data

    def list_nearest(self, position: Position, most: int = 2) -> list[NearDistrict]:
        """The nearest districts first; none where all are far."""
        measured = [
            NearDistrict(district=each, distance_m=metres)
            for each in self._districts
            if (metres := self._measure(each, position)) is not None and metres <= FAR_M
        ]
        return sorted(measured, key=lambda near: (near.distance_m, near.district.name))[:most]

    def _measure(self, district: District, position: Position) -> float | None:
        shape = self._shapes.get(district.id)
        if shape is None:
            return self._measure_to_postcodes(district, position)
        here = shapely.Point(position.longitude, position.latitude)
        edge = shapely.shortest_line(here, shape).coords[-1]
        return near_distance_m(position, Position(latitude=edge[1], longitude=edge[0]))

    def _measure_to_postcodes(self, district: District, position: Position) -> float | None:
        ground = load_ground(self._data)
        if district.code not in ground.codes:
            return None
        ours = ground.code_number == ground.codes.index(district.code)
        (east,), (north,) = project_to_ground([position.latitude], [position.longitude])
        if not np.isfinite(east) or not ours.any():
            return None
        apart = np.hypot(ground.easting_m[ours] - east, ground.northing_m[ours] - north)
        return float(apart.min())
