"""The hotspot statistic: Getis-Ord Gi* over a square grid, and a forecast of where people will be seen next.

Numbers in, numbers out, whole arrays at a time: projected metres, day numbers and head counts. No SQL, no projection,
no clock. Looking is accounted for: where a place was looked at, what counts is people found a look, never how often we
went. Ground that nobody looked at is unknown: it is no part of the statistic, neither as cold nor as hot. Source: Getis
and Ord (1992), Ord and Getis (1995), Benjamini and Hochberg (1995); the forecast's constants were chosen on San Diego's
night counts and Los Angeles's reports (see `bench/README.md`), where it finds more of the next month and quarter than
either raw counts or wider kernels.
"""

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import ndtr

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]

HALF_LIFE_DAYS = 90.0
"""A sighting this old counts half in a forecast."""
BANDWIDTH_M = 50.0
"""How far a forecast spreads what was seen: the standard deviation of a Gaussian, in metres."""
PRIOR_LOOKS = 1.0
"""One imaginary look that found the usual number, so that a single lucky one does not make a hotspot."""
FALSE_DISCOVERIES = 0.05
"""Of the squares that are said to stand out, this share may do so by chance."""
NEIGHBOURHOOD_POWER = 2
"""How fast neighbours lose their weight where much of a neighbourhood was never looked at. In simulated sparse counties 2
keeps the places where people sleep on top of the list; 0 (plain Gi*) puts the empty ground beside them there."""
COLUMN_BITS = 32


class HotCell(NamedTuple):
    """A cell by its south-west corner in metres of the chosen projection, and its score: larger is hotter."""

    easting: float
    northing: float
    size_m: int
    score: float
    stands_out: bool = False
    """Is it hotter than chance explains, among all the squares tested at once?"""


@dataclass(frozen=True)
class Observations:
    """What was seen, one row an observation, as arrays of one length.

    `people` seen at (`easting_m`, `northing_m`) on `day` (days since 1970-01-01). `is_look` marks the looks of a team, one
    row a square, night and shift, also when it found nobody; the others (night counts, reports) say nothing of where
    nobody was.
    """

    easting_m: Floats
    northing_m: Floats
    day: Integers
    people: Floats
    is_look: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.day)

    def select(self, mask: NDArray[np.bool_]) -> "Observations":
        """The rows where `mask` holds."""
        return Observations(
            self.easting_m[mask], self.northing_m[mask], self.day[mask], self.people[mask], self.is_look[mask]
        )

    def join(self, others: "Observations") -> "Observations":
        """These rows and the others'."""
        both = ((getattr(self, name), getattr(others, name)) for name in self.__dataclass_fields__)
        return Observations(*(np.concatenate(pair) for pair in both))


@dataclass(frozen=True)
class Ground:
    """The study area: cells by (column, row), in the order of their keys, for values and neighbours alike."""

    column: Integers
    row: Integers
    size_m: int

    def __len__(self) -> int:
        return len(self.column)


def gi_star(values: Floats, adjacency: sparse.csr_array) -> Floats:
    """Getis-Ord Gi* as a z-score for each place, which is its own neighbour with weight 1.

    `adjacency` holds the weights of the others, with an empty diagonal: 0/1, or less where they count less. All zeros come
    back where every value is the same: nothing stands out.
    """
    count = len(values)
    if count < 2 or values.min() == values.max():
        return np.zeros(count)
    weights = (adjacency + sparse.eye_array(count, format="csr")).tocsr()
    total_weight = np.asarray(weights.sum(axis=1)).ravel()
    squared_weight = np.asarray((weights * weights).sum(axis=1)).ravel()
    variance = (count * squared_weight - total_weight**2) / (count - 1)
    above_chance = weights @ values - total_weight * values.mean()
    scores: Floats = np.divide(above_chance, values.std() * np.sqrt(variance), where=variance > 0, out=np.zeros(count))
    return scores


def rank_hotspots(seen: Observations, size_m: int) -> list[HotCell]:
    """Cells that were looked at by their Gi* z-score, hottest first: more people than chance explains, for the looking done.

    Where every square was looked at this is Gi* with binary queen weights. Where not, a square's neighbours weigh as much
    as its neighbourhood is known (`weigh_neighbours`), so that empty ground beside the one known place is not the hotter.
    """
    ground, cell_of = _lay_ground(seen, size_m)
    people = _people_for_equal_looking(seen, cell_of, len(ground), np.ones(len(seen)))
    score = gi_star(people, weigh_neighbours(ground))
    return _ranked(ground, score, people, stands_out(score))


def weigh_neighbours(ground: Ground) -> sparse.csr_array:
    """Queen adjacency, each row scaled by the share of its neighbourhood that was looked at, to the power of 2.

    A neighbourhood ends where the box around all looked-at ground does: beyond it lies no ground of this study.
    """
    adjacency = queen_adjacency(ground)
    if not len(ground):
        return adjacency
    across, up = _side_within(ground.column), _side_within(ground.row)
    share = adjacency.sum(axis=1) / np.maximum(across * up - 1, 1)
    return sparse.csr_array(sparse.diags_array(share**NEIGHBOURHOOD_POWER) @ adjacency)


