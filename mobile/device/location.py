"""Where the phone is: a fixed place, a replayed GPX walk, and what makes fixes of any source fit to use. No plyer, no
Kivy here.
"""

import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

from msgspec import structs

from mobile.device.ports import Location, RawFix
from shared.model.codes import PinSource
from shared.model.position import Position

GPX = "{http://www.topografix.com/GPX/1/1}"
HDOP_TO_METRES = 5.0
WORST_ACCURACY_M = 5_000.0
GOOD_FIX_M = 15.0
LOW_BATTERY_PERCENT = 20
FRESH_S = 120.0
"""An older fix says where the worker was, not where they are."""
SURE_ACCURACY_M = 50.0
"""A fix no better than this may lie nearer to another place than to the one where the worker stands."""


class NowhereLocation:
    """A phone without a location source, or whose worker said no."""

    def start(self, on_fix: Callable[[RawFix], None]) -> None:
        """Nothing will come."""

    def stop(self) -> None:
        """Nothing to stop."""


class FixedLocation:
    """Always the same place: demonstrations and desktops."""

    def __init__(self, latitude: float, longitude: float, at_ms: Callable[[], int], accuracy_m: float = 10.0) -> None:
        self._latitude, self._longitude, self._accuracy_m, self._at_ms = latitude, longitude, accuracy_m, at_ms

    def start(self, on_fix: Callable[[RawFix], None]) -> None:
        on_fix(
            RawFix(latitude=self._latitude, longitude=self._longitude, accuracy_m=self._accuracy_m, at_ms=self._at_ms())
        )

    def stop(self) -> None:
        """Nothing runs."""


class ReplayedLocation:
    """A walk from a GPX file, handed out one fix at a time by `step`: whoever owns the clock calls it."""

    def __init__(self, fixes: Iterable[RawFix]) -> None:
        self._left = list(fixes)
        self._on_fix: Callable[[RawFix], None] | None = None

    def start(self, on_fix: Callable[[RawFix], None]) -> None:
        self._on_fix = on_fix

    def stop(self) -> None:
        self._on_fix = None

    def step(self) -> bool:
        """Deliver the next fix. False when the walk is over or nobody listens."""
        if self._on_fix is None or not self._left:
            return False
        self._on_fix(self._left.pop(0))
        return True


def read_gpx(path: Path) -> list[RawFix]:
    """The track points of a GPX 1.1 file, in order. Raises `ElementTree.ParseError`, OSError; points without time are
    skipped.
    """
    fixes = []
    for point in ElementTree.parse(path).getroot().iterfind(f".//{GPX}trkpt"):
        time = point.findtext(f"{GPX}time")
        if time is None:
            continue
        hdop = point.findtext(f"{GPX}hdop")
        fixes.append(
            RawFix(
                latitude=float(point.get("lat", "")),
                longitude=float(point.get("lon", "")),
                accuracy_m=float(hdop) * HDOP_TO_METRES if hdop else None,
                at_ms=int(datetime.fromisoformat(time).timestamp() * 1000),
                source="gpx",
            )
        )
    return fixes


def is_usable(fix: RawFix) -> bool:
    """Is this a place at all? 0,0 is what a broken receiver says; NaN and impossible degrees are worse."""
    if not (-90 <= fix.latitude <= 90 and -180 <= fix.longitude <= 180):
        return False
    if abs(fix.latitude) < 1e-4 and abs(fix.longitude) < 1e-4:
        return False
    return fix.accuracy_m is None or 0 <= fix.accuracy_m <= WORST_ACCURACY_M


def is_better(new: RawFix, old: RawFix | None) -> bool:
    """Should `new` replace `old`? Android listens to every provider at once: a fresh coarse fix must not push out a
    fine one. Both were stamped by uptime (`stamped`): a wall clock that was set back must not keep an old fix the newest.
    """
    if old is None:
        return True
    passed_ms = _made_ms(new) - _made_ms(old)
    if passed_ms <= 0:
        return False
    if passed_ms > 30_000:
        return True
    return (new.accuracy_m or 100.0) <= (old.accuracy_m or 100.0) * 1.5


