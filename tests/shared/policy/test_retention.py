"""Day N kept, day N + 1 gone (privacy rule A8)."""

from datetime import date, timedelta

import pytest

from shared.policy.retention import RETENTION, Kept, first_kept_day, is_past_retention


@pytest.mark.parametrize(
    ("kept", "counted_from", "last_day"),
    [
        (Kept.EXACT_PLACE, date(2026, 11, 14), date(2027, 11, 14)),
        (Kept.EXACT_PLACE, date(2028, 2, 29), date(2029, 2, 28)),
        (Kept.COARSE_PLACE, date(2026, 11, 14), date(2028, 11, 14)),
        (Kept.PERSON, date(2026, 12, 31), date(2033, 12, 31)),
        (Kept.NOTE, date(2026, 11, 14), date(2033, 11, 14)),
        (Kept.REFERRER_CONTACT, date(2026, 11, 14), date(2027, 2, 12)),
        (Kept.AUDIT, date(2026, 11, 14), date(2033, 11, 14)),
    ],
)
def test_the_last_day_is_kept_and_the_next_is_not(kept, counted_from, last_day):
    assert not is_past_retention(kept, counted_from, last_day)
    assert is_past_retention(kept, counted_from, last_day + timedelta(days=1))


def test_every_kind_of_record_has_its_line():
    assert set(RETENTION) == set(Kept)


@pytest.mark.parametrize(
    ("kept", "today", "first"),
    [
        (Kept.EXACT_PLACE, date(2026, 3, 1), date(2025, 3, 1)),
        (Kept.EXACT_PLACE, date(2029, 2, 28), date(2028, 2, 28)),
        (Kept.EXACT_PLACE, date(2028, 2, 29), date(2027, 3, 1)),
        (Kept.COARSE_PLACE, date(2028, 11, 14), date(2026, 11, 14)),
        (Kept.PERSON, date(2033, 12, 31), date(2026, 12, 31)),
        (Kept.REFERRER_CONTACT, date(2027, 2, 12), date(2026, 11, 14)),
        (Kept.AUDIT, date(2033, 11, 14), date(2026, 11, 14)),
    ],
)
def test_whatever_is_older_than_the_first_kept_day_is_past_its_time(kept, today, first):
    assert first_kept_day(kept, today) == first
    assert not is_past_retention(kept, first, today)
    assert is_past_retention(kept, first - timedelta(days=1), today)
