"""plyer's GPS, vibrator, notifications, speech and battery behind the ports. Whatever plyer lacks on a platform stays
silent.

plyer.keystore is never used: it keeps plain text (privacy page, mobile note). plyer is imported at the first call,
never at start.
"""

import logging
from collections.abc import Callable
from typing import Any

from mobile.device.ports import RawFix

log = logging.getLogger(__name__)


class PlyerLocation:
    """GPS on Android and iOS. Fixes arrive on Java's main thread; whoever listens hops to its own."""

    def __init__(self, at_ms: Callable[[], int], every_ms: int = 5_000, every_m: float = 5.0) -> None:
        self._at_ms, self._every_ms, self._every_m = at_ms, every_ms, every_m

    def start(self, on_fix: Callable[[RawFix], None]) -> None:
        def on_location(**fix: Any) -> None:
            on_fix(
                RawFix(
                    latitude=float(fix["lat"]),
                    longitude=float(fix["lon"]),
                    accuracy_m=float(fix["accuracy"]) if "accuracy" in fix else None,
                    at_ms=self._at_ms(),
                )
            )

        def listen() -> None:
            from plyer import gps

            gps.configure(on_location=on_location, on_status=lambda *_: None)
            gps.start(minTime=self._every_ms, minDistance=self._every_m)

        _quietly("location", listen)

    def stop(self) -> None:
        def hush() -> None:
            from plyer import gps

            gps.stop()

        _quietly("location", hush)


class PlyerCues:
    """Vibration, notification and speech; each quietly absent where the phone has none."""

    def buzz(self, milliseconds: int = 60) -> None:
        def vibrate() -> None:
            from plyer import vibrator

            vibrator.vibrate(time=milliseconds / 1000)

        _quietly("vibration", vibrate)

    def notify(self, title: str, message: str) -> None:
        def show() -> None:
            from plyer import notification

            notification.notify(title=title, message=message, app_name="Lantern", timeout=10)

        _quietly("notification", show)

    def say(self, text: str) -> None:
        def speak() -> None:
            from plyer import tts

            tts.speak(message=text)

        _quietly("speech", speak)


class PlyerBattery:
    """The charge as plyer reads it."""

    def percent(self) -> int | None:
        try:
            from plyer import battery

            left = battery.status.get("percentage")
        except Exception:  # plyer raises whatever the platform raises
            return None
        return None if left is None else round(float(left))


def _quietly(what: str, do: Callable[[], None]) -> None:
    """Do it if this phone can. What a worker feels or hears must never stop what they record."""
    try:
        do()
    except Exception as error:  # NotImplementedError on a desktop, JavaException on a phone without the part
        log.debug("no %s on this phone: %s", what, type(error).__name__)
