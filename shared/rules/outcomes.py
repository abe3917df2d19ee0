"""What became of people over time, quarter by quarter: for Public Health, counted so that it points at nobody.

Source: RS MDT toolkit, Using the Tracker (capture outcomes over time). What is told is what the record knows for itself: who
came onto the list, whose case closed, who is no longer seen sleeping rough, and whose need somebody helps with now. Each is
told as a part of those who presented; rounding keeps a difference of two quarters from being exact.
"""

from collections.abc import Mapping, Sequence
from enum import Enum

from shared.model.value import Id, Value
from shared.rules.presentations import Row, Table
from shared.rules.small_counts import NOT_SHOWN, is_sum_safe, is_whole_shown, show_count, show_part


class Outcome(str, Enum):
    """What is counted of the people who presented in a quarter."""

    PRESENTED = "people who presented"
    NEW = "new to the list"
    NO_LONGER_SEEN = "seen sleeping rough in the quarter before, and not in this one"
    NEED_MET = "a need that nobody helped with, and somebody does now"
    CLOSED = "case closed"


class Quarter(Value, frozen=True, kw_only=True):
    """One quarter of one district: who each outcome is true of. Everyone in it presented."""

    people: Mapping[Outcome, frozenset[Id]]
    by_lot: frozenset[Outcome] = frozenset()
    """The outcomes that are hidden by lot, drawn once (`shared.rules.small_counts`)."""

    def count(self, outcome: Outcome) -> int:
        """How many of those who presented."""
        return len(self.people.get(outcome, frozenset()) & self.people.get(Outcome.PRESENTED, frozenset()))

    def is_shown(self, outcome: Outcome) -> bool:
        """May it be told of this district?"""
        return self.say(outcome).isdecimal()

    def say(self, outcome: Outcome) -> str:
        """The count as it may be told of this district."""
        whole = self.count(Outcome.PRESENTED)
        if outcome is Outcome.PRESENTED:
            return show_count(whole)
        return NOT_SHOWN if outcome in self.by_lot else show_part(self.count(outcome), whole)


def make_outcome_tables(
    names: Sequence[str], own: Sequence[Quarter], every: Sequence[Sequence[Quarter]]
) -> tuple[Table, Table]:
    """The quarters of one district, and of all districts together; `names` and the quarters are in the same order.

    `every` gives, for each quarter, that quarter of each district.
    """
    district = tuple(Row(label=each.value, cells=tuple(quarter.say(each) for quarter in own)) for each in Outcome)
    together = tuple(
        Row(label=each.value, cells=tuple(_say_together(quarters, each) for quarters in every)) for each in Outcome
    )
    columns = tuple(names)
    return (
        Table(title="Outcomes over time", columns=columns, rows=district),
        Table(title="Outcomes over time", columns=columns, rows=together),
    )


def make_exact_outcome_table(names: Sequence[str], quarters: Sequence[Sequence[Quarter]]) -> Table:
    """Every number as it is, of one district or of several added up: for a named analyst alone."""
    rows = tuple(
        Row(label=outcome.value, cells=tuple(str(sum(each.count(outcome) for each in beside)) for beside in quarters))
        for outcome in Outcome
    )
    return Table(title="Outcomes over time", columns=tuple(names), rows=rows)


def _say_together(quarters: Sequence[Quarter], outcome: Outcome) -> str:
    wholes = {number: each.count(Outcome.PRESENTED) for number, each in enumerate(quarters)}
    total = sum(each.count(outcome) for each in quarters)
    if outcome is Outcome.PRESENTED:
        return show_count(total) if is_whole_shown(wholes.values()) else NOT_SHOWN
    hidden = {number: each.count(outcome) for number, each in enumerate(quarters) if not each.is_shown(outcome)}
    return show_part(total, sum(wholes.values())) if is_sum_safe(hidden, wholes) else NOT_SHOWN
