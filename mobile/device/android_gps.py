"""plyer's GPS facade over Android's LocationManager, where plyer's own breaks: imported on Android alone.

plyer 2.1.0 lacks the callback with a list that Android 12 and later call (kivy/plyer issues 505 and 687, pull request 665), and
gives up at the first provider it may not use, so that "approximate location" gives no fix at all. This one also tells when the
fix was made: by the clock that nobody can set (`uptime_ms`, since boot) and by the satellites' (`time_ms`, since 1970).
"""

import logging
from typing import Any

from jnius import PythonJavaClass, autoclass, cast, java_method
from plyer.facades import GPS

log = logging.getLogger(__name__)

FUSED_SINCE = 31
"""`LocationManager.FUSED_PROVIDER` came with this API level."""


class Listener(PythonJavaClass):
    """Android's listener in both shapes: one location, and since API 31 a list of them."""

    __javainterfaces__ = ("android/location/LocationListener",)
    __javacontext__ = "app"

    def __init__(self, gps: "AndroidGps") -> None:
        super().__init__()
        self._gps = gps

    @java_method("(Landroid/location/Location;)V", name="onLocationChanged")
    def one(self, location: Any) -> None:
        """A location."""
        self._gps.tell(location)

    @java_method("(Ljava/util/List;)V", name="onLocationChanged")
    def several(self, locations: Any) -> None:
        """Locations that were gathered, oldest first."""
        for index in range(locations.size()):
            self._gps.tell(cast("android.location.Location", locations.get(index)))

    @java_method("(I)V", name="onFlushComplete")
    def flushed(self, _request: int) -> None:
        """Nothing was asked to be flushed."""

    @java_method("(Ljava/lang/String;)V", name="onProviderEnabled")
    def enabled(self, provider: str) -> None:
        """A source was switched on: its fixes come by themselves."""
        self._gps.say("provider-enabled", provider)

    @java_method("(Ljava/lang/String;)V", name="onProviderDisabled")
    def disabled(self, provider: str) -> None:
        """A source was switched off."""
        self._gps.say("provider-disabled", provider)

    @java_method("(Ljava/lang/String;ILandroid/os/Bundle;)V", name="onStatusChanged")
    def changed(self, provider: str, status: int, _extras: Any) -> None:
        """Of Android 9 and before."""
        self._gps.say("provider-status", f"{provider}: {status}")


class AndroidGps(GPS):
    """Fixes of every provider this phone may use."""

    _manager: Any = None

    def tell(self, location: Any) -> None:
        """Hand one location on."""
        self.on_location(
            lat=location.getLatitude(),
            lon=location.getLongitude(),
            accuracy=location.getAccuracy() if location.hasAccuracy() else None,
            uptime_ms=location.getElapsedRealtimeNanos() // 1_000_000,
            time_ms=location.getTime(),
        )

    def say(self, kind: str, status: str) -> None:
        """Hand one word about a provider on."""
        if self.on_status:
            self.on_status(kind, status)

    def _configure(self) -> None:
        if self._manager is None:
            context = autoclass("android.content.Context")
            activity = autoclass("org.kivy.android.PythonActivity").mActivity
            service = activity.getSystemService(context.LOCATION_SERVICE)
            self._manager = cast("android.location.LocationManager", service)
            self._kept = Listener(self)
            self._listener = cast("android.location.LocationListener", self._kept.j_self)

    def _start(self, **kwargs: Any) -> None:
        looper = autoclass("android.os.Looper").getMainLooper()
        known = set(self._known())
        refused = [name for name in self._wanted() if name in known and not self._ask(name, looper, kwargs)]
        if refused:
            self.say("refused", ", ".join(refused))

    def _wanted(self) -> tuple[str, ...]:
        fused = autoclass("android.os.Build$VERSION").SDK_INT >= FUSED_SINCE
        return ("gps", "network", "fused") if fused else ("gps", "network")

    def _known(self) -> list[str]:
        names = self._manager.getAllProviders()
        return [str(names.get(index)) for index in range(names.size())]

    def _ask(self, provider: str, looper: Any, pace: dict[str, Any]) -> bool:
        """Listen to one provider; False when the worker did not allow it: the others are asked all the same."""
        every_ms, every_m = int(pace["minTime"]), float(pace["minDistance"])
        try:
            self._manager.requestLocationUpdates(provider, every_ms, every_m, self._listener, looper)
        except Exception as error:  # SecurityException for one provider says nothing of the next
            log.warning("no fixes of the %s provider: %s", provider, type(error).__name__)
            return False
        return True

    def _stop(self) -> None:
        self._manager.removeUpdates(self._listener)
