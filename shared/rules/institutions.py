"""Which institutions somebody has left, from what was ever written into their record.

The record shows one pair, the institution and the day: the next discharge is written over it. A discharge that came later than
the day on which an earlier one was written down is another one; else what was written anew puts the earlier right.
"""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from shared.model.codes import InstitutionLeft

INSTITUTION, DAY = "institution_left", "institution_left_on"


class Written(NamedTuple):
    """One of the two fields, as somebody wrote it on a day (`value` is None where it was emptied)."""

    on: date
    field: str
    value: str | None


def read_exits(words: Iterable[Written]) -> list[tuple[InstitutionLeft, date]]:
    """Every discharge, the first first, from `words` in the order in which they were written."""
    institution = InstitutionLeft.NOT_KNOWN
    found: list[tuple[InstitutionLeft, date]] = []
    written_on: date | None = None
    for on, field, value in words:
        if field == INSTITUTION:
            institution = InstitutionLeft(value or str(InstitutionLeft.NOT_KNOWN))
            if found:
                found[-1] = (institution, found[-1][1])
            continue
        day = date.fromisoformat(value) if value else None
        is_another = written_on is None or (day is not None and day > written_on)
        if not is_another and found:
            found.pop()
        if day is not None:
            found.append((institution, day))
        written_on = on
    return found
