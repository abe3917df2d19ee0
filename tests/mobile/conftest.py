"""What the phone's screen tests share: Kivy set up before it is first imported, and a driver that touches the glass.

Nothing here is imported by tests that need no glass: Kivy itself is only imported inside the fixtures.
"""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from mobile.field.service import FieldService
from tests.mobile.glass import prepare
from tests.mobile.rig import Rig

prepare()


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    """The phone's services over what a phone has: enrolled, with Aisha's PIN set. A module may make its own of it."""
    made = Rig(tmp_path)
    made.enrol()
    return made


@pytest.fixture
def field(rig: Rig) -> FieldService:
    return rig.field


@pytest.fixture(autouse=True)
def _night_again() -> Any:
    """Each test begins with the night palette, whatever the one before chose."""
    from mobile import theme

    theme.use("night")
    yield
    theme.use("night")


@pytest.fixture
def on_glass() -> Callable[..., Any]:
    """Run a coroutine against a running app: `on_glass(app, story)` calls `story(driver)`."""
    from tests.mobile.driver import run_app

    def run(app: Any, story: Callable[[Any], Coroutine[Any, Any, Any]], size: tuple[int, int] = (412, 892)) -> Any:
        return asyncio.run(run_app(app, story, size))

    return run


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test that asks for the glass carries the `screen` marker by itself."""
    for item in items:
        if Path(__file__).parent in item.path.parents and "on_glass" in getattr(item, "fixturenames", ()):
            item.add_marker("screen")
