"""The teams' ground as it is known now: squares that hold more people than chance explains, which of them are new or fading, and
where nobody has looked for how long. Exact, for their own districts; no disclosure control (see `publication.py`).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from enum import Enum

from server.hotspots.ranking import CELL_M
from server.hotspots.statistic import rank_hotspots
from server.hotspots.tonight import observe_cell_looks
from server.queries.maps.tonight import CellLook
from shared.geo import grid
from shared.model.value import Value

NEGLECTED_NIGHTS = 14
"""So long without a look, a square is unknown again: neither cold nor hot."""
MOST_SQUARES = 60


class Change(str, Enum):
    """How a square that stands out does so beside the time before; `NONE` for one that does not stand out."""

    NEW = "new"
    PERSISTING = "persisting"
    FADING = "fading"
    NONE = ""


class LiveSquare(Value, frozen=True, kw_only=True):
    """One square that teams have looked at. `people` and `looks` are of the time that is shown; `score` is Gi* there (None where
    nobody looked in it)."""

    cell: int
    people: int
    looks: int
    last_looked_on: date
    last_met_on: date | None
    score: float | None
    change: Change

    def is_neglected(self, tonight: date) -> bool:
        """Has nobody looked for so long that it is unknown?"""
        return (tonight - self.last_looked_on).days >= NEGLECTED_NIGHTS


def find_squares(looks: Sequence[CellLook], tonight: date, days: int) -> list[LiveSquare]:
    """The squares of these looks, those that stand out first, then the neglected ones where somebody was met, the longest
    unseen first, then the others by Gi*. `days` is how far back is shown; as many before that are compared with."""
    since, before = tonight - timedelta(days=days - 1), tonight - timedelta(days=2 * days - 1)
    shown = [each for each in looks if each.night >= since]
    now = _rank(shown)
    then = _rank(each for each in looks if before <= each.night < since)
    by_cell: dict[int, list[CellLook]] = defaultdict(list)
    for each in looks:
        by_cell[each.cell].append(each)
    squares = [_square(cell, every, since, now, then) for cell, every in by_cell.items()]
    return sorted(squares, key=lambda square: _order(square, tonight))[:MOST_SQUARES]


def _rank(looks: Iterable[CellLook]) -> dict[int, tuple[float, bool]]:
    """Gi* and whether it stands out, by square; squares where nobody looked are in no answer."""
    seen = list(looks)
    if not seen:
        return {}
    return {
        grid.cell_of(found.easting, found.northing): (found.score, found.stands_out)
        for found in rank_hotspots(observe_cell_looks(seen), CELL_M)
    }


def _square(
    cell: int,
    every: Sequence[CellLook],
    since: date,
    now: dict[int, tuple[float, bool]],
    then: dict[int, tuple[float, bool]],
) -> LiveSquare:
    shown = [each for each in every if each.night >= since]
    score, stands_out = now.get(cell, (None, False))
    stood_out = then.get(cell, (0.0, False))[1]
    change = Change.NONE
    if stands_out:
        change = Change.PERSISTING if stood_out else Change.NEW
    elif stood_out and shown:  # where nobody has looked since, people may be there still
        change = Change.FADING
    return LiveSquare(
        cell=cell, people=sum(each.people for each in shown), looks=len(shown),
        last_looked_on=max(each.night for each in every),
        last_met_on=max((each.night for each in every if each.people), default=None), score=score, change=change,
    )  # fmt: skip


def _order(square: LiveSquare, tonight: date) -> tuple[int, float, int]:
    if square.change in (Change.NEW, Change.PERSISTING):
        return 0, -(square.score or 0.0), square.cell
    if square.change is Change.FADING:
        return 1, -(square.score or 0.0), square.cell
    if square.is_neglected(tonight) and square.last_met_on is not None:
        return 2, float(square.last_looked_on.toordinal()), square.cell
    return 3, -(square.score or 0.0), square.cell
