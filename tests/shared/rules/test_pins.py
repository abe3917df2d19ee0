"""A PIN nobody would guess (rule B2), on the phone and in a browser."""

import pytest

from shared.rules import pins


@pytest.mark.parametrize(
    "chosen",
    ["", "12345", "abcdef", "12 456", "１２３４５６", "123456", "000000", "777777", "987654", "345678", "121212"],
)
def test_a_weak_pin_is_refused_with_a_reason(chosen: str) -> None:
    reason = pins.refusal_of_pin(chosen)
    assert reason is not None and reason.endswith(".")


@pytest.mark.parametrize("chosen", ["271828", "906142", "48151623", "593017"])
def test_a_pin_nobody_would_guess_is_taken(chosen: str) -> None:
    assert pins.refusal_of_pin(chosen) is None


def test_at_least_a_hundred_common_pins_are_named() -> None:
    assert len(pins.COMMONEST) >= 100
    assert all(len(each) >= pins.DIGITS_MIN and each.isdigit() for each in pins.COMMONEST)
