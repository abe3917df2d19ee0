"""When a service is open: by its weekly and monthly hours, over midnight, on bank holidays, and "tonight".

All by the clock on the wall where the service is: moments here have no zone. Source of the rule: RFC 5545, 3.3.10, as far as
HSDS 3.0 `schedule` goes (weekly and monthly).
"""

import re
from calendar import monthrange
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from math import ceil

from shared.model.service import BankHolidays, Frequency, Hours, Service, ServiceStatus
from shared.model.value import Value
from shared.rules.bank_holidays import BANK_HOLIDAYS

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
DAY = re.compile(r"([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)")
A_DAY = timedelta(days=1)
LOOKED_AHEAD = timedelta(days=2)
DAY_MIN, WEEK_MIN = 24 * 60, 7 * 24 * 60
FEASTS = frozenset({(1, 1), (12, 25), (12, 26)})
"""Where one falls on a weekend the bank holiday is another day, and who closes on bank holidays closes on both."""
EVENING, MORNING = time(18), time(6)
"""Tonight is from six in the evening, or from now where it is later, until six in the morning."""


class Opening(Value, frozen=True, kw_only=True):
    """From when to when it is open. Not `is_sure` on a bank holiday of which nobody told: ring first."""

    opens: datetime
    closes: datetime
    is_sure: bool = True


def find_faults(hours: Hours) -> list[str]:
    """What in these hours cannot be, each as a sentence."""
    wrong = []
    read = [DAY.fullmatch(day) for day in hours.days]
    if any(each is None for each in read):
        wrong.append("A day is none of MO, TU, WE, TH, FR, SA and SU.")
    if hours.frequency is Frequency.WEEKLY and any(each is not None and each[1] for each in read):
        wrong.append("The second Monday is one of a month: hours of each week name the weekday alone.")
    if any(not 1 <= abs(day) <= 31 for day in hours.month_days):
        wrong.append("A day of the month is from 1 to 31, or from -1 to -31.")
    if hours.frequency is Frequency.MONTHLY and not (hours.days or hours.month_days or hours.starts_on):
        wrong.append("Hours of each month need the day of the month.")
    if hours.frequency is Frequency.WEEKLY and not (hours.days or hours.starts_on):
        wrong.append("Hours of each week need the weekday.")
    if hours.interval > 1 and hours.starts_on is None:
        wrong.append("Hours of every second week or month need the day on which they begin.")
    if hours.valid_from and hours.valid_to and hours.valid_to < hours.valid_from:
        wrong.append("The hours end before they begin.")
    return wrong


def comes_on(hours: Hours, day: date) -> bool:
    """Do these hours begin on this day? Bank holidays are not asked here."""
    first = max(filter(None, (hours.starts_on, hours.valid_from)), default=day)
    if day < first or (hours.valid_to is not None and day > hours.valid_to):
        return False
    if hours.frequency is Frequency.WEEKLY:
        return _comes_weekly(hours, day)
    return _comes_monthly(hours, day)


def _comes_weekly(hours: Hours, day: date) -> bool:
    begun = hours.starts_on
    if hours.interval > 1:
        if begun is None:
            return False
        weeks = (_monday_of(day) - _monday_of(begun)).days // 7
        if weeks % hours.interval:
            return False
    if hours.days:
        return WEEKDAYS[day.weekday()] in hours.days
    return begun is not None and day.weekday() == begun.weekday()


def _comes_monthly(hours: Hours, day: date) -> bool:
    begun = hours.starts_on
    if hours.interval > 1 and (
        begun is None or ((day.year - begun.year) * 12 + day.month - begun.month) % hours.interval
    ):
        return False
    if not (hours.days or hours.month_days):
        return begun is not None and day.day == begun.day
    length = monthrange(day.year, day.month)[1]
    by_date = not hours.month_days or day.day in hours.month_days or day.day - length - 1 in hours.month_days
    return by_date and (not hours.days or any(_is_day_of_month(each, day, length) for each in hours.days))


def _is_day_of_month(spelled: str, day: date, length: int) -> bool:
    """Is this the second Monday, the last Friday, or any Monday?"""
    found = DAY.fullmatch(spelled)
    if found is None or WEEKDAYS[day.weekday()] != found[2]:
        return False
    if not found[1]:
        return True
    place = int(found[1])
    return (day.day - 1) // 7 + 1 == place if place > 0 else (length - day.day) // 7 + 1 == -place


def list_openings(service: Service, since: datetime, until: datetime) -> list[Opening]:
    """Every opening that has a part between two moments, the earliest first; none of a service that does not run."""
    if service.status is not ServiceStatus.ACTIVE:
        return []
    found = [
        each
        for each in _openings_of_days(service, since.date() - A_DAY, until.date())
        if each.opens < until and each.closes > since
    ]
    return sorted(found, key=lambda each: (each.opens, each.closes))


def _openings_of_days(service: Service, first: date, last: date) -> Iterator[Opening]:
    day = first
    while day <= last:
        is_holiday = day in BANK_HOLIDAYS or (day.month, day.day) in FEASTS
        if not (is_holiday and service.bank_holidays is BankHolidays.CLOSED):
            is_sure = not is_holiday or service.bank_holidays is BankHolidays.AS_USUAL
            for hours in service.hours:
                if comes_on(hours, day):
                    yield _opening(hours, day, is_sure)
        day += A_DAY


