"""The service of a shift, and the exact alarm that wakes it: imported on Android alone.

The service runs in front, in a process of its own, so that a check-in rings after Android has ended the app. While the phone
dozes only an exact alarm wakes it; where that is not allowed, an inexact one rings some minutes late.
"""

import logging
from pathlib import Path
from threading import Event
from typing import Any

from jnius import autoclass, cast

from mobile.device.uptime import LinuxUptime
from mobile.guarding import Duty, find_duty, guard, put_duty

log = logging.getLogger(__name__)

SERVICE = "org.lantern.lantern.ServiceShift"
ASKED_SINCE = 31
"""Before it every app may set exact alarms."""


class AndroidGuard:
    """Started with the first check-in of a shift, and ended with it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def watch(self, in_ms: int, title: str, words: str, meanwhile: str) -> None:
        """Have it ring after so many milliseconds, whatever becomes of this app. Android shows `meanwhile` as long as the service
        runs: a check-in that were told as due the whole night would be looked at no more.
        """
        try:
            up_ms, boot = LinuxUptime().milliseconds(), LinuxUptime().boot()
            put_duty(self._folder, Duty(due_ms=up_ms + max(in_ms, 0), boot=boot, title=title, words=words))
            activity = autoclass("org.kivy.android.PythonActivity").mActivity
            autoclass(SERVICE).start(activity, "", title, meanwhile, str(self._folder))
            self._wake_at(activity, up_ms + max(in_ms, 0), title, meanwhile)
        except Exception as error:  # a Java exception of any kind: the app's own alarm and the server still watch
            log.warning("nobody guards the check-in outside the app: %s", type(error).__name__)

    def end(self) -> None:
        """Nothing to ring for: the service sees it by itself, and is told."""
        try:
            if find_duty(self._folder) is not None:
                put_duty(self._folder, None)
            activity = autoclass("org.kivy.android.PythonActivity").mActivity
            autoclass(SERVICE).stop(activity)
            _alarms(activity).cancel(self._waking(activity, "", ""))
        except Exception as error:
            log.warning("the service of the shift was not ended: %s", type(error).__name__)

    def _wake_at(self, activity: Any, at_ms: int, title: str, meanwhile: str) -> None:
        manager, waking = _alarms(activity), self._waking(activity, title, meanwhile)
        kind = autoclass("android.app.AlarmManager").ELAPSED_REALTIME_WAKEUP
        is_old = autoclass("android.os.Build$VERSION").SDK_INT < ASKED_SINCE
        if is_old or manager.canScheduleExactAlarms():
            manager.setExactAndAllowWhileIdle(kind, at_ms, waking)
        else:
            manager.setAndAllowWhileIdle(kind, at_ms, waking)

    def _waking(self, activity: Any, title: str, meanwhile: str) -> Any:
        pending = autoclass("android.app.PendingIntent")
        intent = autoclass(SERVICE).getDefaultIntent(activity, "", title, meanwhile, str(self._folder))
        flags = pending.FLAG_IMMUTABLE | pending.FLAG_UPDATE_CURRENT
        return pending.getForegroundService(activity, 0, intent, flags)


def run_service(folder: str) -> None:
    """The service's whole life; `folder` is what it was started with."""
    from mobile.device.android_notification import AndroidNotification

    service = autoclass("org.kivy.android.PythonService").mService
    notification, uptime = AndroidNotification(service), LinuxUptime()

    def ring(title: str, words: str) -> None:
        try:
            notification.notify(title=title, message=words, app_name=title)
        except Exception as error:  # switched off: there is nothing else a phone can do
            log.warning("the check-in was not shown: %s", type(error).__name__)

    guard(Path(folder), lambda: (uptime.milliseconds(), uptime.boot()), ring, Event().wait)
    service.stopSelf()


def _alarms(activity: Any) -> Any:
    service = activity.getSystemService(autoclass("android.content.Context").ALARM_SERVICE)
    return cast("android.app.AlarmManager", service)
