"""When the phone locks, and how long it may work alone (rules B3, B6), on clocks that somebody may have set."""

from mobile.opening import lease, lock
from mobile.opening.lease import DAY_MS, HOUR_MS, Lease, Standing
from mobile.opening.lock import BACKGROUND_MS, IDLE_MS, Attention

START = Lease(wall_ms=10**12, uptime_ms=10**6, boot="a")


def test_five_idle_minutes_lock() -> None:
    attention = Attention(touched_at_ms=0)
    assert not lock.is_lock_due(attention, IDLE_MS - 1)
    assert lock.is_lock_due(attention, IDLE_MS)
    assert not lock.is_lock_due(lock.touched(attention, IDLE_MS - 1), IDLE_MS)


def test_a_minute_in_the_background_locks_and_a_second_pause_does_not_start_it_again() -> None:
    away = lock.paused(lock.paused(Attention(touched_at_ms=0), 1_000), 50_000)
    assert not lock.is_lock_due(away, 1_000 + BACKGROUND_MS - 1)
    assert lock.is_lock_due(away, 1_000 + BACKGROUND_MS)
    assert not lock.is_lock_due(lock.resumed(away, 60_000), 70_000)


def after(hours: float, wall_hours: float | None = None, boot: str = "a", up_ms: int | None = None) -> Lease:
    wall = START.wall_ms + int((hours if wall_hours is None else wall_hours) * HOUR_MS)
    uptime = START.uptime_ms + int(hours * HOUR_MS) if up_ms is None else up_ms
    return lease.counted(START, wall, uptime, boot)


def stands(held: Lease) -> Standing:
    return lease.standing(held, lease_hours=72, shred_after_days=14)


def test_three_days_are_valid_then_the_server_must_be_asked_then_nothing_is_readable() -> None:
    assert stands(after(71)) is Standing.VALID
    assert stands(after(73)) is Standing.EXPIRED
    assert stands(after(14 * 24 + 1)) is Standing.SHRED


def test_setting_the_clock_back_does_not_lengthen_the_lease() -> None:
    assert stands(after(73, wall_hours=-8_000)) is Standing.EXPIRED


def test_a_clock_set_ten_years_ahead_erases_nothing() -> None:
    assert stands(after(1, wall_hours=10 * 365 * 24)) is Standing.VALID


def test_a_clock_years_ahead_after_a_restart_asks_the_server_and_erases_nothing() -> None:
    held = after(0, wall_hours=10 * 365 * 24, boot="b", up_ms=60_000)
    assert stands(held) is Standing.EXPIRED
    assert held.elapsed_ms == 60_000


def test_days_switched_off_count() -> None:
    assert stands(after(0, wall_hours=80, boot="b", up_ms=60_000)) is Standing.EXPIRED
    assert stands(after(0, wall_hours=15 * 24, boot="b", up_ms=60_000)) is Standing.SHRED


def test_a_clock_set_back_over_a_restart_counts_at_least_the_uptime() -> None:
    assert after(0, wall_hours=-100, boot="b", up_ms=5 * HOUR_MS).elapsed_ms == 5 * HOUR_MS


def test_counting_in_many_steps_comes_to_the_same() -> None:
    held = START
    for hour in range(1, 101):
        held = lease.counted(held, START.wall_ms + hour * HOUR_MS, START.uptime_ms + hour * HOUR_MS, "a")
    assert held.elapsed_ms == 100 * HOUR_MS


def test_hearing_the_server_renews_it() -> None:
    assert stands(lease.counted(lease.renewed(5 * DAY_MS, 7, "a"), 5 * DAY_MS, 7, "a")) is Standing.VALID
