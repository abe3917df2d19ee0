"""When a service is open: over midnight, on the second Tuesday, on bank holidays, tonight; and hours as people type them."""

# ruff: noqa: DTZ001 - hours are those of the clock on the wall, which names no zone

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model.service import BankHolidays, Frequency, Hours, Service, ServiceStatus
from shared.rules.opening_hours import (
    comes_on,
    find_faults,
    find_opening,
    find_opening_tonight,
    is_round_the_clock,
    list_openings,
    may_be_open,
    say_hours,
    spans_of_week,
    tonight_of,
)
from shared.rules.reading_hours import read_hours, write_hours

# 12 November 2026 is a Thursday.
EVENING = datetime(2026, 11, 12, 21, 30)


def service(*hours: Hours, **changes) -> Service:
    return Service(id="s", name="Night shelter", hours=hours, **changes)


def weekly(days: str, opens: str, closes: str, **changes) -> Hours:
    return Hours(
        opens_at=time.fromisoformat(opens), closes_at=time.fromisoformat(closes), days=tuple(days.split()), **changes
    )


SHELTER = weekly("TH FR", "20:00", "08:00")


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-11-12T19:59", None),
        ("2026-11-12T20:00", "2026-11-13T08:00"),
        ("2026-11-13T03:00", "2026-11-13T08:00"),
        ("2026-11-13T08:00", None),
        ("2026-11-14T07:59", "2026-11-14T08:00"),
        ("2026-11-15T03:00", None),
    ],
)
def test_hours_that_cross_midnight_belong_to_the_evening_they_begin(at, until):
    found = find_opening(service(SHELTER), datetime.fromisoformat(at))

    assert (found and found.closes) == (until and datetime.fromisoformat(until))


def test_the_night_of_the_year_is_crossed_too():
    found = find_opening(
        service(weekly("TH", "22:00", "06:00")), datetime(2027, 1, 1, 5)
    )  # a Friday, and a bank holiday

    assert found is not None
    assert (found.opens, found.is_sure) == (datetime(2026, 12, 31, 22), True)


def test_two_hours_alike_are_a_whole_day():
    found = find_opening(service(weekly("TH", "00:00", "00:00")), EVENING)

    assert found is not None
    assert (found.opens, found.closes) == (datetime(2026, 11, 12), datetime(2026, 11, 13))
    assert say_hours([weekly("TH", "00:00", "00:00")]) == ["Thu, day and night"]


@pytest.mark.parametrize(
    ("known", "is_open", "is_sure"),
    [(BankHolidays.CLOSED, False, None), (BankHolidays.AS_USUAL, True, True), (BankHolidays.NOT_KNOWN, True, False)],
)
def test_a_bank_holiday_closes_it_opens_it_or_is_not_sure(known, is_open, is_sure):
    christmas = datetime(2026, 12, 25, 10)  # a Friday
    found = find_opening(service(weekly("FR", "09:00", "17:00"), bank_holidays=known), christmas)

    assert (found is not None) == is_open
    assert found is None or found.is_sure == is_sure


@pytest.mark.parametrize("day", ["2026-12-26", "2026-12-28", "2027-12-25", "2028-01-01", "2022-01-01"])
def test_a_feast_on_a_weekend_closes_it_as_well_as_the_bank_holiday_kept_for_it(day):
    """Boxing Day of 2026 is a Saturday, and Monday the bank holiday: nobody is sent across town on either."""
    noon = datetime.fromisoformat(f"{day}T12:00")
    hours = weekly("MO TU WE TH FR SA SU", "09:00", "17:00")

    assert find_opening(service(hours, bank_holidays=BankHolidays.CLOSED), noon) is None
    unsure = find_opening(service(hours), noon)
    assert unsure is not None and not unsure.is_sure
    sure = find_opening(service(hours, bank_holidays=BankHolidays.AS_USUAL), noon)
    assert sure is not None and sure.is_sure


