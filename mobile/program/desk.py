"""What a screen is given by the app around it. No Kivy: a test may stand in for it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

from mobile.device.ports import Outside
from mobile.field.views import LockState
from mobile.ports import MapSketch
from mobile.program.effects import Call, Event
from mobile.text import Catalogue


class Desk(Protocol):
    """What the app gives a screen."""

    words: Catalogue
    outside: Outside

    def now(self) -> datetime:
        """The phone's idea of the time."""

    def ask(self, call: Call, then: Callable[[Event | None], None], failed: Callable[[Exception], None]) -> None:
        """Perform a call on a work thread; `then` or `failed` run on the screen's thread."""

    def go(self, screen: str, arguments: Mapping[str, Any], replace: bool = False) -> None:
        """Show a screen."""

    def back(self) -> None:
        """Show the screen before."""

    def home(self) -> None:
        """Show tonight."""

    def feel(self, name: str, speak: str) -> None:
        """Buzz, chime or speak as the settings allow."""

    @property
    def has_camera(self) -> bool:
        """Can this phone take a picture?"""

    def photograph(self, path: str, taken: Callable[[], None]) -> None:
        """Open the camera app; `taken` runs on the screen's thread, if it ever does."""

    def apply_settings(self) -> None:
        """Take up the look and language in the settings."""

    def lock_state(self) -> LockState:
        """Where the phone stands."""

    def may_enrol(self) -> bool:
        """Would this phone take a one-time code now?"""

    def setting(self, name: str) -> str:
        """A setting as it is now."""

    def map_sketch(self) -> MapSketch:
        """What the map draws."""
