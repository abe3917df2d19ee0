"""In which district somebody beds down, and so on whose MDT list they belong. Moving a case is not done here.

The list is the district's where the person beds down (project's rule): the district with most nights in the last four
weeks; of equals the one where they were seen last. One night elsewhere moves nobody.
"""

from collections.abc import Iterable, Mapping
from datetime import date

from shared.model.value import Id, Value

WINDOW_DAYS = 28
"""How far back nights count, as far as a phone carries a colleague's contacts (privacy rule B9)."""


class Slept(Value, frozen=True, kw_only=True):
    """On how many distinct outreach nights of the window somebody was seen bedded down in one district, and the last."""

    district_id: Id
    nights: int
    last_night: date


def home_district(slept: Iterable[Slept]) -> Slept | None:
    """Where somebody beds down; None when they were not seen in the window. Equals in everything: the lower id."""
    ordered = sorted(slept, key=lambda each: each.district_id)
    return max(ordered, key=lambda each: (each.nights, each.last_night), default=None)


def say_whereabouts(slept: Iterable[Slept], names: Mapping[Id, str]) -> str:
    """ "seen bedded down in Three Rivers on 3 nights of the last 28, in Watford on 1"; empty when there is nothing."""
    most_first = sorted(slept, key=lambda each: (-each.nights, -each.last_night.toordinal(), each.district_id))
    parts = [f"in {names.get(each.district_id, 'another district')} on {each.nights}" for each in most_first]
    if not parts:
        return ""
    noun = "night" if most_first[0].nights == 1 else "nights"
    return f"seen bedded down {parts[0]} {noun} of the last {WINDOW_DAYS}" + "".join(f", {part}" for part in parts[1:])
