"""A PIN nobody would guess, and wrong ones that cost time nobody can shorten (rules B2, B4)."""

from mobile.opening import pin
from mobile.opening.pin import BLOCK_MS, Attempts, PinPermission


def wrong(times: int, up_ms: int = 1_000, boot: str = "a") -> Attempts:
    attempts = Attempts()
    for _ in range(times):
        attempts = pin.count_try(attempts, up_ms, boot)
    return attempts


def test_four_wrong_pins_cost_nothing_and_the_fifth_twenty_minutes() -> None:
    assert pin.find_permission(wrong(4), 1_000, "a") == (PinPermission.OPEN, 0)
    assert pin.find_permission(wrong(5), 1_000, "a") == (PinPermission.BLOCKED, BLOCK_MS)
    assert pin.find_permission(wrong(5), 1_000 + BLOCK_MS - 1, "a") == (PinPermission.BLOCKED, 1)
    assert pin.find_permission(wrong(5), 1_000 + BLOCK_MS, "a")[0] is PinPermission.OPEN


def test_switching_the_phone_off_and_on_starts_the_block_again() -> None:
    assert pin.find_permission(wrong(5, up_ms=10**9), 5_000, "b") == (PinPermission.BLOCKED, BLOCK_MS - 5_000)


def test_an_uptime_that_ran_backwards_shortens_nothing() -> None:
    assert pin.find_permission(wrong(5, up_ms=10**9), 0, "a") == (PinPermission.BLOCKED, BLOCK_MS)


def test_a_lead_ends_a_block_once_and_the_tries_stay_counted() -> None:
    free = pin.freed(wrong(5), 700)
    assert pin.find_permission(free, 1_000, "a") == (PinPermission.OPEN, 0) and free.wrong == 5
    assert pin.attempts_left(free) == 5
    again = Attempts(wrong=4, freed_ms=700)
    blocked = pin.count_try(again, 2_000, "a")
    assert pin.find_permission(pin.freed(blocked, 700), 2_000, "a")[0] is PinPermission.BLOCKED, (
        "the same press ends no later block"
    )
    assert pin.find_permission(pin.freed(blocked, 701), 2_000, "a")[0] is PinPermission.OPEN
    assert pin.forgiven(free) == Attempts(freed_ms=700)


def test_ten_wrong_pins_shred() -> None:
    assert pin.find_permission(wrong(9), 10**9, "a")[0] is PinPermission.OPEN
    assert pin.find_permission(wrong(10), 10**9, "a")[0] is PinPermission.SHRED


def test_a_worker_is_told_how_many_tries_are_left() -> None:
    assert [pin.attempts_left(wrong(n)) for n in (1, 4, 5, 9)] == [4, 1, 5, 1]
