"""A contact at 02:00 belongs to the evening before."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.geo.night import outreach_night


@pytest.mark.parametrize(
    ("moment", "night"),
    [
        (datetime(2026, 11, 14, 2, 11, tzinfo=UTC), date(2026, 11, 13)),
        (datetime(2026, 11, 13, 21, 40, tzinfo=UTC), date(2026, 11, 13)),
        (datetime(2026, 11, 14, 11, 59, tzinfo=UTC), date(2026, 11, 13)),
        (datetime(2026, 11, 14, 12, 0, tzinfo=UTC), date(2026, 11, 14)),
        (datetime(2026, 7, 14, 11, 30, tzinfo=UTC), date(2026, 7, 14)),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), date(2026, 10, 24)),
        (datetime(2027, 1, 1, 3, 0, tzinfo=UTC), date(2026, 12, 31)),
    ],
)
def test_a_moment_belongs_to_the_evening_before_noon(moment, night):
    assert outreach_night(moment) == night


def test_another_zone_has_other_nights():
    moment = datetime(2016, 1, 2, 6, 0, tzinfo=UTC)
    assert outreach_night(moment, zone="America/Los_Angeles") == date(2016, 1, 1)
    assert outreach_night(moment.astimezone(ZoneInfo("Asia/Tokyo"))) == outreach_night(moment)


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        outreach_night(datetime(2026, 11, 14, 2, 11))  # noqa: DTZ001


LONG_AGO, FAR_AHEAD = datetime(2015, 1, 1), datetime(2035, 1, 1)  # noqa: DTZ001


@given(st.datetimes(LONG_AGO, FAR_AHEAD, timezones=st.just(UTC)), st.integers(0, 10 * 3600))
def test_a_shift_from_eight_in_the_evening_is_one_night(day, seconds):
    evening = day.astimezone(ZoneInfo("Europe/London")).replace(hour=20, minute=0)
    later = evening.astimezone(UTC) + timedelta(seconds=seconds)
    assert outreach_night(later) == evening.date()
