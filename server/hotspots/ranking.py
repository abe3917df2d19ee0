"""`lantern hotspots`: the cells of any place, ranked as of a day, from what the database holds.

What teams saw and what was counted comes first; where there is neither, reports from outside stand in for them. This is
the teams' own view: no disclosure control, and never for a commissioner or the public (see `publication.py`).
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

import numpy as np
from sqlalchemy.orm import Session

from server.hotspots.statistic import HotCell, Observations, forecast_hotspots, rank_hotspots
from server.places.projection import project
from server.queries.maps.hotspots import LookedAt, Seen, list_counted_looks, list_counts, list_looked_at, list_reports
from shared.model.value import Id

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
    observations, left_out, from_reports = _observe_all(session, as_of - timedelta(days=days - 1), as_of, crs, size_m)
    return Ranking(rank_hotspots(observations, size_m), from_reports, left_out)


def forecast_cells(session: Session, as_of: date, crs: str, size_m: int = CELL_M) -> Ranking:
    """Cells by the people to expect from `as_of` on, from what was seen before that day only."""
    observations, left_out, from_reports = _observe_all(session, date.min, as_of - timedelta(days=1), crs, size_m)
    return Ranking(forecast_hotspots(observations, size_m, (as_of - EPOCH).days), from_reports, left_out)


def _observe_all(session: Session, first: date, last: date, crs: str, size_m: int) -> tuple[Observations, int, bool]:
    """What was seen, how many points the projection does not reach, and whether reports had to stand in."""
    everywhere = [*list_looked_at(session, first, last), *list_counted_looks(session, first, last)]
    looked, lost = observe_looks(everywhere, crs, size_m)
    counted, missed = _observe(list_counts(session, first, last), crs)
    if len(looked) or len(counted) or lost or missed:
        return looked.join(counted), lost + missed, False
    start = datetime.combine(max(first, EPOCH), time.min, UTC)
    reported, missed = _observe(list_reports(session, start, datetime.combine(last, time.max, UTC)), crs)
    return reported, missed, True


def observe_looks(rows: Sequence[LookedAt], crs: str, size_m: int) -> tuple[Observations, int]:
    """Looks: one square on one night by one shift is one, however many contacts it made. And the rows left out.

    Known people count once a look. Those whom nobody knew are added contact by contact.
    """
    easting, northing = project(crs, [row.latitude for row in rows], [row.longitude for row in rows])
    reached = np.isfinite(easting) & np.isfinite(northing)
    known: dict[tuple[float, float, int, Id], set[Id]] = {}
    unknown: dict[tuple[float, float, int, Id], dict[Id, int]] = {}
    for place in np.flatnonzero(reached).tolist():
        row = rows[place]
        corner = (float(easting[place] // size_m), float(northing[place] // size_m))
        look = (*corner, (row.night - EPOCH).days, row.outing)
        known.setdefault(look, set()).update({row.person_id} - {None})  # type: ignore[arg-type]
        unknown.setdefault(look, {})[row.of] = row.unidentified
    return Observations(
        easting_m=np.array([(column + 0.5) * size_m for column, *_ in known], float),
        northing_m=np.array([(line + 0.5) * size_m for _, line, *_ in known], float),
        day=np.array([day for _, _, day, _ in known], np.int64),
        people=np.array([len(met) + sum(unknown[look].values()) for look, met in known.items()], float),
        is_look=np.ones(len(known), bool),
    ), int((~reached).sum())


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
