"""Everything said of the time is said in the partnership's own zone, wherever it is."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from server.settings import Settings
from tests.conftest import Clock
from tests.house.tree import list_modules, name_of


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
