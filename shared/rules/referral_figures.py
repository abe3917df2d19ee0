"""How well reports are answered: counted of reports, never of people, and never flattered. Pure.

A report that was folded into another is counted as a repeat and not measured again. What is late and still open is not in time,
what is open is no outcome, and what nobody knows (a visit that was not recorded) is left out and told as left out.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from shared.model.value import Value
from shared.rules.referral import OutcomeGroup, normalise_outcome

HOUR = timedelta(hours=1)
VISITED = frozenset({OutcomeGroup.FOUND, OutcomeGroup.NOT_FOUND})
"""An outcome by which somebody must have been there."""
NO_GROUP = "another outcome"


class Course(Value, frozen=True, kw_only=True):
    """What became of one report. `looked_at`: the first step of a team that was there."""

    source: str
    district: str
    reported_at: datetime
    due_on: date
    has_place: bool
    is_repeat: bool = False
    is_asked: bool = False
    looked_at: datetime | None = None
    closed_at: datetime | None = None
    outcome: str = ""

    @property
    def visited_at(self) -> datetime | None:
        """When somebody was there first: as recorded, else at the latest when an outcome says so."""
        if self.looked_at is not None:
            return self.looked_at
        found = normalise_outcome(self.outcome) if self.closed_at else None
        return self.closed_at if found is not None and found.group in VISITED else None

    @property
    def group(self) -> str:
        """The part of its outcome before the hyphen; empty while there is none."""
        if self.closed_at is None:
            return ""
        found = normalise_outcome(self.outcome)
        return NO_GROUP if found is None else found.group.value


class Figures(Value, frozen=True, kw_only=True):
    """Of some reports. Hours are the median, None where there is nothing to take one of."""

    reports: int = 0
    repeats: int = 0
    placed: int = 0
    visited: int = 0
    hours_to_visit: float | None = None
    visited_in_a_day: int = 0
    closed: int = 0
    found: int = 0
    hours_to_outcome: float | None = None
    owed: int = 0
    in_time: int = 0
    groups: tuple[tuple[str, int], ...] = ()

    @property
    def own(self) -> int:
        """Reports that stand for themselves."""
        return self.reports - self.repeats


def count_figures(courses: Iterable[Course], today: date, zone: str) -> Figures:
    """What became of these reports by `today`."""
    every = list(courses)
    own = [each for each in every if not each.is_repeat]
    to_visit = [_hours(each.reported_at, at) for each in own if (at := each.visited_at) is not None]
    to_outcome = [_hours(each.reported_at, each.closed_at) for each in own if each.closed_at is not None]
    owed = [each for each in own if _is_owed(each, today)]
    local = ZoneInfo(zone)
    return Figures(
        reports=len(every), repeats=len(every) - len(own), placed=sum(each.has_place for each in own),
        visited=len(to_visit), hours_to_visit=median(to_visit) if to_visit else None,
        visited_in_a_day=sum(hours <= 24 for hours in to_visit), closed=len(to_outcome),
        found=sum(each.group == OutcomeGroup.FOUND.value for each in own),
        hours_to_outcome=median(to_outcome) if to_outcome else None, owed=len(owed),
        in_time=sum(
            each.closed_at is not None and each.closed_at.astimezone(local).date() <= each.due_on for each in owed
        ),
        groups=_count_groups(own),
    )  # fmt: skip


def split(courses: Sequence[Course], by: Callable[[Course], str]) -> dict[str, list[Course]]:
    """The reports by a word, such as their district; words in order."""
    found: dict[str, list[Course]] = {}
    for each in courses:
        found.setdefault(by(each), []).append(each)
    return dict(sorted(found.items()))


def _is_owed(each: Course, today: date) -> bool:
    """Had an outcome to be there by now, or is it there? The clock stands still while more is asked."""
    return each.closed_at is not None or (each.due_on < today and not each.is_asked)


def _count_groups(own: Sequence[Course]) -> tuple[tuple[str, int], ...]:
    names = [*(group.value for group in OutcomeGroup), NO_GROUP]
    counted = [(name, sum(each.group == name for each in own)) for name in names]
    return (
        *((name, number) for name, number in counted if number),
        ("no outcome yet", sum(not each.group for each in own)),
    )


def _hours(since: datetime, until: datetime) -> float:
    """Never less than none: clocks of phones and of other systems differ."""
    return max((until - since) / HOUR, 0.0)
