"""An action as it is typed while people speak: "CGL: assessment by 28 Nov". Reading it is kind, and never guesses an
owner."""

import re
from collections.abc import Mapping
from datetime import date, timedelta

from shared.model.value import Id, Value

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
BY = re.compile(r"[,\s]by\s", re.IGNORECASE)
LONGEST_DAY = 40
LONGEST_LINE = 2_000
"""Characters of a line in which a day is looked for."""
NUMBERS = re.compile(r"(\d{1,2})[/.-](\d{1,2})(?:[/.-](\d{4}|\d{2}))?", re.ASCII)
NAMED = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?\s+([a-z]{3,9})\.?(?:\s+(\d{4}))?", re.IGNORECASE | re.ASCII)
ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)


class Bullet(Value, frozen=True, kw_only=True):
    """What was read. `agency_id` or `due_on` is None where the words do not say it."""

    text: str
    agency_id: Id | None = None
    due_on: date | None = None


def read_bullet(line: str, agencies: Mapping[Id, str], today: date) -> Bullet:
    """Read one typed line. `agencies` are names by id; an owner is named by the whole name or by its beginning, if
    only one
    agency begins so. A day without a year is the next such day."""
    text = line.strip().lstrip("-•* ").strip()
    agency_id = None
    owner, colon, rest = text.partition(":")
    if colon:
        agency_id = find_agency(owner, agencies)
        text = rest.strip() if agency_id is not None else text
    for found in BY.finditer(text[:LONGEST_LINE]):
        due_on = read_day(text[found.end() :].strip().removesuffix(".").strip(), today)
        if due_on is not None:
            return Bullet(text=text[: found.start()].rstrip(", \t"), agency_id=agency_id, due_on=due_on)
    return Bullet(text=text.strip(), agency_id=agency_id)


def find_agency(words: str, agencies: Mapping[Id, str]) -> Id | None:
    """The one agency that is called so, by its whole name, its beginning, or its initials; None when none or several
    are."""
    said = " ".join(words.casefold().split())
    if not said:
        return None
    for fits in (
        lambda name: name == said,
        lambda name: f"{name} ".startswith(f"{said} "),
        lambda name: "".join(word[0] for word in name.split()) == said,
        lambda name: name.startswith(said),
    ):
        found = [agency_id for agency_id, name in agencies.items() if fits(name.casefold())]
        if found:
            return found[0] if len(found) == 1 else None
    return None


def read_day(words: str, today: date) -> date | None:
    """ "28 Nov", "28/11", "28/11/2026", "2026-11-28", "Friday", "tomorrow", "today"; None for anything else."""
    said = words.strip().casefold()
    if len(said) > LONGEST_DAY:
        return None
    if said in {"today", "tomorrow"}:
        return today + timedelta(days=said == "tomorrow")
    if said in WEEKDAYS:
        return today + timedelta(days=(WEEKDAYS.index(said) - today.weekday() - 1) % 7 + 1)
    if match := ISO.fullmatch(said):
        return _day(int(match[1]), int(match[2]), int(match[3]))
    if match := NUMBERS.fullmatch(said):
        return _next(int(match[1]), int(match[2]), match[3], today)
    if (match := NAMED.fullmatch(said)) and match[2][:3] in MONTHS:
        return _next(int(match[1]), MONTHS.index(match[2][:3]) + 1, match[3], today)
    return None


def _next(day: int, month: int, year: str | None, today: date) -> date | None:
    if year:
        return _day(int(year) + (2000 if len(year) == 2 else 0), month, day)
    this_year = _day(today.year, month, day)
    if this_year is not None and this_year >= today:
        return this_year
    return _day(today.year + 1, month, day)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
