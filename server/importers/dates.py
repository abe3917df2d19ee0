"""Dates as offices write them: day first or month first, by name, in Excel's serial numbers, with a clock of 12 or 24 hours.

Day and month alone do not say which is which, so a whole column decides (`OrderJudge`): 10/31/2026 proves that 11/05/2026 in
the row above is the fifth of November. A column that proves both orders proves neither, and its unclear cells are asked for.
Pure; times without a zone are local to the zone that is handed in.
"""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

from server.importers.files import UnusableRow

EXCEL_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - its zone is the file's
EXCEL_SERIAL = re.compile(r"[2-6]\d{4}(?:\.\d+)?")
"""The days from 1954 to 2091, as Excel counts them. Source: ECMA-376, part 1, 18.17.4.1."""
MONTHS = {
    name: number
    for number, names in enumerate(
        ("jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july", "aug august",
         "sep sept september", "oct october", "nov november", "dec december"), start=1,
    )
    for name in names.split()
}  # fmt: skip
CLOCK = (
    r"(?:(?:[ T,]|\bat\b)+(?P<hour>\d{1,2})(?:[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:\.\d+)?)?)?"
    r"\s*(?P<half>[ap]\.?m\.?)?(?:\s*hrs?)?)?\s*(?P<zone>UTC|GMT|Z|BST|[+-]\d{2}:?\d{2})?"
)
WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thur?s?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+)?"
NUMBERS = re.compile(
    WEEKDAY + r"(?P<one>\d{1,2})\s*[/.\-]\s*(?P<two>\d{1,2})\s*[/.\-]\s*(?P<year>\d{4}|\d{2})" + CLOCK, re.IGNORECASE
)
YEAR_FIRST = re.compile(r"(?P<year>\d{4})[/.\-](?P<month>\d{1,2})[/.\-](?P<day>\d{1,2})" + CLOCK, re.IGNORECASE)
DAY_BY_NAME = re.compile(
    WEEKDAY
    + r"(?P<day>\d{1,2})(?:st|nd|rd|th)?[ \-/.]*(?:of\s+)?(?P<name>[a-z]{3,9})\.?[ \-/.,]*(?P<year>\d{4}|\d{2})"
    + CLOCK,
    re.IGNORECASE,
)
MONTH_BY_NAME = re.compile(
    WEEKDAY + r"(?P<name>[a-z]{3,9})\.?\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<year>\d{4})" + CLOCK, re.IGNORECASE
)
EARLIEST_YEAR = 1990
CLOCK_SLACK = timedelta(days=1)
"""Another system's clock or time zone may run ahead of ours by this much before its times are called impossible."""
HOW = "write it as DD/MM/YYYY HH:MM or as YYYY-MM-DDTHH:MM:SS"


class Order(Enum):
    """What a column of dates proves about itself."""

    DAY_FIRST = "day first"
    MONTH_FIRST = "month first"
    UNKNOWN = "unknown"
    BOTH = "both"


class OrderJudge:
    """Which number is the day, by every cell of a column that can be read in one way only.

    A day that is still to come, and was not if its month comes first, is one that nobody can have meant: where nothing else
    proves an order, unclear cells are asked for.
    """

    def __init__(self, now: datetime) -> None:
        self._proved: set[Order] = set()
        self._is_doubtful = False
        self._latest = (now + CLOCK_SLACK).date()

    def hear(self, text: str) -> None:
        """One more cell of the column."""
        matched = NUMBERS.fullmatch(text.strip())
        if matched is None:
            return
        if int(matched["one"]) > 12 >= int(matched["two"]):
            self._proved.add(Order.DAY_FIRST)
        elif int(matched["two"]) > 12 >= int(matched["one"]):
            self._proved.add(Order.MONTH_FIRST)
        elif not self._is_doubtful:
            self._is_doubtful = _is_still_to_come(matched, self._latest)

    @property
    def order(self) -> Order:
        """What the column proves, so far."""
        if len(self._proved) > 1 or (not self._proved and self._is_doubtful):
            return Order.BOTH
        return next(iter(self._proved), Order.UNKNOWN)


def judge_order(cells: Iterable[str], now: datetime) -> Order:
    """The same for a column that is here whole."""
    judge = OrderJudge(now)
    for text in cells:
        judge.hear(text)
    return judge.order


def _is_still_to_come(matched: re.Match[str], latest: date) -> bool:
    """Does the day lie ahead if it comes first, and behind if the month does?"""
    one, two, year = int(matched["one"]), int(matched["two"]), int(matched["year"])
    year += 2000 if year < 100 else 0
    try:
        return date(year, two, one) > latest >= date(year, one, two)
    except ValueError:
        return False


