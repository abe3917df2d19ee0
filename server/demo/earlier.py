"""What the demo county published before it had Lantern: seven invented quarters, so that a trend can be read."""

from datetime import timedelta
from random import Random

from server.demo import county
from server.hotspots.figures import DistrictFigure, QuarterFigures
from server.hotspots.periods import Period, quarter_of

QUARTERS = 7
PEOPLE = (60, 75, 70, 65, 65, 80, 75)
LONG_TERM = (25, 25, 30, 25, 25, 25, 20)
LARGER = ("Watford", "Dacorum", "Stevenage")
"""Districts with ten people or more in most quarters."""


def earlier_quarters(before: Period, chance: Random) -> list[tuple[Period, QuarterFigures]]:
    """The quarters before one, the oldest first."""
    periods = [before]
    while len(periods) <= QUARTERS:
        periods.insert(0, quarter_of(periods[0].first - timedelta(days=1)))
    return [
        (period, _invent(people, long_term, chance))
        for period, people, long_term in zip(periods[:-1], PEOPLE, LONG_TERM, strict=True)
    ]


def _invent(people: int, long_term: int, chance: Random) -> QuarterFigures:
    def about(number: int) -> int:
        return max(10, 5 * round(number * chance.uniform(0.9, 1.1) / 5))

    return QuarterFigures(
        people=people,
        likely=(people + 5, about(people) + 25),
        groups={
            "new": str(about(people * 2 // 5)),
            "long_term": str(long_term),
            "returning": str(about(people // 5)),
            "accommodated": str(about(people // 4)),
        },
        districts=tuple(
            DistrictFigure(name=each.name, band=int(each.name in LARGER and chance.random() < 0.8))
            for each in sorted(county.DISTRICTS, key=lambda one: one.name)
        ),
        looks=50 * round(chance.uniform(2_000, 4_000) / 50),
        reports=about(120),
        in_time=5 * round(chance.uniform(12, 18)),
    )