def test_a_night_that_began_before_a_bank_holiday_goes_on_into_it():
    shelter = service(weekly("TH FR", "20:00", "08:00"), bank_holidays=BankHolidays.CLOSED)

    assert find_opening(shelter, datetime(2026, 12, 25, 7)) is not None
    assert find_opening(shelter, datetime(2026, 12, 25, 21)) is None


@pytest.mark.parametrize("status", [each for each in ServiceStatus if each is not ServiceStatus.ACTIVE])
def test_what_does_not_run_is_never_open(status):
    assert list_openings(service(SHELTER, status=status), EVENING, EVENING + timedelta(days=7)) == []


@pytest.mark.parametrize(
    ("hours", "days"),
    [
        ({"days": ("2TU",)}, ["2026-11-10", "2026-12-08"]),
        ({"days": ("-1FR",)}, ["2026-11-27", "2026-12-25"]),
        ({"month_days": (-1,)}, ["2026-11-30", "2026-12-31"]),
        ({"month_days": (31,)}, ["2026-12-31"]),
        ({"days": ("FR",), "month_days": (13,)}, ["2026-11-13"]),
        ({"starts_on": date(2026, 10, 5), "interval": 2}, ["2026-12-05"]),
        ({"days": ("MO",), "valid_from": date(2026, 12, 20)}, ["2026-12-21", "2026-12-28"]),
    ],
)
def test_hours_of_a_month_come_on_their_days(hours, days):
    monthly = Hours(opens_at=time(10), closes_at=time(12), frequency=Frequency.MONTHLY, **hours)
    every = [date(2026, 11, 1) + timedelta(days=at) for at in range(61)]

    assert [str(day) for day in every if comes_on(monthly, day)] == days


def test_every_second_week_is_counted_from_the_week_it_begins():
    fortnightly = weekly("MO FR", "10:00", "12:00", interval=2, starts_on=date(2026, 11, 4))
    every = [date(2026, 11, 1) + timedelta(days=at) for at in range(21)]

    assert [day.day for day in every if comes_on(fortnightly, day)] == [6, 16, 20]


@pytest.mark.parametrize(
    ("now", "since", "until"),
    [
        ("2026-11-12T14:00", "2026-11-12T18:00", "2026-11-13T06:00"),
        ("2026-11-12T21:30", "2026-11-12T21:30", "2026-11-13T06:00"),
        ("2026-11-13T02:00", "2026-11-13T02:00", "2026-11-13T06:00"),
    ],
)
def test_tonight_ends_at_six(now, since, until):
    assert tonight_of(datetime.fromisoformat(now)) == (datetime.fromisoformat(since), datetime.fromisoformat(until))


def test_open_tonight_is_what_still_opens_or_is_open():
    late = service(weekly("TH", "23:00", "02:00"))
    day = service(weekly("TH", "09:00", "17:00"))

    assert find_opening_tonight(day, EVENING) is None
    found = find_opening_tonight(late, EVENING)
    assert found is not None
    assert found.opens == datetime(2026, 11, 12, 23)
    assert find_opening_tonight(late, datetime(2026, 11, 13, 2)) is None


# ------------------------------------------------------------------------------------------------------- typed and said
@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("Mon-Fri 9:00-17:00", "Mon, Tue, Wed, Thu, Fri, 09:00 to 17:00"),
        ("sat, sun 20:00 to 08:00", "Sat, Sun, 20:00 to 08:00 the next day"),
        ("every day 0:00-24:00", "every day, day and night"),
        ("Fri-Mon: 10.00-12.00", "Mon, Fri, Sat, Sun, 10:00 to 12:00"),
        ("2nd Tue 10:00-12:00", "each month, 2nd Tue, 10:00 to 12:00"),
        ("last friday 10:00-12:00", "each month, last Fri, 10:00 to 12:00"),
        ("day 3, day -1 10:00-12:00", "each month, the 3rd, the last day, 10:00 to 12:00"),
        ("day 11, day 12, day 22 10:00-12:00", "each month, the 11th, the 12th, the 22nd, 10:00 to 12:00"),
        ("every 2 weeks Mon 10:00-12:00 starting 2026-11-02", "every 2nd week, Mon, 10:00 to 12:00"),
    ],
)
def test_hours_are_read_as_people_type_them(typed, said):
    read, wrong = read_hours(typed)

    assert (say_hours(read), wrong) == ([said], [])