def read_moment(column: str, text: str, zone: str, now: datetime, order: Order = Order.UNKNOWN) -> datetime | None:
    """An aware UTC moment from any usual shape of a date; None for an empty cell. An unproved order is day first."""
    text = text.strip()
    if not text:
        return None
    try:
        moment = _parse(column, text, order)
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
    except (ValueError, OverflowError, KeyError):
        raise UnusableRow(f"{column} is {_quote(text)}, which is no date: {HOW}.") from None
    if moment.year < EARLIEST_YEAR:
        raise UnusableRow(f"{column} is {_quote(text)}, long before there were such reports: correct the year.")
    if moment > now + CLOCK_SLACK:
        raise UnusableRow(f"{column} is {_quote(text)}, which is in the future: correct the date.")
    return moment


def say_guess(column: str, text: str, order: Order) -> str:
    """In words, what was taken for granted in reading a date; empty where it can be read in one way only."""
    if EXCEL_SERIAL.fullmatch(text.strip()):
        return f"{column} {text.strip()} was read as Excel's number of a day."
    if order is Order.MONTH_FIRST and NUMBERS.fullmatch(text.strip()):
        return (
            f"{column} {text.strip()} was read month first, because other rows of the file can be read in no other way."
        )
    return ""


def write_plainly(text: str, order: Order) -> str:
    """The same date so that it reads alike without its column: a row that is mended stands alone."""
    matched = NUMBERS.fullmatch(text.strip())
    if matched is None or order not in (Order.MONTH_FIRST, Order.BOTH):
        return text
    one, two = int(matched["one"]), int(matched["two"])
    if order is Order.BOTH and one <= 12 and two <= 12 and one != two:
        return f"{text.strip()} (day or month first?)"
    day, month = (two, one) if two > 12 or (order is Order.MONTH_FIRST and one <= 12) else (one, two)
    return f"{day:02}/{month:02}/{matched['year']}{text.strip()[matched.end('year') :]}"


def has_clock(text: str) -> bool:
    """Does the cell say a time of day beside its date?"""
    return bool(re.search(r"\d[:.]\d{2}(?!\d|[/.\-])|\d\s*[ap]\.?m\b|T\d{2}", text, re.IGNORECASE)) or bool(
        EXCEL_SERIAL.fullmatch(text.strip()) and "." in text
    )


def _parse(column: str, text: str, order: Order) -> datetime:
    if EXCEL_SERIAL.fullmatch(text):
        return _round_to_minute(EXCEL_EPOCH + timedelta(days=float(text)))
    for pattern in (NUMBERS, YEAR_FIRST, DAY_BY_NAME, MONTH_BY_NAME):
        matched = pattern.fullmatch(text)
        if matched is not None:
            return _combine(_read_day(column, matched, order), matched)
    return datetime.fromisoformat(text)


def _read_day(column: str, matched: re.Match[str], order: Order) -> date:
    part = matched.groupdict()
    year = int(part["year"]) + (2000 if len(part["year"]) == 2 else 0)
    if part.get("name"):
        return date(year, MONTHS[part["name"].lower()], int(part["day"]))
    if "one" not in part:
        return date(year, int(part["month"]), int(part["day"]))
    one, two = int(part["one"]), int(part["two"])
    if order is Order.BOTH and one <= 12 and two <= 12 and one != two:
        raise UnusableRow(
            f"{column} is {_quote(matched[0])}, and the other dates of the file do not agree whether the day or the month comes "
            "first: write the month as a word."
        )
    is_month_first = order is Order.MONTH_FIRST or (order is Order.BOTH and two > 12)
    return date(year, one, two) if is_month_first else date(year, two, one)


def _combine(day: date, matched: re.Match[str]) -> datetime:
    part = matched.groupdict()
    hour, minute, second = (int(part[name] or 0) for name in ("hour", "minute", "second"))
    half = (part["half"] or "").lower()[:1]
    if half and not (half == "p" and hour > 12):
        if not 1 <= hour <= 12:
            raise ValueError
        hour = hour % 12 + (12 if half == "p" else 0)
    moment = datetime.combine(day, time(hour, minute, second))
    zone = (part["zone"] or "").upper()
    if not zone:
        return moment
    offset = {"UTC": "+00:00", "GMT": "+00:00", "Z": "+00:00", "BST": "+01:00"}.get(zone, zone)
    return datetime.fromisoformat(moment.isoformat() + offset)


def _round_to_minute(moment: datetime) -> datetime:
    return (moment + timedelta(seconds=30)).replace(second=0, microsecond=0)


def _quote(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:59] + "…")
