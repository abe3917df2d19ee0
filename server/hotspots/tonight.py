"""Where people are likely tonight, square by square, and when somebody last looked there: the teams' own planning view.

The forecast is `statistic.forecast_hotspots`; here it meets the nights since the last look. No disclosure control: see
`publication.py` for what others are shown.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import numpy as np

from server.hotspots.grid import leaves_of_points
from server.hotspots.ranking import CELL_M, EPOCH
from server.hotspots.statistic import Observations, forecast_hotspots
from server.queries.tonight import CellLook, OutsidePoint
from shared.geo import grid


class LikelyCell(NamedTuple):
    """A square by its cell, what the forecast expects (higher is likelier), and what was seen of it."""

    cell: int
    expected: float
    nights_seen: int
    last_looked_on: date


def list_likely_cells(looks: Sequence[CellLook], tonight: date, limit: int) -> list[LikelyCell]:
    """The squares where somebody was met before, the likeliest first; `looks` may hold any number of nights."""
    if not looks:
        return []
    nights: dict[int, set[date]] = defaultdict(set)
    looked: dict[int, date] = {}
    for look in looks:
        looked[look.cell] = max(look.night, looked.get(look.cell, look.night))
        if look.people:
            nights[look.cell].add(look.night)
    ranked = [
        (grid.cell_of(found.easting, found.northing), found.score)
        # The forecast sees what came before its first day: from tomorrow on, so that tonight's contacts count at once.
        for found in forecast_hotspots(_observe(looks), CELL_M, (tonight - EPOCH).days + 1)
    ]
    return [
        LikelyCell(cell, score, len(nights[cell]), looked[cell])
        for cell, score in ranked
        if nights.get(cell) and score > 0
    ][:limit]


def _observe(looks: Sequence[CellLook]) -> Observations:
    """One observation a look: whom several looks of one night met counts with the first of them."""
    cells, place_of = np.unique(np.array([look.cell for look in looks], np.int64), return_inverse=True)
    middles = np.array([grid.centre_m(cell) for cell in cells.tolist()], float)[place_of]
    times = np.array([look.looks for look in looks], np.int64)
    first = np.cumsum(times) - times
    people = np.zeros(int(times.sum()))
    people[first] = [look.people for look in looks]
    return Observations(
        easting_m=np.repeat(middles[:, 0], times),
        northing_m=np.repeat(middles[:, 1], times),
        day=np.repeat(np.array([(look.night - EPOCH).days for look in looks], np.int64), times),
        people=people,
        is_look=np.ones(len(people), bool),
    )


def looks_of_others(points: Sequence[OutsidePoint], crs: str) -> list[CellLook]:
    """What others counted and reported, as one look a square and day. Raises ValueError for a point off the grid."""
    if not points:
        return []
    latitude, longitude = (np.array([getattr(each, half) for each in points]) for half in ("latitude", "longitude"))
    people: Counter[tuple[int, date]] = Counter()
    for cell, point in zip(leaves_of_points(crs, latitude, longitude).tolist(), points, strict=True):
        people[cell, point.day] += point.people
    return [CellLook(cell, day, met) for (cell, day), met in people.items()]
