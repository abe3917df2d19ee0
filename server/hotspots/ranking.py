"""`lantern hotspots`: the cells of any place, ranked as of a day, from what the database holds.

What teams saw and what was counted comes first; where there is neither, reports from outside stand in for them. This is
the teams' own view: no disclosure control, and never for a commissioner or the public (see `publication.py`).
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

import numpy as np
from sqlalchemy.orm import Session

from server.hotspots.statistic import HotCell, Observations, forecast_hotspots, rank_hotspots
from server.places.projection import project
from server.queries.maps.hotspots import Seen, list_counts, list_looks, list_reports

CELL_M = 125
LOOK_BACK_DAYS = 365
"""How far back a ranking looks: a year, so that each season weighs once. A forecast lets older nights fade by itself."""
EPOCH = date(1970, 1, 1)


class Ranking(NamedTuple):
    """Cells, best first; whether reports had to stand in for what teams saw; points the projection does not reach."""

    cells: list[HotCell]
    from_reports: bool
    points_left_out: int


def rank_cells(session: Session, as_of: date, crs: str, size_m: int = CELL_M, days: int = LOOK_BACK_DAYS) -> Ranking:
    """Cells by Gi*, from the `days` up to and including `as_of`."""
    seen, from_reports = _list_seen(session, as_of - timedelta(days=days - 1), as_of)
    observations, left_out = _observe(seen, crs)
    return Ranking(rank_hotspots(observations, size_m), from_reports, left_out)


def forecast_cells(session: Session, as_of: date, crs: str, size_m: int = CELL_M) -> Ranking:
    """Cells by the people to expect from `as_of` on, from what was seen before that day only."""
    seen, from_reports = _list_seen(session, date.min, as_of - timedelta(days=1))
    observations, left_out = _observe(seen, crs)
    return Ranking(forecast_hotspots(observations, size_m, (as_of - EPOCH).days), from_reports, left_out)


def _list_seen(session: Session, first: date, last: date) -> tuple[list[Seen], bool]:
    seen = list_looks(session, first, last) + list_counts(session, first, last)
    if seen:
        return seen, False
    start = datetime.combine(max(first, EPOCH), time.min, UTC)
    return list_reports(session, start, datetime.combine(last, time.max, UTC)), True


def _observe(seen: list[Seen], crs: str) -> tuple[Observations, int]:
    """What was seen as arrays in metres, and how many points lay outside the projection."""
    easting, northing = project(crs, [row.latitude for row in seen], [row.longitude for row in seen])
    everything = Observations(
        easting_m=easting,
        northing_m=northing,
        day=np.array([(row.night - EPOCH).days for row in seen], np.int64),
        people=np.array([row.people for row in seen], float),
        is_look=np.array([row.is_look for row in seen], bool),
    )
    reached = np.isfinite(easting) & np.isfinite(northing)
    return everything.select(reached), int((~reached).sum())
