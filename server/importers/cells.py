"""What one cell says: a time, a point, a number, a yes. Each reader raises UnusableRow in words that say what to do.

Times without a zone are local to the operator's time zone, which is handed in; `now` is handed in too. Pure.
"""

import math
import re
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from server.importers.files import UnusableRow

CLOCK_TIME = re.compile(
    r"(?<![\d£$€])(?P<hour>\d{1,2})(?:(?:[:.]|(?=\d{2}\s*(?:h|hrs|hours)\b))(?P<minute>\d{2}))?"
    r"\s*(?P<half>[ap]\.?\s?m\b\.?)?(?:\s*(?:h|hrs|hours)\b)?",
    re.IGNORECASE,
)
FOUR_DIGITS = re.compile(
    r"(?<![\d£$€.])(?<!bus )(?<!no )(?<!number )(?!19[89]\d|20[0-3]\d)(?P<hour>[01]\d|2[0-3])(?P<minute>[0-5]\d)(?!\d)"
)
"""A clock of four digits; what may as well be a year, a sum or a bus is none."""
NAMED_TIMES = {"midnight": time(0), "midday": time(12), "noon": time(12)}
NAMED_TIME = re.compile(rf"\b(?:{'|'.join(NAMED_TIMES)})\b", re.IGNORECASE)
YES = frozenset(
    {
        "yes",
        "y",
        "true",
        "t",
        "1",
        "1.0",
        "yes please",
        "yes, please",
        "ok",
        "agreed",
        "consented",
        "given",
        "✓",
        "✔",
        "☑",
        "✅",
    }
)
RANGE = re.compile(
    r"(?<![\d£$€:.])(?P<first>\d{1,2})\s*(?:-|–|to)\s*(?P<last>\d{1,2})\s*(?P<half>[ap])\.?\s?m\b", re.IGNORECASE
)
"""“9-11pm” says two times: somebody was seen from the first on."""


@lru_cache(maxsize=4096)
def read_clock_time(text: str) -> time | None:
    """The time of day in words such as "9pm", "21:30", "about 10.15 pm", "2200hrs", "midnight"; None when unclear."""
    named = NAMED_TIME.search(text)
    if named is not None:
        return NAMED_TIMES[named[0].lower()]
    between = RANGE.search(text)
    if between is not None and int(between["first"]) <= int(between["last"]):
        return _to_time_of(int(between["first"]), 0, between["half"].lower())
    matched = FOUR_DIGITS.search(text)
    if matched is None:
        matched = next((found for found in CLOCK_TIME.finditer(text) if found["minute"] or found["half"]), None)
        if matched is None:
            return None
    return _to_time(matched)


def find_seen_at(seen_text: str, reported_at: datetime, zone: str) -> datetime | None:
    """When somebody was seen: the last such time of day before the report. None when the words are unclear."""
    clock_time = read_clock_time(seen_text)
    if clock_time is None:
        return None
    local = reported_at.astimezone(ZoneInfo(zone))
    seen = local.replace(hour=clock_time.hour, minute=clock_time.minute, second=0, microsecond=0)
    return (seen if seen <= local else seen - timedelta(days=1)).astimezone(UTC)


def read_point(columns: tuple[str, str], latitude_text: str, longitude_text: str) -> tuple[float, float] | None:
    """(latitude, longitude) in WGS 84 degrees; None when both are empty, or both zero, which means that none was given."""
    if not latitude_text and not longitude_text:
        return None
    for column, text in zip(columns, (latitude_text, longitude_text), strict=True):
        if not text:
            raise UnusableRow(f"{column} is empty and its other half is not: give both, or neither.")
    latitude, longitude = (
        read_decimal(column, text) for column, text in zip(columns, (latitude_text, longitude_text), strict=True)
    )
    if latitude == 0 and longitude == 0:
        return None
    if abs(latitude) > 90 and abs(longitude) <= 90 and abs(latitude) <= 180:
        raise UnusableRow(
            f"{columns[0]} is {latitude_text}, which is no latitude: latitude and longitude look swapped. Swap the columns."
        )
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise UnusableRow(
            f"{columns[0]} {latitude_text}, {columns[1]} {longitude_text} is nowhere on earth: "
            "give WGS 84 degrees, such as 51.6565 and -0.3902."
        )
    return latitude, longitude


def read_decimal(column: str, text: str) -> float:
    """A finite number; a decimal comma is understood."""
    try:
        number = float(text.replace(",", ".") if text.count(",") == 1 and "." not in text else text)
    except ValueError:
        raise UnusableRow(f"{column} is {_quote(text)}, which is not a number.") from None
    if not math.isfinite(number):
        raise UnusableRow(f"{column} is {_quote(text)}, which is not a number.")
    return number


def read_count(column: str, text: str, most: int = 500) -> int | None:
    """How many people, from 0 to `most`; None for an empty cell."""
    if not text:
        return None
    number = read_decimal(column, text)
    if number != int(number) or not 0 <= number <= most:
        raise UnusableRow(f"{column} is {_quote(text)}: give a whole number of people from 0 to {most}.")
    return int(number)


def read_yes(text: str) -> bool:
    """Whether a cell says yes. Anything else is no: consent is given or it is not."""
    return text.strip().lower().rstrip(".!") in YES


def shorten(text: str, characters: int = 200) -> str:
    """The text within a length; what is cut off stays in the raw row."""
    return text if len(text) <= characters else text[: characters - 1] + "…"


def _to_time(matched: re.Match[str]) -> time | None:
    part = matched.groupdict()
    return _to_time_of(int(part["hour"]), int(part["minute"] or 0), (part.get("half") or "").lower()[:1])


def _to_time_of(hour: int, minute: int, half: str) -> time | None:
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "p" else 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None


def _quote(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:59] + "…")
