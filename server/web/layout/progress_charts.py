"""Which charts a page of figures shows, with what each says in words. Drawing is in `charts`."""

from collections.abc import Sequence
from math import ceil

from markupsafe import Markup

from server.actions.partnership.figures import ToldQuarter
from server.hotspots.figures import say_band
from server.web.layout.charts import Line, Point, draw_lines, draw_multiples, draw_people
from shared.model.value import Value

HIGHEST_BAND = 5


class Chart(Value, frozen=True, kw_only=True):
    """One chart: what it is called, what it shows in words, and the SVG."""

    title: str
    words: str
    svg: str

    @property
    def address(self) -> Markup:
        """The picture in the address itself: nothing more is asked of the server, and a print has it."""
        from base64 import b64encode

        return Markup("data:image/svg+xml;base64," + b64encode(self.svg.encode()).decode())


def make_charts(told: Sequence[ToldQuarter], *, is_public: bool = False) -> list[Chart]:
    """The charts of these quarters, the oldest first; none while there are fewer than two."""
    if len(told) < 2:
        return []
    people = Chart(
        title="People and looking", words=_say_people(told),
        svg=draw_people(
            tuple(_point(each, each.figures.people or None, each.figures.likely) for each in told),
            tuple(_point(each, each.figures.looks) for each in told),
        ),
    )  # fmt: skip
    if is_public:
        return [people]
    return [people, _groups(told), *_multiples(told), *_reports(told)]


def _groups(told: Sequence[ToldQuarter]) -> Chart:
    names = (("new", "New"), ("long_term", "Long-term"), ("returning", "Returning"))
    lines = tuple(
        Line(label, tuple(_point(each, _number(each.figures.groups.get(name, ""))) for each in told))
        for name, label in names
    )
    target = find_target(told)
    shown = None if target is None else Line(f"Target for long-term by 2029/30: {target}", _flat(told, target))
    goal = f" The national target would be {target} long-term people by 2029/30." if target else ""
    return Chart(
        title="Who they are",
        words=f"New, long-term and returning people by quarter; a gap is a number that is not shown.{goal}",
        svg=draw_lines(lines, "New, long-term and returning (they overlap)", shown),
    )


def find_target(told: Sequence[ToldQuarter]) -> int | None:
    """Half of the first quarter's long-term people that is told, rounded up; None while none is."""
    first = next((n for each in told if (n := _number(each.figures.groups.get("long_term", "")))), None)
    return None if first is None else ceil(first / 2)


def _multiples(told: Sequence[ToldQuarter]) -> list[Chart]:
    names = sorted({each.name for quarter in told for each in quarter.figures.districts})
    if not names:
        return []
    lines = tuple(
        Line(
            name,
            tuple(
                _point(each, next((d.band for d in each.figures.districts if d.name == name), None)) for each in told
            ),
        )
        for name in names
    )
    bands = tuple(say_band(band).removesuffix(", may be none") for band in range(HIGHEST_BAND))
    words = "The band of each district by quarter. The shaded strip is fewer than 10, which may be none."
    return [Chart(title="Districts", words=words, svg=draw_multiples(lines, bands))]


def _reports(told: Sequence[ToldQuarter]) -> list[Chart]:
    if all(each.figures.reports is None for each in told):
        return []
    lines = (
        Line("Reports", tuple(_point(each, each.figures.reports) for each in told)),
        Line("Answered in time, of 100", tuple(_point(each, each.figures.in_time) for each in told)),
    )
    words = (
        "Reports from the public by quarter, and how many of 100 were answered in time. They are no count of people."
    )
    return [Chart(title="Reports from the public", words=words, svg=draw_lines(lines, "Reports from the public"))]


def _say_people(told: Sequence[ToldQuarter]) -> str:
    first, last = told[0], told[-1]
    if not (first.figures.people and last.figures.people):
        return "People met by quarter, above the squares that teams looked at."
    return (
        f"People met by quarter: about {first.figures.people} in {first.name}, about {last.figures.people} in {last.name}; "
        "below, the squares that teams looked at. More looking finds more people."
    )


def _point(told: ToldQuarter, value: float | None, likely: tuple[int, int] | None = None) -> Point:
    low, high = likely or (None, None)
    return Point(told.name, value, low, high)


def _number(words: str) -> int | None:
    return int(words) if words.isdecimal() else None


def _flat(told: Sequence[ToldQuarter], number: float) -> tuple[Point, ...]:
    return tuple(Point(each.name, number) for each in told)
