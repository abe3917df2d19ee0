"""The quiet stand-ins: for desktops, headless shifts and tests. They keep nothing and disturb nobody."""

from collections.abc import Callable

from mobile.device.ports import Edges


class SilentCues:
    """Feels and says nothing."""

    def buzz(self, milliseconds: int = 60) -> None:
        """Silent."""

    def notify(self, title: str, message: str) -> bool:
        """Silent, and nobody need be told."""
        return True

    def say(self, text: str, language: str = "en") -> None:
        """Silent."""


class NoAlarm:
    """A desktop does not sleep: the app's own clock is enough."""

    def set(self, in_ms: int, ring: Callable[[], None]) -> None:
        """Nothing rings."""

    def cancel(self) -> None:
        """Nothing to cancel."""


class NoGuard:
    """A desktop ends no app behind its user's back."""

    def watch(self, in_ms: int, title: str, words: str, meanwhile: str) -> None:
        """Nothing to guard."""

    def end(self) -> None:
        """Nothing to end."""


class NoOutside:
    """A window of a desktop: no bars over it, nobody to call."""

    is_there = False

    def edges(self) -> Edges:
        """Nothing over it."""
        return (0, 0, 0, 0)

    def watch_back(self, went: Callable[[], None]) -> None:
        """A desktop has Escape."""

    def leave(self) -> None:
        """A desktop's window is closed by its own button."""

    def dial(self, number: str) -> None:
        """No dialler."""

    def show_on_map(self, latitude: float, longitude: float) -> None:
        """No map."""


class NoCamera:
    """A desktop takes no pictures of places."""

    is_there = False

    def take(self, path: str, on_taken: Callable[[], None]) -> None:
        """No picture."""


class UnknownBattery:
    """Does not say."""

    def percent(self) -> int | None:
        return None
