"""Where people are likely tonight, square by square, and when somebody last looked there: the teams' own planning view.

The forecast is `statistic.forecast_hotspots`; here it meets the nights since the last look. No disclosure control: see
`publication.py` for what others are shown.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
from sqlalchemy.orm import Session

from server.hotspots.former_ground import list_ground_looks
from server.hotspots.grid import leaves_of_points
from server.hotspots.ranking import CELL_M, EPOCH
from server.hotspots.statistic import HALF_LIFE_DAYS, Observations, forecast_hotspots
from server.places.projection import unproject
from server.queries.maps.tonight import CellLook, OutsidePoint, list_outside_points
from server.queries.partnership.boundary_changes import with_former
from shared.geo import grid
from shared.model.value import Id, Value
from shared.rules.occupancy import Nights, Occupancy, judge

LOOK_BACK = timedelta(days=365)
BANDS_FROM = (0.25, 0.5, 0.75)
"""The chance at which “possible”, “likely” and “very likely” begin."""


class LikelyCell(NamedTuple):
    """A square by its cell, what the forecast expects (higher is likelier), and what was seen of it."""

    cell: int
    expected: float
    nights_seen: int
    last_looked_on: date
    occupancy: Occupancy

    @property
    def chance(self) -> float:
        """That somebody is there, from 0 to 1."""
        return self.occupancy.chance


class Known(Value, frozen=True, kw_only=True):
    """What is known of some districts up to a night, and whether others than their teams saw it."""

    looks: list[CellLook]
    until: date
    is_of_others: bool


def find_known(session: Session, district_ids: Collection[Id], tonight: date, crs: str) -> Known:
    """What the teams saw in the last year, under whatever name their ground had; where they have not looked at all, what others
    counted and reported."""
    here = with_former(session, district_ids)
    looks = list_ground_looks(session, district_ids, tonight - LOOK_BACK, crs)
    if looks:
        return Known(looks=looks, until=tonight, is_of_others=False)
    others = looks_of_others(list_outside_points(session, here, LOOK_BACK), crs)
    return Known(looks=others, until=max((each.night for each in others), default=tonight), is_of_others=True)


def corners_of(cell: int, crs: str) -> list[tuple[float, float]]:
    """The four corners of a square of the grid, in order, as (latitude, longitude) in WGS 84 degrees."""
    west, south = grid.corner_m(cell)
    size = grid.size_m(cell)
    latitude, longitude = unproject(
        crs, [west, west + size, west + size, west], [south, south, south + size, south + size]
    )
    return list(zip(latitude.tolist(), longitude.tolist(), strict=True))


def band_of(cell: LikelyCell, is_of_others: bool = False) -> int:
    """Returns 4 (very likely) to 1 by the chance that somebody is there, whatever other squares are like.

    What only others counted or reported is never more than 2: nobody of the teams has looked, so the chance is unknown.
    """
    band = 1 + bisect_right(BANDS_FROM, cell.chance)
    return min(band, 2) if is_of_others else band


def judge_cells(looks: Sequence[CellLook], tonight: date) -> dict[int, Occupancy]:
    """For each square how likely somebody is there tonight and how many: by nights looked at, the old ones fading as in the
    forecast. Two shifts on one night may have met the same people: the larger number counts."""
    met: dict[tuple[int, date], int] = {}
    for look in looks:
        met[look.cell, look.night] = max(met.get((look.cell, look.night), 0), look.people)
    nights: dict[int, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0, 0.0])
    for (cell, night), people in met.items():
        weight = 0.5 ** ((tonight - night).days / HALF_LIFE_DAYS)
        of_cell = nights[cell]
        of_cell[0] += weight
        of_cell[1] += weight * (people > 0)
        of_cell[2] += weight * people
        of_cell[3] += weight**2
    return judge({cell: Nights(looked=n[0], found=n[1], people=n[2], squares=n[3]) for cell, n in nights.items()})


def list_likely_cells(
    looks: Sequence[CellLook], tonight: date, limit: int, also: Collection[int] = ()
) -> list[LikelyCell]:
    """The squares where somebody was met before, the likeliest first; `looks` may hold any number of nights. Those of `also` that
    were looked at are told beyond the limit too, whoever was met there."""
    if not looks:
        return []
    nights: dict[int, set[date]] = defaultdict(set)
    looked: dict[int, date] = {}
    for look in looks:
        looked[look.cell] = max(look.night, looked.get(look.cell, look.night))
        if look.people:
            nights[look.cell].add(look.night)
    judged = judge_cells(looks, tonight)
    ranked = [
        (grid.cell_of(found.easting, found.northing), found.score)
        # The forecast sees what came before its first day: from tomorrow on, so that tonight's contacts count at once.
        for found in forecast_hotspots(observe_cell_looks(looks), CELL_M, (tonight - EPOCH).days + 1)
    ]
    likely = [cell for cell, score in ranked if nights.get(cell) and score > 0][:limit]
    told = {*likely, *also}
    return [
        LikelyCell(cell, score, len(nights[cell]), looked[cell], judged[cell]) for cell, score in ranked if cell in told
    ]


def observe_cell_looks(looks: Sequence[CellLook]) -> Observations:
    """One observation a look, in the middle of its square."""
    cells, place_of = np.unique(np.array([look.cell for look in looks], np.int64), return_inverse=True)
    middles = np.array([grid.centre_m(cell) for cell in cells.tolist()], float)[place_of]
    return Observations(
        easting_m=middles[:, 0],
        northing_m=middles[:, 1],
        day=np.array([(look.night - EPOCH).days for look in looks], np.int64),
        people=np.array([look.people for look in looks], float),
        is_look=np.ones(len(looks), bool),
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
