"""What the page “A screen in an hour” shows is so: its state machine and its test are run as they stand there."""

import re
from typing import Any

from mobile.program.screen import Screen
from tests.paths import ROOT

PAGE = ROOT / "docs" / "a-screen-in-an-hour.md"


def test_the_example_runs_as_it_stands() -> None:
    text = PAGE.read_text(encoding="utf-8")
    pieces = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(pieces) == 2
    names: dict[str, Any] = {"__name__": "blankets"}
    exec("\n".join(pieces), names)
    assert names["state"].given == 4, "the last piece has run to its end"


def test_what_it_says_the_loop_does_is_there() -> None:
    told = re.findall(r"`([a-z_]+)`", PAGE.read_text(encoding="utf-8").partition("What the loop does")[2])
    assert {each for each in told if not hasattr(Screen, each)} == set()
    assert {"half_written", "unkept", "unwritten", "synced", "say_failure", "close"} <= set(told)
