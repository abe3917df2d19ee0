"""When mails are due: reminders by the day, digests by the hour, and how long to wait before the next try."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from shared.model.mail import MailChoice
from shared.rules.mail import digest_window, is_reminded_of, is_renewal_due, next_try, period_of

LONDON = ZoneInfo("Europe/London")
DAY = date(2026, 11, 20)


def days_on(rule, until: int) -> list[int]:
    return [days for days in range(-70, until) if rule(DAY, DAY + timedelta(days=days))]


def test_an_action_is_remembered_three_days_before_the_day_after_and_weekly() -> None:
    assert days_on(is_reminded_of, 24) == [-3, 1, 8, 15, 22]


def test_a_renewal_is_asked_for_four_times_and_on_the_first_day_without() -> None:
    assert days_on(is_renewal_due, 24) == [-60, -30, -14, -7, 1]


def test_the_waits_grow_and_end() -> None:
    now = datetime(2026, 11, 20, tzinfo=UTC)
    waits = [next_try(tried, now) for tried in range(1, 13)]
    minutes = [None if each is None else (each - now).total_seconds() / 60 for each in waits]
    assert minutes == [1, 5, 15, 60, 240, 720, 720, 720, 720, 720, 720, None]


@pytest.mark.parametrize(
    ("now", "start", "end"),
    [
        (datetime(2026, 11, 20, 7, 59, tzinfo=UTC), datetime(2026, 11, 18, 8, tzinfo=UTC), datetime(2026, 11, 19, 8, tzinfo=UTC)),
        (datetime(2026, 11, 20, 8, 0, tzinfo=UTC), datetime(2026, 11, 19, 8, tzinfo=UTC), datetime(2026, 11, 20, 8, tzinfo=UTC)),
        # The clocks go back on 25 October 2026: that digest counts twenty-five hours.
        (datetime(2026, 10, 25, 9, 0, tzinfo=UTC), datetime(2026, 10, 24, 7, tzinfo=UTC), datetime(2026, 10, 25, 8, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_a_daily_digest_counts_from_morning_to_morning(now, start, end) -> None:
    assert digest_window(MailChoice.DAILY, now, LONDON) == (start, end)


def test_an_hourly_digest_counts_the_last_whole_hour_and_off_counts_nothing() -> None:
    now = datetime(2026, 11, 20, 9, 40, 3, tzinfo=UTC)
    assert digest_window(MailChoice.HOURLY, now, LONDON) == (
        datetime(2026, 11, 20, 8, tzinfo=UTC),
        datetime(2026, 11, 20, 9, tzinfo=UTC),
    )
    assert digest_window(MailChoice.OFF, now, LONDON) is None


def test_a_digest_after_an_outage_begins_where_the_last_one_ended() -> None:
    now = datetime(2026, 11, 20, 9, 40, tzinfo=UTC)
    looked = datetime(2026, 11, 17, 22, 15, tzinfo=UTC)
    start = datetime(2026, 11, 17, 8, tzinfo=UTC)
    assert digest_window(MailChoice.DAILY, now, LONDON, looked) == (start, datetime(2026, 11, 20, 8, tzinfo=UTC))
    hour = datetime(2026, 11, 17, 22, tzinfo=UTC)
    assert digest_window(MailChoice.HOURLY, now, LONDON, looked) == (hour, datetime(2026, 11, 20, 9, tzinfo=UTC))
    for choice in (MailChoice.DAILY, MailChoice.HOURLY):
        assert digest_window(choice, now, LONDON, now - timedelta(minutes=5)) == digest_window(choice, now, LONDON)
        window = digest_window(choice, now, LONDON, now - timedelta(days=90))
        assert window is not None and window[1] - window[0] == timedelta(days=14)


def test_every_moment_is_in_one_period() -> None:
    length = timedelta(seconds=20)
    start = datetime(2026, 11, 20, 9, 40, 20, tzinfo=UTC)
    assert [period_of(start + timedelta(seconds=s), length) for s in (-1, 0, 19, 20)] == [
        start - length, start, start, start + length,
    ]  # fmt: skip
