"""Everything said of the time is said in the partnership's own zone, wherever it is."""

import ast
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from server.settings import Settings
from server.web.layout.words import say_day, say_short_day
from tests.conftest import Clock
from tests.house.tree import list_modules, name_of, parse


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, timezone="America/Los_Angeles")


def test_pages_speak_the_local_time_of_the_partnership(browse: Callable[[str], Any]) -> None:
    page = browse("tom").get("/on-shift").text

    assert "As of 13:30" in page


def test_the_night_changes_at_local_noon(browse: Callable[[str], Any], clock: Clock) -> None:
    clock.now = datetime(2026, 11, 13, 19, 50, tzinfo=UTC)  # 11:50 in Los Angeles, ten minutes before the new night
    before = browse("tom").get("/tonight").text
    clock.now = datetime(2026, 11, 13, 20, 10, tzinfo=UTC)
    after = browse("tom").get("/tonight").text

    assert "Night of 12 Nov 2026" in before
    assert "Night of 13 Nov 2026" in after


def test_one_line_names_the_zone_that_is_meant_where_none_is_set() -> None:
    packages = [path for path in list_modules() if not name_of(path).startswith("server/demo/")]

    naming = [name_of(path) for path in packages if 'Europe/London"' in path.read_text()]

    assert naming == ["shared/geo/night.py"]


def test_the_day_of_a_moment_is_the_one_that_it_was_here() -> None:
    half_past_midnight_in_summer = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)

    assert say_short_day(half_past_midnight_in_summer) == "2 Jul 2026"
    assert say_day(half_past_midnight_in_summer) == "2 July 2026"


def test_no_page_says_the_day_that_a_moment_was_elsewhere() -> None:
    """Whoever says a day hands the moment on: `.date()` of one in UTC is the day before, for an hour of each summer night."""
    offences = [
        f"{name_of(path)}:{call.lineno}"
        for path in list_modules("server")
        if name_of(path).startswith("server/web/")
        for call in ast.walk(parse(path))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in ("say_day", "say_short_day")
        and any(_is_day_of_a_moment(each) for each in call.args)
    ]

    assert offences == []


def _is_day_of_a_moment(said: ast.expr) -> bool:
    return isinstance(said, ast.Call) and isinstance(said.func, ast.Attribute) and said.func.attr == "date"
