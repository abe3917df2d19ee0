"""A small chart of one person's own scores, as SVG for page and paper. It marks nothing as good, and nobody else is in it."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from html import escape

from shared.rules.wellbeing import Series

WIDTH, HEIGHT = 340, 170
LEFT, RIGHT, TOP, BOTTOM = 40, 326, 22, 136
MOST_LABELS = 6
LOOKS = 'class="lantern-chart__picture lantern-chart__picture--small" font-size="14" font-family="sans-serif" fill="currentColor"'


def draw_series(series: Series, say_day: Callable[[date], str], alternative: str) -> str:
    """Returns the chart, or nothing where no score can be drawn. `alternative` says the same in words."""
    told = [(each.filled.filled_on, each.score) for each in series.scored if each.score is not None]
    if not told:
        return ""
    points = [(_place_day(day, told[0][0], told[-1][0]), _place_score(score, series)) for day, score in told]
    line = " ".join(f"{x},{y}" for x, y in points)
    ends = "".join(
        f'<line x1="{LEFT}" y1="{y}" x2="{RIGHT}" y2="{y}" stroke="currentColor" stroke-opacity=".25"/>'
        + _write(LEFT - 8, "end", say_score(score), y + 5)
        for y, score in ((TOP, series.scale.highest), (BOTTOM, series.scale.lowest))
    )
    dots = "".join(f'<circle cx="{x}" cy="{y}" r="4.5" fill="currentColor"/>' for x, y in points)
    labelled = {0, len(points) - 1} if len(points) > MOST_LABELS else set(range(len(points)))
    scores = "".join(
        _write(x, _anchor(x, len(points)), say_score(told[at][1]), y - 10 if y > TOP + 18 else y + 22)
        for at, (x, y) in enumerate(points)
        if at in labelled
    )
    days = _write(points[0][0], "start", say_day(told[0][0]))
    if len(points) > 1:
        days += _write(RIGHT, "end", say_day(told[-1][0]))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" {LOOKS} role="img" '
        f'aria-label="{escape(alternative)}">{ends}'
        f'<polyline points="{line}" fill="none" stroke="currentColor" stroke-width="2"/>{dots}{scores}{days}</svg>'
    )


def _write(x: int, anchor: str, text: str, y: int = HEIGHT - 8) -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}">{escape(text)}</text>'


def say_score(score: Decimal) -> str:
    """A score with no digits that say nothing."""
    return f"{score:f}".rstrip("0").rstrip(".") if "." in f"{score:f}" else f"{score:f}"


def _place_day(day: date, first: date, last: date) -> int:
    whole = (last - first).days
    return LEFT + 14 if whole == 0 else LEFT + 14 + round((day - first).days * (RIGHT - LEFT - 14) / whole)


def _place_score(score: Decimal, series: Series) -> int:
    whole = series.scale.highest - series.scale.lowest
    return BOTTOM if not whole else BOTTOM - round((score - series.scale.lowest) * (BOTTOM - TOP) / whole)


def _anchor(x: int, count: int) -> str:
    return "end" if count > 1 and x > RIGHT - 30 else "start" if x < LEFT + 30 else "middle"
