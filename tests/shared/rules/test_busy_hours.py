"""Who opened very many records in an hour."""

from datetime import UTC, datetime, timedelta

from shared.rules.busy_hours import find_busy_hours

NIGHT = datetime(2026, 11, 12, 21, tzinfo=UTC)


def test_an_hour_counts_each_person_once_and_begins_at_any_moment():
    steady = [("tom", NIGHT + timedelta(minutes=n), f"p{n % 90}") for n in range(300)]
    across = [("olu", NIGHT + timedelta(minutes=45, seconds=15 * n), f"p{n}") for n in range(101)]
    (found,) = find_busy_hours([*steady, *across])
    assert (found.worker_id, found.people, found.until) == ("olu", 101, NIGHT + timedelta(minutes=70))


def test_a_hundred_are_not_too_many_and_an_hour_later_counts_anew():
    first = [("tom", NIGHT + timedelta(seconds=n), f"p{n}") for n in range(100)]
    later = [("tom", NIGHT + timedelta(hours=1, seconds=100 + n), f"q{n}") for n in range(100)]
    assert find_busy_hours([*first, *later]) == []
