"""Until two versions are settled, every warning stands."""

import pytest

from shared.rules.careful import join_careful


@pytest.mark.parametrize(
    ("sides", "shown"),
    [
        (["", "wet floor; man with a knife sleeps here"], "wet floor; man with a knife sleeps here"),
        (["dog", "needles"], "dog · needles"),
        (["Wet floor", "wet floor, and a knife"], "wet floor, and a knife"),
        (["dog", "dog"], "dog"),
        (["", None, "  "], ""),
    ],
)
def test_what_any_side_warns_of_is_shown(sides: list[object], shown: str) -> None:
    assert join_careful(sides) == shown