def stamped(fix: RawFix, uptime_ms: int) -> RawFix:
    """The fix with the uptime it was made at: its source's word, where that can be true, else now."""
    made_ms = fix.uptime_ms
    return fix if made_ms is not None and 0 <= made_ms <= uptime_ms else structs.replace(fix, uptime_ms=uptime_ms)


def _made_ms(fix: RawFix) -> int:
    return fix.at_ms if fix.uptime_ms is None else fix.uptime_ms


def is_sure(fix: RawFix, uptime_ms: int) -> bool:
    """Does this fix say where the worker stands, well enough to tell one place from the next without asking?"""
    return is_fresh(fix, uptime_ms) and fix.accuracy_m is not None and fix.accuracy_m <= SURE_ACCURACY_M


def is_fresh(fix: RawFix, uptime_ms: int) -> bool:
    """Was it made lately enough to speak of here?"""
    return age_s(fix, uptime_ms) < FRESH_S


def rest_ms(battery_percent: int | None, is_on_shift: bool) -> int:
    """How long the receiver may rest after a good fix: a quarter of a minute on shift, longer off it or on a low battery."""
    if battery_percent is not None and battery_percent < LOW_BATTERY_PERCENT:
        return 120_000
    return 15_000 if is_on_shift else 60_000


class Whereabouts:
    """The best fix so far, with its age. Listens to a `Location`, and lets it rest between good fixes; asking never waits.

    Ages are counted on `uptime_ms`, the clock that nobody can set.
    """

    def __init__(self, location: Location, uptime_ms: Callable[[], int]) -> None:
        self._location, self._uptime_ms = location, uptime_ms
        self._best: RawFix | None = None
        self._listeners: list[Callable[[RawFix], None]] = []
        self._is_wanted = False
        self._is_listening = False
        self._heard_good = False
        self._rests_until_ms: int | None = None

    def start(self) -> None:
        """Begin listening: the app is in front."""
        self._is_wanted = True
        self.wake()

    def stop(self) -> None:
        """Stop listening: the app is in the background."""
        self._is_wanted = False
        self._hush()

    def wake(self) -> None:
        """Somebody needs a fix now, rested or not."""
        self._rests_until_ms = None
        self._heard_good = False
        if self._is_wanted and not self._is_listening:
            self._is_listening = True
            self._location.start(self.hear)

    def pace(self, uptime_ms: int, rest_for_ms: Callable[[], int]) -> None:
        """Called every second or so: after a good fix the receiver rests for so long, then listens again."""
        if not self._is_wanted:
            return
        if self._is_listening and self._heard_good:
            self._hush()
            self._rests_until_ms = uptime_ms + rest_for_ms()
        elif not self._is_listening and self._rests_until_ms is not None and uptime_ms >= self._rests_until_ms:
            self.wake()

    def _hush(self) -> None:
        if self._is_listening:
            self._is_listening = False
            self._location.stop()

    def hear(self, fix: RawFix) -> None:
        """Take a fix from any source, unless it is none or worse than what is known."""
        fix = stamped(fix, self._uptime_ms())
        if not is_usable(fix) or not is_better(fix, self._best):
            return
        self._best = fix
        self._heard_good = fix.accuracy_m is not None and fix.accuracy_m <= GOOD_FIX_M
        for listener in self._listeners:
            listener(fix)

    def observe(self, listener: Callable[[RawFix], None]) -> None:
        """Be told of each fix that is taken."""
        self._listeners.append(listener)

    def last(self) -> RawFix | None:
        """The best fix so far, however old."""
        return self._best


def position_of(fix: RawFix, uptime_ms: int) -> Position:
    """The fix as a pin, with its accuracy and its age in seconds."""
    return Position(
        latitude=fix.latitude,
        longitude=fix.longitude,
        source=PinSource.GPS,
        accuracy_m=fix.accuracy_m,
        fix_age_s=age_s(fix, uptime_ms),
    )


def age_s(fix: RawFix, uptime_ms: int) -> float:
    """Seconds since the fix was made, by uptime; never negative."""
    return max(0.0, (uptime_ms - _made_ms(fix)) / 1000)
