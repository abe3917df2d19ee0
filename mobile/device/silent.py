"""The quiet stand-ins: for desktops, headless shifts and tests. They keep nothing and disturb nobody."""


class SilentCues:
    """Feels and says nothing."""

    def buzz(self, milliseconds: int = 60) -> None:
        """Silent."""

    def notify(self, title: str, message: str) -> None:
        """Silent."""

    def say(self, text: str) -> None:
        """Silent."""


class UnknownBattery:
    """Does not say."""

    def percent(self) -> int | None:
        return None