def _opening(hours: Hours, day: date, is_sure: bool) -> Opening:
    goes_over = hours.closes_at <= hours.opens_at
    closes = datetime.combine(day + A_DAY if goes_over else day, hours.closes_at)
    return Opening(opens=datetime.combine(day, hours.opens_at), closes=closes, is_sure=is_sure)


def tonight_of(now: datetime) -> tuple[datetime, datetime]:
    """From when to when tonight is, for somebody who asks now."""
    morning = datetime.combine(now.date(), MORNING)
    if now < morning:
        return now, morning
    return max(now, datetime.combine(now.date(), EVENING)), morning + A_DAY


def find_opening(service: Service, now: datetime) -> Opening | None:
    """The opening in which a service is open now, with those that go on where it ends."""
    return _join(list_openings(service, now, now + LOOKED_AHEAD), now + timedelta(microseconds=1))


def find_opening_tonight(service: Service, now: datetime) -> Opening | None:
    """The first opening that has a part tonight, with those that go on where it ends."""
    since, until = tonight_of(now)
    return _join(list_openings(service, since, until + LOOKED_AHEAD), until)


def _join(openings: Sequence[Opening], until: datetime) -> Opening | None:
    """The first of several in their order, if it begins before a moment, up to where none goes on."""
    if not openings or openings[0].opens >= until:
        return None
    first, *others = openings
    for each in others:
        if each.opens > first.closes:
            break
        is_sure = first.is_sure and each.is_sure
        first = Opening(opens=first.opens, closes=max(first.closes, each.closes), is_sure=is_sure)
    return first


def is_round_the_clock(opening: Opening, now: datetime) -> bool:
    """Does it go on for a day and more: is there no hour of closing to tell?"""
    return opening.closes - max(now, opening.opens) > A_DAY


def spans_of_week(hours: Sequence[Hours]) -> tuple[tuple[int, int], ...]:
    """From when to when a service may be open in any week, in minutes from Monday; one that goes over Sunday ends past the week.

    Which weeks and which days of a month are left out: what is open lies within these, so that most of thousands are passed over
    quickly.
    """
    return tuple(
        (day * DAY_MIN + opens, day * DAY_MIN + closes + (DAY_MIN if closes <= opens else 0))
        for each in hours
        for opens, closes in [(_minutes(each.opens_at), _minutes(each.closes_at))]
        for day in sorted({WEEKDAYS.index(spelled[-2:]) for spelled in _days_of_week(each)})
    )


def may_be_open(week: Sequence[tuple[int, int]], since: datetime, until: datetime) -> bool:
    """Does a part of one of these spans lie between two moments less than a week apart?"""
    begins = since.weekday() * DAY_MIN + since.hour * 60 + since.minute
    ends = begins + max(1, ceil((until - since).total_seconds() / 60) + 1)
    return any(
        (opens < ends and closes > begins) or opens + WEEK_MIN < ends or closes - WEEK_MIN > begins
        for opens, closes in week
    )


def _days_of_week(hours: Hours) -> Sequence[str]:
    if hours.days:
        return hours.days
    if hours.frequency is Frequency.WEEKLY and hours.starts_on is not None:
        return (WEEKDAYS[hours.starts_on.weekday()],)
    return WEEKDAYS


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute


def say_hours(hours: Sequence[Hours]) -> list[str]:
    """Hours as people write them: "Mon, Tue, 20:00 to 08:00 the next day"."""
    return [_say(each) for each in hours]


def _say(hours: Hours) -> str:
    times = _say_times(hours)
    if hours.frequency is Frequency.WEEKLY:
        often = "" if hours.interval == 1 else f"every {_ordinal(hours.interval)} week, "
        return often + f"{_say_weekdays(hours)}, {times}"
    often = "each month" if hours.interval == 1 else f"every {_ordinal(hours.interval)} month"
    return f"{often}, {_say_month_days(hours)}, {times}"


def _say_times(hours: Hours) -> str:
    if hours.opens_at == hours.closes_at:
        return "day and night"
    over = " the next day" if hours.closes_at < hours.opens_at else ""
    return f"{hours.opens_at:%H:%M} to {hours.closes_at:%H:%M}{over}"


SHORT = dict(zip(WEEKDAYS, ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), strict=True))


def _say_weekdays(hours: Hours) -> str:
    days = hours.days or ((WEEKDAYS[hours.starts_on.weekday()],) if hours.starts_on else ())
    if len(set(days)) == len(WEEKDAYS):
        return "every day"
    return ", ".join(SHORT[day] for day in sorted(set(days), key=WEEKDAYS.index))


def _say_month_days(hours: Hours) -> str:
    found = [DAY.fullmatch(each) for each in hours.days]
    named = [f"{_say_place(int(each[1] or 0))}{SHORT[each[2]]}" for each in found if each]
    dated = [f"the {_ordinal(day)}" if day > 0 else f"the {_say_place(day)}day" for day in hours.month_days]
    return ", ".join([*named, *dated]) or f"the {_ordinal(hours.starts_on.day if hours.starts_on else 1)}"


def _say_place(place: int) -> str:
    if not place:
        return ""
    return "last " if place == -1 else f"{_ordinal(place)} " if place > 0 else f"{_ordinal(-place)} last "


def _ordinal(number: int) -> str:
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())
