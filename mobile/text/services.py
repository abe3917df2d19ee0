"""Whether a service is open, in the worker's language. Pure: takes the catalogue and the clock on the wall."""

from collections.abc import Sequence
from datetime import datetime

from mobile.text import Catalogue
from mobile.text.moments import join, say_day
from shared.model.service import Frequency, Hours, Service, ServiceStatus
from shared.rules import opening_hours
from shared.rules.finding_services import Found, has_left_feed, is_stale
from shared.rules.opening_hours import WEEKDAYS, is_round_the_clock


def say_opening(words: Catalogue, found: Found, now: datetime) -> str:
    """'open until 08:00', 'opens at 20:00', 'closed now'; '' where no hours are known."""
    service, opening = found.service, found.opening
    if service.status is not ServiceStatus.ACTIVE:
        return words.say("services.closed_for_a_time")
    if has_left_feed(service):
        return words.say("services.perhaps_gone")
    if opening is None:
        return words.say("services.closed_now") if service.hours else ""
    if opening.opens <= now and is_round_the_clock(opening, now):
        said = words.say("services.open_day_and_night")
        return said if opening.is_sure else words.say("services.perhaps", said=said)
    key = "services.opens_at" if opening.opens > now else "services.open_until"
    clock = opening.opens if opening.opens > now else opening.closes
    said = words.say(key, clock=f"{clock:%H:%M}")
    return said if opening.is_sure else words.say("services.perhaps", said=said)


def say_checked(words: Catalogue, service: Service, now: datetime) -> str:
    """Since when its directory no longer names it, when somebody made sure of it last, and whether to ring first."""
    today, checked, left = now.date(), service.checked_on, service.left_feed_on
    return join(
        words.say("services.left_feed", day=say_day(words, left, today)) if left else "",
        words.say("services.checked", day=say_day(words, checked, today))
        if checked
        else words.say("services.never_checked"),
        words.say("services.ring_first") if is_stale(service, now) else "",
    )


def say_hours(words: Catalogue, hours: Sequence[Hours]) -> list[str]:
    """'Monday, Tuesday, 20:00-08:00'; what comes otherwise than weekly is said in English."""
    return [_say_weekly(words, each) if _is_plain(each) else opening_hours.say_hours([each])[0] for each in hours]


def _is_plain(hours: Hours) -> bool:
    return hours.frequency is Frequency.WEEKLY and hours.interval == 1 and bool(hours.days)


def _say_weekly(words: Catalogue, hours: Hours) -> str:
    numbers = sorted({WEEKDAYS.index(day) for day in hours.days})
    named = ", ".join(words.say(f"weekday.{number}") for number in numbers)
    days = words.say("services.every_day") if len(numbers) == len(WEEKDAYS) else named
    is_whole = hours.opens_at == hours.closes_at
    times = words.say("services.day_and_night") if is_whole else f"{hours.opens_at:%H:%M}-{hours.closes_at:%H:%M}"
    return f"{days}, {times}"
