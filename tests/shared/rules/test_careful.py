"""Until two versions are settled, every warning stands."""

import pytest

from shared.rules.careful import LONGEST, join_careful


@pytest.mark.parametrize(
    ("sides", "shown"),
    [
        (["", "wet floor; man with a knife sleeps here"], "wet floor; man with a knife sleeps here"),
        (["dog", "needles"], "dog · needles"),
        (["Wet floor", "wet floor, and a knife"], "Wet floor · wet floor, and a knife"),
        (["knife", "no knife seen"], "knife · no knife seen"),
        (["dog", "dog"], "dog"),
        (["Dog", "dog · needles", "needles"], "Dog · needles"),
        (["dog", "needles", "dog"], "dog · needles"),
        (["dog\nneedles", "dog needles"], "dog needles"),
        (["", None, "  "], ""),
    ],
)
def test_what_any_side_warns_of_is_shown(sides: list[object], shown: str) -> None:
    assert join_careful(sides) == shown


def test_a_long_text_leaves_room_for_what_another_warns_of() -> None:
    shown = join_careful(["wet floor " * 1200, "man with a knife", "x" * 9000])
    assert len(shown) <= LONGEST
    assert "man with a knife" in shown and shown.count("…") == 2
    assert len(join_careful(str(number) for number in range(9000))) <= LONGEST
