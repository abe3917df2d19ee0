"""The PIN of a person's own page: theirs to choose, four to eight digits, and not one that anybody tries first."""

from itertools import pairwise

SHORTEST, LONGEST = 4, 8


def why_not_this_pin(pin: str) -> str | None:
    """Why this PIN cannot be chosen, as a sentence; None when it can."""
    if not (pin.isascii() and pin.isdecimal() and SHORTEST <= len(pin) <= LONGEST):
        return f"Choose {SHORTEST} to {LONGEST} digits."
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    if len(steps) == 1 and steps <= {0, 1, 9}:
        return "That is among the first that anybody tries. Choose other digits."
    if len(pin) == 4 and pin[:2] in {"19", "20"}:
        return "A year is among the first that anybody tries. Choose other digits."
    return None