def _side_within(place: Integers) -> Integers:
    """How many of a place and its two neighbours along one axis lie within the whole."""
    sides: Integers = np.minimum(place + 1, place.max()) - np.maximum(place - 1, place.min()) + 1
    return sides


def stands_out(score: Floats) -> NDArray[np.bool_]:
    """Which z-scores are too high for chance when so many are tested: Benjamini and Hochberg's false-discovery rate."""
    chance = ndtr(-score)
    order = np.argsort(chance)
    allowed = FALSE_DISCOVERIES * np.arange(1, len(score) + 1) / max(len(score), 1)
    passed = np.flatnonzero(chance[order] <= allowed)
    told = np.zeros(len(score), bool)
    told[order[: passed[-1] + 1 if len(passed) else 0]] = True
    return told


def forecast_hotspots(seen: Observations, size_m: int, first_day: int) -> list[HotCell]:
    """Cells by the people to be expected from `first_day` on, most first, from what was seen before that day alone."""
    before = seen.select(seen.day < first_day)
    ground, cell_of = _lay_ground(before, size_m)
    fading = 0.5 ** ((first_day - before.day) / HALF_LIFE_DAYS)
    people = _people_for_equal_looking(before, cell_of, len(ground), fading)
    nearby = float(np.exp(-0.5 * (size_m / BANDWIDTH_M) ** 2))
    expected = people + nearby * (queen_adjacency(ground) @ people)
    return _ranked(ground, expected, people)


def queen_adjacency(ground: Ground) -> sparse.csr_array:
    """Which cells touch, by a side or a corner: 0/1, symmetric, empty diagonal."""
    keys = _keys(ground.column, ground.row)
    here, there = [], []
    for across in (-1, 0, 1):
        for up in (-1, 0, 1):
            if across or up:
                wanted = _keys(ground.column + across, ground.row + up)
                place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1) if len(keys) else wanted
                found = np.flatnonzero(keys[place] == wanted)
                here.append(found)
                there.append(place[found])
    rows, columns = np.concatenate(here), np.concatenate(there)
    return sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(ground), len(ground)))


def _lay_ground(seen: Observations, size_m: int) -> tuple[Ground, Integers]:
    """The cells where anybody looked or was seen, and no others; and each observation's cell number."""
    column = np.floor(seen.easting_m / size_m).astype(np.int64)
    row = np.floor(seen.northing_m / size_m).astype(np.int64)
    keys = np.unique(_keys(column, row))
    ground = Ground(keys >> COLUMN_BITS, (keys & ((1 << COLUMN_BITS) - 1)) - (1 << COLUMN_BITS - 1), size_m)
    return ground, np.searchsorted(keys, _keys(column, row))


def _people_for_equal_looking(seen: Observations, cell_of: Integers, cells: int, weight: Floats) -> Floats:
    """People a cell, as many as would have been seen had every looked-at cell been looked at equally often.

    A looked-at cell's rate is drawn towards the usual rate by `PRIOR_LOOKS` imaginary looks.
    """
    looked = seen.is_look
    counted = _sum_by_cell(cell_of[~looked], (weight * seen.people)[~looked], cells)
    found = _sum_by_cell(cell_of[looked], (weight * seen.people)[looked], cells)
    looks = _sum_by_cell(cell_of[looked], weight[looked], cells)
    visited = looks > 0
    if not visited.any():
        return counted
    usual_rate = found.sum() / looks.sum()
    usual_looks = looks[visited].mean()
    rate = (found + PRIOR_LOOKS * usual_rate) / (looks + PRIOR_LOOKS)
    return counted + np.where(visited, rate * usual_looks, 0.0)


def _sum_by_cell(cell_of: Integers, amount: Floats, cells: int) -> Floats:
    total: Floats = np.zeros(cells)
    np.add.at(total, cell_of, amount)
    return total


def _keys(column: Integers, row: Integers) -> Integers:
    return (column << COLUMN_BITS) + row + (1 << COLUMN_BITS - 1)


def _ranked(
    ground: Ground, score: Floats, people: Floats, stands_out: NDArray[np.bool_] | None = None
) -> list[HotCell]:
    """Best first; equal scores by people seen, then from south-west to north-east, so that an answer is repeatable."""
    order = np.lexsort((ground.row, ground.column, -people, -score))
    easting = (ground.column[order] * ground.size_m).astype(float).tolist()
    northing = (ground.row[order] * ground.size_m).astype(float).tolist()
    scores = np.round(score[order], 6).tolist()
    told = (np.zeros(len(score), bool) if stands_out is None else stands_out)[order].tolist()
    return [HotCell(e, n, ground.size_m, s, t) for e, n, s, t in zip(easting, northing, scores, told, strict=True)]
