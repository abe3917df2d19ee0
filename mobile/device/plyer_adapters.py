"""plyer's GPS, vibrator, notifications, speech, camera and battery behind the ports. Whatever plyer lacks on a platform stays
silent.

plyer.keystore is never used: it keeps plain text (privacy page, mobile note). plyer is imported at the first call,
never at start.
"""

import logging
from collections.abc import Callable
from typing import Any

from mobile.device.ports import RawFix

log = logging.getLogger(__name__)


Facade = Callable[[], Any]
"""Where one of plyer's facades comes from: plyer's own provider, or ours where plyer's is broken on a platform."""


def _plyer(name: str) -> Facade:
    def own() -> Any:
        import plyer

        return getattr(plyer, name)

    return own


class PlyerLocation:
    """GPS on Android and iOS. Fixes arrive on Java's main thread; whoever listens hops to its own."""

    def __init__(
        self, at_ms: Callable[[], int], every_ms: int = 5_000, every_m: float = 0.0, gps: Facade | None = None
    ) -> None:
        # No least distance: who stands still would be told nothing, and an old fix is no place (mobile.device.location).
        self._at_ms, self._every_ms, self._every_m = at_ms, every_ms, every_m
        self._gps = gps or _plyer("gps")

    def start(self, on_fix: Callable[[RawFix], None]) -> None:
        def on_location(**fix: Any) -> None:
            accuracy = fix.get("accuracy")
            on_fix(
                RawFix(
                    latitude=float(fix["lat"]),
                    longitude=float(fix["lon"]),
                    accuracy_m=None if accuracy is None else float(accuracy),
                    at_ms=self._at_ms(),
                    uptime_ms=fix.get("uptime_ms"),
                )
            )

        def listen() -> None:
            gps = self._gps()
            gps.configure(on_location=on_location, on_status=lambda *_: None)
            gps.start(minTime=self._every_ms, minDistance=self._every_m)

        _quietly("location", listen)

    def stop(self) -> None:
        _quietly("location", lambda: self._gps().stop())


class PlyerCues:
    """Vibration, notification and speech; each quietly absent where the phone has none."""

    def __init__(self, notification: Facade | None = None, speech: Facade | None = None) -> None:
        self._notification, self._speech = notification or _plyer("notification"), speech or _plyer("tts")

    def buzz(self, milliseconds: int = 60) -> None:
        _quietly("vibration", lambda: _plyer("vibrator")().vibrate(time=milliseconds / 1000))

    def notify(self, title: str, message: str) -> bool:
        show = self._notification
        return _quietly("notification", lambda: show().notify(title=title, message=message, app_name="Lantern"))

    def say(self, text: str, language: str = "en") -> None:
        def speak() -> None:
            voice = self._speech()
            if hasattr(voice, "speak_in"):
                voice.speak_in(language, text)
            else:  # plyer's own knows no language
                voice.speak(message=text)

        _quietly("speech", speak)


class PlyerCamera:
    """The phone's camera app as plyer asks for it."""

    is_there = True

    def __init__(self, camera: Facade | None = None) -> None:
        self._camera = camera or _plyer("camera")

    def take(self, path: str, on_taken: Callable[[], None]) -> None:
        def done(*_: object) -> None:
            on_taken()

        _quietly("camera", lambda: self._camera().take_picture(filename=path, on_complete=done))


class PlyerBattery:
    """The charge as plyer reads it."""

    def percent(self) -> int | None:
        try:
            from plyer import battery

            left = battery.status.get("percentage")
        except Exception:  # plyer raises whatever the platform raises
            return None
        return None if left is None else round(float(left))


def _quietly(what: str, do: Callable[[], None]) -> bool:
    """Do it if this phone can. What a worker feels or hears must never stop what they record; that it failed is told."""
    try:
        do()
    except NotImplementedError:  # a desktop
        log.debug("no %s on this machine", what)
        return False
    except Exception as error:  # JavaException on a phone without the part, ImportError on a desktop without plyer's
        log.warning("no %s on this phone: %s", what, type(error).__name__)
        return False
    return True
