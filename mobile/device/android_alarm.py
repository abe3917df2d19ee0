"""An exact alarm while the screen is off: imported on Android alone.

The form with a listener needs no permission for exact alarms and no receiver in the manifest; it rings as long as Android keeps
this process. A process that Android has ended rings nothing: the server tells the team lead then.
"""

import logging
from collections.abc import Callable
from typing import Any

from jnius import PythonJavaClass, autoclass, cast, java_method

log = logging.getLogger(__name__)

TAG = "lantern:check-in"


class Ring(PythonJavaClass):
    """What Android calls when the time has come."""

    __javainterfaces__ = ("android/app/AlarmManager$OnAlarmListener",)
    __javacontext__ = "app"

    def __init__(self, ring: Callable[[], None]) -> None:
        super().__init__()
        self._ring = ring

    @java_method("()V", name="onAlarm")
    def rang(self) -> None:
        """The time has come."""
        self._ring()


class AndroidAlarm:
    """One alarm at a time."""

    def __init__(self) -> None:
        self._kept: Any = None
        self._listener: Any = None

    def set(self, in_ms: int, ring: Callable[[], None]) -> None:
        """Call `ring` after so many milliseconds, asleep or not, on Java's main thread; an earlier alarm is forgotten."""
        try:
            self.cancel()
            self._set(in_ms, ring)
        except (
            Exception
        ) as error:  # a Java exception of any kind: the app's own clock still watches while it is in front
            log.warning("no alarm on this phone: %s", type(error).__name__)

    def _set(self, in_ms: int, ring: Callable[[], None]) -> None:
        manager_kind = autoclass("android.app.AlarmManager")
        at = autoclass("android.os.SystemClock").elapsedRealtime() + max(in_ms, 0)
        handler = autoclass("android.os.Handler")(autoclass("android.os.Looper").getMainLooper())
        self._kept = Ring(ring)
        # `cancel` has a form for a PendingIntent too: pyjnius tells them apart by the type alone.
        self._listener = cast("android.app.AlarmManager$OnAlarmListener", self._kept.j_self)
        self._manager().setExact(manager_kind.ELAPSED_REALTIME_WAKEUP, at, TAG, self._listener, handler)

    def cancel(self) -> None:
        """No alarm."""
        if self._listener is not None:
            self._manager().cancel(self._listener)
            self._listener = None

    def _manager(self) -> Any:
        activity = autoclass("org.kivy.android.PythonActivity").mActivity
        service = activity.getSystemService(autoclass("android.content.Context").ALARM_SERVICE)
        return cast("android.app.AlarmManager", service)
