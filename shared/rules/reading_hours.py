"""Hours as somebody types them, a line each: "Mon-Fri 9:00-17:00", "Sat, Sun 20:00-08:00", "2nd Tue 10:00-12:00". Written
back, each
line says the same again."""

import re
from datetime import date, time

from shared.model.service import Frequency, Hours
from shared.rules.opening_hours import DAY, SHORT, WEEKDAYS, find_faults

NAMES = {
    name: code
    for code, names in zip(
        WEEKDAYS,
        (
            ("mo", "mon", "monday"),
            ("tu", "tue", "tues", "tuesday"),
            ("we", "wed", "weds", "wednesday"),
            ("th", "thu", "thur", "thurs", "thursday"),
            ("fr", "fri", "friday"),
            ("sa", "sat", "saturday"),
            ("su", "sun", "sunday"),
        ),
        strict=True,
    )
    for name in names
}
PLACES = {
    "1st": 1, "first": 1, "2nd": 2, "second": 2, "3rd": 3, "third": 3, "4th": 4, "fourth": 4, "5th": 5, "last": -1,
    "2nd-last": -2, "3rd-last": -3, "4th-last": -4, "5th-last": -5,
}  # fmt: skip
SAID_PLACES = {place: word for word, place in PLACES.items() if word[0].isdecimal() or place == -1}
DATES = {"starting": "starts_on", "from": "valid_from", "until": "valid_to"}
OFTEN = re.compile(r"^every (\d{1,2}) (weeks|months):? ", re.IGNORECASE)
DATED = re.compile(r" (starting|from|until) (\d{4}-\d{2}-\d{2})$", re.IGNORECASE)
TIMES = re.compile(
    r"(?:(\d{1,2})[:.](\d{2}) ?(?:-|–|to|until) ?(\d{1,2})[:.](\d{2})(?: the next day)?|(day and night|24 hours))$",
    re.IGNORECASE,
)
HOW = "Write a line such as “Mon-Fri 9:00-17:00”, “every day 20:00-08:00” or “2nd Tue 10:00-12:00”."
EVERY_DAY = frozenset({"every day", "daily", ""})


def read_hours(text: str) -> tuple[tuple[Hours, ...], list[str]]:
    """What the lines say, and of each that says nothing clear what is wrong with it."""
    read, wrong = [], []
    for line in text.splitlines():
        said = " ".join(line.split())
        if not said:
            continue
        try:
            hours = _read_line(said)
            faults = find_faults(hours)
        except ValueError as error:
            faults = [str(error)]
        if faults:
            wrong.append(f"“{said[:80]}”: {' '.join(faults)}")
        else:
            read.append(hours)
    return tuple(read), wrong


def write_hours(hours: tuple[Hours, ...]) -> str:
    """Hours as lines that `read_hours` reads again."""
    return "\n".join(_write_line(each) for each in hours)


def _read_line(said: str) -> Hours:
    """Raises ValueError, whose words say what to write instead."""
    interval, frequency, rest = 1, None, said
    if often := OFTEN.search(rest):
        interval, rest = int(often[1]), rest[often.end() :]
        frequency = Frequency.WEEKLY if often[2].casefold() == "weeks" else Frequency.MONTHLY
    dates = {}
    while dated := DATED.search(rest):
        dates[DATES[dated[1].casefold()]] = _read_date(dated[2])
        rest = rest[: dated.start()]
    timed = TIMES.search(rest)
    if timed is None:
        raise ValueError(HOW)
    opens_at, closes_at = (time(0), time(0)) if timed[5] else (_time(timed[1], timed[2]), _time(timed[3], timed[4]))
    days, month_days = _read_days(rest[: timed.start()].strip(" ,:").casefold())
    is_monthly = bool(month_days) or any(len(day) > 2 for day in days)
    if frequency is None:
        frequency = Frequency.MONTHLY if is_monthly else Frequency.WEEKLY
    if not 1 <= interval <= 53:
        raise ValueError("They come again every 1 to 53 weeks or months.")
    return Hours(
        opens_at=opens_at, closes_at=closes_at, frequency=frequency, days=days, month_days=month_days, interval=interval,
        **dates,
    )  # fmt: skip


