"""Charts of the figures as SVG, drawn on the server: no script is needed, they print, and in grey they read the same.

Each stands beside a table that says as much. Text is drawn as outlines, so that a page, a printer and a PDF show the same.
"""

import io
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from shared.model.value import Value

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, GREY, BLUE, PALE = "#0b0c0c", "#505a5f", "#1d70b8", "#d4dbe0"
LINES = (("-", "o", BLUE), ("--", "s", INK), (":", "^", GREY))
WIDTH_IN = 7.2
KEPT = 64
"""Published figures never change, so neither do their charts."""


class Point(Value, frozen=True):
    """One quarter: its short name, a value (None: not told) and the lowest and highest it may be."""

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None


class Line(Value, frozen=True):
    """One line of a chart."""

    label: str
    points: tuple[Point, ...]


@lru_cache(maxsize=KEPT)
def draw_people(people: tuple[Point, ...], looks: tuple[Point, ...]) -> str:
    """People met with what is likely, above; squares looked at, below, on an axis of their own."""

    def draw(figure: "Figure") -> None:
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
        _draw_line(above, people, *LINES[0], label="People met")
        for place, point in enumerate(people):
            if point.low is not None and point.high is not None:
                above.vlines(place, point.low, point.high, color=GREY, linewidth=6, alpha=0.35)
        above.set_title("People met sleeping rough; the bar is how many there may have been", **_TITLE)
        below.bar(range(len(looks)), [each.value or 0 for each in looks], color=PALE, edgecolor=GREY, hatch="//")
        below.set_title("Squares that teams looked at", **_TITLE)
        _name_quarters(below, people)

    return _draw(draw, 4.4)


@lru_cache(maxsize=KEPT)
def draw_lines(lines: tuple[Line, ...], title: str, target: Line | None = None) -> str:
    """Several lines told apart by dash, mark and name; a target as a thin line with its name. Gaps are not told."""

    def draw(figure: "Figure") -> None:
        axes = figure.subplots()
        for number, line in enumerate(lines):
            _draw_line(axes, line.points, *LINES[number % len(LINES)], label=line.label)
        if target is not None:
            _draw_line(axes, target.points, "-.", "", GREY, label=target.label, width=1.0)
        axes.set_title(title, **_TITLE)
        _name_quarters(axes, lines[0].points)
        axes.legend(loc="upper left", fontsize=8, frameon=False, ncols=2)
        axes.margins(y=0.25)

    return _draw(draw, 3.2)


@lru_cache(maxsize=KEPT)
def draw_multiples(districts: tuple[Line, ...], bands: tuple[str, ...]) -> str:
    """A small chart a district: the band of each quarter. The lowest band is a shaded strip, "fewer than": never a gap."""

    def draw(figure: "Figure") -> None:
        across = 3
        rows = -(-len(districts) // across)
        grid = figure.subplots(rows, across, sharex=True, sharey=True, squeeze=False)
        for number, axes in enumerate(grid.flat):
            if number >= len(districts):
                axes.set_visible(False)
                continue
            _draw_bands(axes, districts[number], bands)
        _name_quarters(grid[-1][0], districts[0].points)

    return _draw(draw, 1.5 * -(-len(districts) // 3) + 0.5)


_TITLE: dict[str, Any] = {"loc": "left", "fontsize": 9, "color": INK}


def _draw_bands(axes: "Axes", district: Line, bands: Sequence[str]) -> None:
    axes.axhspan(-0.5, 0.5, color=PALE, hatch="//", linewidth=0, alpha=0.6)
    _draw_line(axes, district.points, "-", "o", BLUE, label=district.label)
    axes.set_title(district.label, loc="left", fontsize=8, color=INK)
    axes.set_ylim(-0.5, len(bands) - 0.5)
    axes.set_yticks(range(len(bands)), bands, fontsize=6)
    axes.tick_params(axis="x", labelsize=6)


def _draw_line(
    axes: "Axes", points: Sequence[Point], dash: str, mark: str, colour: str, *, label: str, width: float = 1.8
) -> None:
    values = [float("nan") if each.value is None else each.value for each in points]
    axes.plot(
        range(len(points)), values, dash, marker=mark or None, color=colour, label=label, linewidth=width, markersize=5
    )


def _name_quarters(axes: "Axes", points: Sequence[Point]) -> None:
    axes.set_xticks(range(len(points)), [each.name for each in points], rotation=45, ha="right", fontsize=7)


def _draw(draw: "Callable[[Figure], None]", height_in: float) -> str:
    import matplotlib
    from matplotlib.figure import Figure

    # The same figures make the same bytes: no date, no chance in the names of parts.
    with matplotlib.rc_context({"svg.fonttype": "path", "svg.hashsalt": "lantern", "hatch.linewidth": 0.5}):
        figure = Figure(figsize=(WIDTH_IN, height_in), layout="constrained")
        draw(figure)
        for axes in figure.axes:
            axes.spines[["top", "right"]].set_visible(False)
            axes.grid(axis="y", color=PALE, linewidth=0.6)
            axes.set_axisbelow(True)
            if axes.get_ylim()[0] >= 0:
                axes.set_ylim(bottom=0)
        made = io.StringIO()
        figure.savefig(made, format="svg", metadata={"Date": None, "Creator": None})
    return made.getvalue()
