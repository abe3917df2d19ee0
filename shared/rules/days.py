"""Days as people in the United Kingdom write them: "Fri", "Mon 7 Dec", "12/12", "next week", "1/2/80". A day that could be two
is not guessed. Every reading takes one pass over the words."""

import re
from calendar import monthrange
from datetime import date, timedelta

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
LONG_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NUMBERS = re.compile(r"(\d{1,2})\s?[/.-]\s?(\d{1,2})(?:\s?[/.-]\s?(\d{4}|\d{2}))?", re.ASCII)
ISO = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})", re.ASCII)
SHORT_DAY = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?", re.ASCII)
ORDINAL_DAY = re.compile(r"(\d{1,2})(?:st|nd|rd|th)", re.ASCII)
IN_SO_LONG = re.compile(r"(?:in |within )?(a|an|one|two|three|four|\d{1,2}) (day|week|month|fortnight)s?", re.ASCII)
COUNTED = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4}
JUST_PAST_DAYS = 92
"""A day named without its year that was as long ago as this, or less, may be a slip: it is asked about, never moved on a year."""
FRIDAY = 4


def read_day(words: str, today: date) -> date | None:
    """The day that is meant, seen from today: a day without its year is the next such day, unless it is just past.

    "next week" and "this week" end on their Friday, "end of month" on its last day. None for anything else.
    """
    said = _plain(words)
    return _spoken(said, today) or _dated(said, today)


def is_just_past(words: str, today: date) -> date | None:
    """The day, when one without its year was named that was at most three months ago; else None."""
    parts = _parts(_without_weekday(_plain(words)))
    if parts is None or parts[2]:
        return None
    named = _day(today.year, parts[1], parts[0])
    if named is not None and named > today:
        named = _day(today.year - 1, parts[1], parts[0])
    return named if named is not None and 0 < (today - named).days <= JUST_PAST_DAYS else None


def say_day(day: date, today: date) -> str:
    """ "Fri 5 Dec, in 6 days"; the year where it is not this one's."""
    named = f"{day:%a} {day.day} {day:%b}" + ("" if day.year == today.year else f" {day.year}")
    days = (day - today).days
    if days in (-1, 0, 1):
        return f"{named}, {({-1: 'yesterday', 0: 'today', 1: 'tomorrow'})[days]}"
    return f"{named}, in {days} days" if days > 0 else f"{named}, {-days} days ago"


def read_written_date(words: str, today: date) -> date | None:
    """A date that has its year, as in a date of birth: "1/2/80", "01.02.1980", "1 February 1980", "1980-02-01".

    Two figures of a year are the last such year that is not to come. None for anything else, "1066" and 2031 among them.
    """
    parts = _parts(_without_weekday(_plain(words)))
    if parts is None or not parts[2]:
        return None
    year = int(parts[2])
    if len(parts[2]) <= 2:
        year += today.year // 100 * 100
        year -= 100 if year > today.year else 0
    return _day(year, parts[1], parts[0])


def _plain(words: str) -> str:
    return " ".join(words.casefold().replace(",", " ").split()).strip(" .")


def _spoken(said: str, today: date) -> date | None:
    fixed = {"today": 0, "tonight": 0, "tomorrow": 1, "tomorrow morning": 1, "tomorrow night": 1}
    if said in fixed:
        return today + timedelta(days=fixed[said])
    said = said.removeprefix("the ").replace("of the ", "of ")
    friday = today + timedelta(days=(FRIDAY - today.weekday()) % 7)
    weeks = {"this week": 0, "end of week": 0, "end of this week": 0, "next week": 1, "end of next week": 1}
    if said in weeks:
        monday = today - timedelta(days=today.weekday())
        return friday if not weeks[said] else monday + timedelta(days=7 + FRIDAY)
    if said in {"end of month", "end of this month", "this month", "month end"}:
        return today.replace(day=monthrange(today.year, today.month)[1])
    if said in {"next month", "end of next month"}:
        year, month = today.year + today.month // 12, today.month % 12 + 1
        return date(year, month, monthrange(year, month)[1])
    weekday = _weekday(said.removeprefix("next ").removeprefix("this "))
    if weekday is not None:
        ahead = (weekday - today.weekday() - 1) % 7 + 1
        this_week = today.weekday() + ahead < 7
        return today + timedelta(days=ahead + (7 if said.startswith("next ") and this_week else 0))
    if (numbered := ORDINAL_DAY.fullmatch(said)) and (found := _next_numbered(int(numbered[1]), today)):
        return found
    return _in_so_long(said, today)


def _next_numbered(day: int, today: date) -> date | None:
    """ "the 5th": this month's, else the next month's that has one."""
    months = ((today.year + (today.month + more - 1) // 12, (today.month + more - 1) % 12 + 1) for more in range(3))
    found = (_day(year, month, day) for year, month in months)
    return next((each for each in found if each is not None and each >= today), None)


def _in_so_long(said: str, today: date) -> date | None:
    if not (found := IN_SO_LONG.fullmatch(said)):
        return None
    number = COUNTED.get(found[1]) or int(found[1])
    days = {"day": 1, "week": 7, "fortnight": 14, "month": 28}[found[2]]
    return today + timedelta(days=days * number)


def _dated(said: str, today: date) -> date | None:
    plain = _without_weekday(said)
    parts = _parts(plain)
    if parts is None:
        return None
    day, month, written = parts
    if written:
        found = _day(int(written) + (2000 if len(written) <= 2 else 0), month, day)
    else:
        found = _day(today.year, month, day)
        if found is None or found < today:
            found = None if is_just_past(plain, today) else _day(today.year + 1, month, day)
    # "Mon 7 Dec" that is no Monday is a slip somewhere: it is asked about.
    weekday = _weekday(said.split(" ", maxsplit=1)[0]) if plain != said else None
    return found if found is None or weekday is None or found.weekday() == weekday else None


def _parts(plain: str) -> tuple[int, int, str] | None:
    """Day, month, and the year as it is written (empty without one)."""
    if match := ISO.fullmatch(plain):
        return int(match[3]), int(match[2]), match[1]
    if match := NUMBERS.fullmatch(plain):
        return int(match[1]), int(match[2]), match[3] or ""
    words = plain.replace("-", " ").replace("/", " ").replace(" of ", " ").split(" ")
    if len(words) not in (2, 3):
        return None
    first, second = words[0].rstrip("."), words[1].rstrip(".")
    if _month(first) is not None:
        first, second = second, first
    month, day = _month(second), SHORT_DAY.fullmatch(first)
    year = words[2] if len(words) == 3 else ""
    if month is None or day is None or (year and not re.fullmatch(r"'?(\d{4}|\d{2})", year, re.ASCII)):
        return None
    return int(day[1]), month, year.lstrip("'")


def _month(word: str) -> int | None:
    """The month's number: by its name or the first three letters of it or more."""
    found = [
        n for n, name in enumerate(LONG_MONTHS, start=1) if name == word or (len(word) > 2 and name.startswith(word))
    ]
    return found[0] if len(found) == 1 else {"sept": 9}.get(word)


def _weekday(word: str) -> int | None:
    """The weekday's number: by its name or the first three letters of it or more."""
    plain = word.rstrip(".")
    return next((n for n, name in enumerate(WEEKDAYS) if len(plain) > 2 and name.startswith(plain)), None)


def _without_weekday(said: str) -> str:
    first, _, rest = said.partition(" ")
    return rest if rest and _weekday(first) is not None else said


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