def _read_days(said: str) -> tuple[tuple[str, ...], tuple[int, ...]]:
    if said in EVERY_DAY:
        return WEEKDAYS, ()
    days: list[str] = []
    dates: list[int] = []
    for part in re.split(r",| and |;", said):
        words = part.split()
        if len(words) == 2 and words[0] == "day" and re.fullmatch(r"-?\d{1,2}", words[1]):
            dates.append(int(words[1]))
        elif len(words) == 2 and words[0] in PLACES and words[1] in NAMES:
            days.append(f"{PLACES[words[0]]}{NAMES[words[1]]}")
        else:
            days += _read_range(part)
    return tuple(dict.fromkeys(days)), tuple(dict.fromkeys(dates))


def _read_range(part: str) -> list[str]:
    ends = [each.strip() for each in re.split(r"-|–| to ", part)]
    if not 1 <= len(ends) <= 2 or any(end not in NAMES for end in ends):
        raise ValueError(HOW)
    first, last = WEEKDAYS.index(NAMES[ends[0]]), WEEKDAYS.index(NAMES[ends[-1]])
    return [WEEKDAYS[(first + step) % 7] for step in range((last - first) % 7 + 1)]


def _time(hour: str, minute: str) -> time:
    if (hour, minute) == ("24", "00"):
        return time(0)
    if int(hour) > 23 or int(minute) > 59:
        raise ValueError(f"{hour}:{minute} is no time of the day.")
    return time(int(hour), int(minute))


def _read_date(said: str) -> date:
    try:
        return date.fromisoformat(said)
    except ValueError as error:
        raise ValueError(f"{said} is no day: write it as 2026-11-20.") from error


def _write_line(hours: Hours) -> str:
    unit = "weeks" if hours.frequency is Frequency.WEEKLY else "months"
    often = f"every {hours.interval} {unit} " if hours.interval > 1 or _needs_unit(hours) else ""
    is_whole_day = hours.opens_at == hours.closes_at == time(0)
    times = "day and night" if is_whole_day else f"{hours.opens_at:%H:%M}-{hours.closes_at:%H:%M}"
    named = ((word, getattr(hours, name)) for word, name in DATES.items())
    dates = "".join(f" {word} {day.isoformat()}" for word, day in named if day is not None)
    return f"{often}{_write_days(hours)} {times}{dates}"


def _needs_unit(hours: Hours) -> bool:
    """Would the days alone be read as those of a week?"""
    return (
        hours.frequency is Frequency.MONTHLY and not hours.month_days and all(len(day) == 2 for day in _days_of(hours))
    )


def _write_days(hours: Hours) -> str:
    days, dates = _days_of(hours), _dates_of(hours)
    if set(days) == set(WEEKDAYS) and not dates:
        return "every day"
    found = [DAY.fullmatch(day) for day in days]
    named = [
        f"{SAID_PLACES.get(int(each[1]), each[1]) + ' ' if each[1] else ''}{SHORT[each[2]]}" for each in found if each
    ]
    return ", ".join([*named, *(f"day {day}" for day in dates)])


def _days_of(hours: Hours) -> tuple[str, ...]:
    if hours.frequency is Frequency.WEEKLY and not hours.days and hours.starts_on is not None:
        return (WEEKDAYS[hours.starts_on.weekday()],)
    return hours.days


def _dates_of(hours: Hours) -> tuple[int, ...]:
    if hours.frequency is Frequency.MONTHLY and not (hours.days or hours.month_days) and hours.starts_on is not None:
        return (hours.starts_on.day,)
    return hours.month_days
