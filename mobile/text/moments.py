"""How far and how long ago, in words: distances, ages and clock times as a worker would say them.

Pure: takes the catalogue, the moment and `now`. Local time is the outreach zone's (the partnership's, unless told).
"""

from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo

from mobile.text import Catalogue
from shared.geo.night import DEFAULT_ZONE

OUTREACH_ZONE = DEFAULT_ZONE
DAYS_NAMED = 7


@cache
def zone(name: str = OUTREACH_ZONE) -> ZoneInfo:
    """The zone, read once."""
    return ZoneInfo(name)


def wall_time(now: datetime) -> datetime:
    """The clock on the wall where the partnership is, without a zone: hours of services go by it."""
    return now.astimezone(zone()).replace(tzinfo=None)


def say_clock(at: datetime) -> str:
    """'02:11' in local time."""
    return f"{at.astimezone(zone()):%H:%M}"


def say_distance(words: Catalogue, distance_m: float | None) -> str:
    """'180 m' to the nearest ten, '1.2 km' beyond a kilometre; '' when not known."""
    if distance_m is None:
        return ""
    if distance_m < 1_000:
        return words.say("distance.metres", metres=max(10, round(distance_m / 10) * 10))
    return words.say("distance.kilometres", kilometres=f"{distance_m / 1_000:.1f}")


def say_day(words: Catalogue, day: date, today: date) -> str:
    """'today', 'yesterday', 'tomorrow', a weekday within a week, else '14 Nov'."""
    ahead = (day - today).days
    if ahead in (-1, 0, 1):
        return words.say({-1: "day.yesterday", 0: "day.today", 1: "day.tomorrow"}[ahead])
    if abs(ahead) < DAYS_NAMED:
        return words.say(f"weekday.{day.weekday()}")
    return words.say("day.date", day=day.day, month=words.say(f"month.{day.month}"))


def say_when(words: Catalogue, at: datetime | None, now: datetime) -> str:
    """'02:11' within twelve hours, else the day: 'Friday', '14 Nov'; '' when not known."""
    if at is None:
        return ""
    if 0 <= (now - at).total_seconds() < 12 * 3600:
        return say_clock(at)
    return say_day(words, at.astimezone(zone()).date(), now.astimezone(zone()).date())


def say_due(words: Catalogue, due_on: date | None, now: datetime) -> str:
    """'due Tuesday' or 'was due Tuesday'; '' when nothing is due."""
    if due_on is None:
        return ""
    today = now.astimezone(zone()).date()
    key = "due.late" if due_on < today else "due.by"
    return words.say(key, day=say_day(words, due_on, today))


def say_age(words: Catalogue, age_s: float) -> str:
    """'just now', '4 min old', '2 h old': how old a fix is."""
    if age_s < 60:
        return words.say("age.now")
    if age_s < 3600:
        return words.say("age.minutes", minutes=int(age_s // 60))
    return words.say("age.hours", hours=int(age_s // 3600))


def join(*parts: str) -> str:
    """The parts that are there, with a middle dot between them; no line begins with the dot."""
    return "\u00a0· ".join(part for part in parts if part)
