"""Cells as people fill them in: "Y", "F", "Closed", "1/2/80", "DOB unknown" are read by the rules of the country. What cannot be
read is an Unread, in words: it costs its own cell and no other."""

from datetime import date, datetime, timedelta
from typing import Any

from shared.model.codes import Gender, ReceivingSupport
from shared.rules.days import read_written_date

YES_WORDS = frozenset({"yes", "y", "true", "1", "x", "✓", "✔", "t"})
NO_WORDS = frozenset({"no", "n", "false", "0", "", "-", "f", "none"})
UNKNOWN = frozenset({"", "-", "?", "n/a", "na", "n/k", "nk", "unknown", "not known", "not_known", "dob unknown", "tbc"})
GENDERS = {
    "f": Gender.FEMALE, "female": Gender.FEMALE, "woman": Gender.FEMALE, "m": Gender.MALE, "male": Gender.MALE,
    "man": Gender.MALE, "other": Gender.OTHER, "non-binary": Gender.OTHER, "nonbinary": Gender.OTHER,
}  # fmt: skip
STATUSES = {"open": "open", "o": "open", "closed": "closed", "close": "closed", "c": "closed"}
FIRST_DAY, FALSE_LEAP_DAY = date(1899, 12, 30), 60
"""Excel counts days from the end of 1899 and believes in 29 February 1900, its day 60."""
FIRST_YEAR = 1900
WHICH_DAY = "Write a day with its year, such as 1 February 1980 or 1/2/80."


class Unread(ValueError):
    """A cell that could not be read; says in words what may stand there."""


def read_yes(value: Any) -> bool:
    """Yes or no. Raises Unread."""
    said = _said(value)
    if said in YES_WORDS:
        return True
    if said in NO_WORDS:
        return False
    raise Unread("Write yes or no.")


def read_status(value: Any) -> str:
    """open or closed. Raises Unread."""
    if (found := STATUSES.get(_said(value))) is None:
        raise Unread("Write open or closed.")
    return found


def read_gender(value: Any) -> Gender:
    """A gender. Raises Unread."""
    said = _said(value)
    if said in UNKNOWN:
        return Gender.NOT_KNOWN
    if said not in GENDERS:
        raise Unread("Write female, male, other or not known.")
    return GENDERS[said]


def read_number(value: Any, fallback: int = 1) -> int:
    """A whole number from 1 to 9,999; `fallback` for an empty cell. Raises Unread."""
    if value == "" or value is None:
        return fallback
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    said = str(value).strip()
    if not (said.isascii() and said.isdecimal() and len(said) < 9 and 0 < int(said) < 10_000):
        raise Unread("Write a whole number.")
    return int(said)


def read_support(value: Any) -> ReceivingSupport:
    """ "receiving support: no", or just yes, no or not known. Raises Unread."""
    said = _said(value).rpartition(":")[2].strip()
    if said in UNKNOWN:
        return ReceivingSupport.NOT_KNOWN
    if said in YES_WORDS:
        return ReceivingSupport.YES
    if said in NO_WORDS:
        return ReceivingSupport.NO
    raise Unread("Write receiving support: yes, no or not known.")


def read_day(value: Any, today: date) -> date | None:
    """A day in any spelling, or None for a cell that says none is known. Raises Unread."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 1 <= value < 100_000:
        value = FIRST_DAY + timedelta(days=int(value) + (int(value) < FALSE_LEAP_DAY))
    if isinstance(value, date):
        day = value.date() if isinstance(value, datetime) else value
        if FIRST_YEAR <= (day - FIRST_DAY).days <= today.year + 1:
            raise Unread(WHICH_DAY)  # a year alone, which Excel takes for one of its days: 1980 is 2 June 1905
        return day
    if _said(value) in UNKNOWN:
        return None
    found = read_written_date(str(value), today)
    if found is None:
        raise Unread(WHICH_DAY)
    return found


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return " ".join(str("" if value is None else value).casefold().split())
