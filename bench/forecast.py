"""How much of what comes next the hotspot forecast finds, beside simpler rankings, on two cities' own records.

    python -m bench.forecast [--out bench/results/forecast.json]

For start days 45 days apart: rank cells of 125 m from what came before the day, then count which share of the next month's
and quarter's people lies in the best cells of a given area. The forecast is the product's own; the others are one line each.
"""

import argparse
import csv
import gzip
import json
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from server.hotspots.ranking import EPOCH
from server.hotspots.statistic import Floats, HotCell, Observations, forecast_hotspots
from server.places.projection import project

DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
CRS = "EPSG:32611"
CELL_M = 125
STEP_DAYS, WARM_UP_DAYS = 45, 150
AREAS_KM2 = {"san_diego": (0.1, 0.25, 0.5), "los_angeles": (1.0, 5.0, 20.0)}
HORIZONS_DAYS = (30, 90)

Ranking = Callable[[Observations, int], Sequence[HotCell]]


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description="What a forecast finds.")
    parser.add_argument("--out", type=Path, default=Path("bench/results/forecast.json"))
    options = parser.parse_args()
    result = {place: measure(place, seen) for place, seen in _load().items()}
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


def measure(place: str, seen: Observations) -> dict[str, Any]:
    """Mean share found, by how far ahead, by ranking, for each area."""
    starts = range(int(seen.day.min()) + WARM_UP_DAYS, int(seen.day.max()) - max(HORIZONS_DAYS), STEP_DAYS)
    found: dict[str, Any] = {"areas_km2": AREAS_KM2[place], "starts": len(starts)}
    for horizon in HORIZONS_DAYS:
        found[f"next_{horizon}_days"] = {
            name: _mean_shares(seen, rank, starts, horizon, AREAS_KM2[place]) for name, rank in RANKINGS.items()
        }
    return found


def _mean_shares(seen: Observations, rank: Ranking, starts: range, horizon: int, areas: Sequence[float]) -> list[float]:
    shares = []
    for start in starts:
        after = seen.select((seen.day >= start) & (seen.day < start + horizon))
        if after.people.sum():
            cells = rank(seen, start)
            shares.append([_share(cells[: round(area * 1e6 / CELL_M**2)], after) for area in areas])
    return [round(float(value), 4) for value in np.mean(shares, axis=0)]


def _share(cells: Sequence[HotCell], after: Observations) -> float:
    corners = {(cell.easting, cell.northing) for cell in cells}
    easting, northing = np.floor(after.easting_m / CELL_M) * CELL_M, np.floor(after.northing_m / CELL_M) * CELL_M
    inside = [corner in corners for corner in zip(easting.tolist(), northing.tolist(), strict=True)]
    return float(after.people[inside].sum() / after.people.sum())


def _rank_by_count(days: int | None) -> Ranking:
    """By how many were seen in the last days (None: ever)."""

    def rank(seen: Observations, start: int) -> list[HotCell]:
        kept = seen.select((seen.day < start) & (seen.day >= (start - days if days else 0)))
        totals: dict[tuple[float, float], float] = {}
        corners = zip(
            (np.floor(kept.easting_m / CELL_M) * CELL_M).tolist(),
            (np.floor(kept.northing_m / CELL_M) * CELL_M).tolist(),
            kept.people.tolist(),
            strict=True,
        )
        for easting, northing, people in corners:
            totals[easting, northing] = totals.get((easting, northing), 0.0) + people
        ranked = sorted(totals.items(), key=lambda each: (-each[1], each[0]))
        return [HotCell(easting, northing, CELL_M, score) for (easting, northing), score in ranked]

    return rank


RANKINGS: dict[str, Ranking] = {
    "forecast": lambda seen, start: forecast_hotspots(seen, CELL_M, start),
    "last_30_days": _rank_by_count(30),
    "last_90_days": _rank_by_count(90),
    "everything_so_far": _rank_by_count(None),
}


def _load() -> dict[str, Observations]:
    with (DATA / "counts" / "san_diego_night_counts_2018_2020.csv").open(newline="") as lines:
        counts = [(row["date"], row["lat"], row["lon"], float(row["count"])) for row in csv.DictReader(lines)]
    with gzip.open(DATA / "reports" / "la311_encampment_2015_2016.csv.gz", "rt", newline="") as lines:
        reports = [(row["created_at"][:10], row["lat"], row["lon"], 1.0) for row in csv.DictReader(lines) if row["lat"]]
    return {"san_diego": _observe(counts), "los_angeles": _observe(reports)}


def _observe(rows: Sequence[tuple[str, str, str, float]]) -> Observations:
    easting, northing = project(CRS, [float(row[1]) for row in rows], [float(row[2]) for row in rows])
    days = np.array([(date.fromisoformat(row[0]) - EPOCH) // timedelta(days=1) for row in rows], np.int64)
    people: Floats = np.array([row[3] for row in rows])
    return Observations(easting, northing, days, people, np.zeros(len(rows), bool))


if __name__ == "__main__":
    main()