@pytest.mark.parametrize(
    "typed",
    [
        "at night", "Mon 25:00-26:00", "Mon 9-17", "Moonday 9:00-17:00", "every 2 weeks Mon 9:00-17:00", "day 32 9:00-17:00",
        "Mon 9:00-17:00 from 2026-13-01", "Mon 9:00-17:00 from 2026-12-01 until 2026-11-01",
        "every 60 weeks Mon 9:00-17:00 starting 2026-11-02",
    ],
)  # fmt: skip
def test_what_is_no_hours_is_said_and_the_other_lines_are_read(typed):
    read, wrong = read_hours(f"Mon 9:00-17:00\n{typed}\n\nTue 9:00-17:00")

    assert len(read) == 2
    assert len(wrong) == 1
    assert typed[:80] in wrong[0]


DAYS = st.lists(st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"]), min_size=1, max_size=7, unique=True).map(
    tuple
)
TIMES = st.times().map(lambda each: each.replace(second=0, microsecond=0))
NEAR = st.dates(date(2026, 1, 1), date(2026, 12, 31))
WEEKLY = st.builds(
    Hours, opens_at=TIMES, closes_at=TIMES, days=DAYS | st.just(()), interval=st.integers(1, 4), starts_on=NEAR,
    valid_from=st.none() | NEAR, valid_to=st.none() | NEAR,
)  # fmt: skip
PLACED = st.builds(
    lambda place, day: f"{place or ''}{day}", st.sampled_from([0, 1, 2, 5, -1, -2]), st.sampled_from(["MO", "SU"])
)
MONTHLY = st.builds(
    Hours, opens_at=TIMES, closes_at=TIMES, frequency=st.just(Frequency.MONTHLY), interval=st.integers(1, 3), starts_on=NEAR,
    days=st.lists(PLACED, max_size=3, unique=True).map(tuple),
    month_days=st.lists(st.sampled_from([1, 31, -1, -5]), max_size=2, unique=True).map(tuple),
)  # fmt: skip


@given(WEEKLY | MONTHLY)
def test_written_hours_are_read_as_the_same_hours(hours):
    if find_faults(hours):
        return
    (again,), wrong = read_hours(write_hours((hours,)))

    assert wrong == []
    assert (again.opens_at, again.closes_at, again.frequency) == (hours.opens_at, hours.closes_at, hours.frequency)
    every = [date(2026, 1, 1) + timedelta(days=at) for at in range(500)]
    assert [day for day in every if comes_on(again, day)] == [day for day in every if comes_on(hours, day)]


def test_openings_that_go_on_are_one():
    split = service(weekly("TH", "20:00", "00:00"), weekly("FR", "00:00", "08:00"))
    always = service(weekly("MO TU WE TH FR SA SU", "00:00", "00:00"))

    found = find_opening(split, EVENING)
    assert found is not None
    assert found.closes == datetime(2026, 11, 13, 8)
    round_the_clock = find_opening(always, EVENING)
    assert round_the_clock is not None
    assert is_round_the_clock(round_the_clock, EVENING)
    assert not is_round_the_clock(found, EVENING)


@given(WEEKLY | MONTHLY, st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)), st.integers(1, 12 * 60))
def test_what_is_open_may_be_open(hours, since, minutes):
    until = since + timedelta(minutes=minutes)
    if list_openings(service(hours), since, until):
        assert may_be_open(spans_of_week([hours]), since, until)


@pytest.mark.parametrize(
    ("at", "may"), [("2026-11-15T23:00", True), ("2026-11-16T07:59", True), ("2026-11-16T08:00", False)]
)
def test_a_span_that_goes_over_sunday_is_open_on_monday(at, may):
    now = datetime.fromisoformat(at)

    assert not may or may_be_open(spans_of_week([weekly("SU", "20:00", "08:00")]), now, now + timedelta(minutes=1))
    assert (find_opening(service(weekly("SU", "20:00", "08:00")), now) is not None) == may
