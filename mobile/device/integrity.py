"""Whether this phone still keeps apps apart (privacy rule B10): signs of root, of a debugger, of an emulator. Each check alone is
easily hidden from; together they tell a careless phone, not a clever thief. None reads anything personal, none raises.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from shared.model.app_state import Weakness

SU_PLACES = (
    "/system/bin/su", "/system/xbin/su", "/sbin/su", "/su/bin/su", "/data/local/su", "/data/local/bin/su", "/data/local/xbin/su",
    "/system/app/Superuser.apk", "/sbin/.magisk", "/data/adb/magisk",
)  # fmt: skip
STATUS = Path("/proc/self/status")
FLAG_DEBUGGABLE = 0x2
"""`ApplicationInfo.FLAG_DEBUGGABLE`."""


class Sound:
    """A desktop: it makes no claim, and holds invented people."""

    def find(self) -> frozenset[Weakness]:
        """Nothing."""
        return frozenset()


class AndroidIntegrity:
    """Android's own word, its files, and whether somebody traces this process."""

    def find(self) -> frozenset[Weakness]:
        """What was found just now."""
        checks: tuple[tuple[Weakness, Callable[[], bool]], ...] = (
            (Weakness.ROOTED, lambda: has_su(SU_PLACES) or is_test_build(_build().TAGS)),
            (Weakness.DEBUGGED, lambda: is_traced(STATUS) or _is_debuggable()),
            (Weakness.EMULATED, lambda: is_emulator(_build().FINGERPRINT, _build().HARDWARE)),
        )
        return frozenset(weakness for weakness, check in checks if _holds(check))


def _holds(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except Exception:  # a Java exception of any kind: what cannot be asked is not claimed
        return False


def has_su(places: Iterable[str]) -> bool:
    """Is a way to become root lying about?"""
    return any(Path(place).exists() for place in places)


def is_test_build(tags: str) -> bool:
    """Was this Android signed with keys that everybody has?"""
    return "test-keys" in tags


def is_traced(status: Path) -> bool:
    """Does another process read this one's memory, as a debugger does?"""
    lines = (line.split() for line in status.read_text("ascii", "replace").splitlines())
    return any(words[0] == "TracerPid:" and words[1] != "0" for words in lines if len(words) > 1)


def is_emulator(fingerprint: str, hardware: str) -> bool:
    """Is this no phone at all?"""
    return fingerprint.startswith("generic") or hardware in {"goldfish", "ranchu"}


def _build() -> Any:
    from jnius import autoclass

    return autoclass("android.os.Build")


def _is_debuggable() -> bool:
    from jnius import autoclass

    activity = autoclass("org.kivy.android.PythonActivity").mActivity
    is_connected = autoclass("android.os.Debug").isDebuggerConnected()
    return bool(is_connected or activity.getApplicationInfo().flags & FLAG_DEBUGGABLE)
