"""Android's window and permissions: kept off screenshots and recent-apps images (rule B7), asked for GPS, told of
screen-off.

Imported on Android alone; none of it was run on a device yet (docs/android.md lists what to try).
"""

from collections.abc import Callable
from typing import Any

FLAG_SECURE = 0x2000


def keep_off_screenshots() -> None:
    """FLAG_SECURE: no screenshot, no recent-apps picture, no casting shows a person."""
    from android.runnable import run_on_ui_thread
    from jnius import autoclass

    @run_on_ui_thread
    def set_flag() -> None:
        activity = autoclass("org.kivy.android.PythonActivity").mActivity
        activity.getWindow().setFlags(FLAG_SECURE, FLAG_SECURE)

    set_flag()


def ask_for_permissions() -> None:
    """Location and notifications; without them the app works, with pins set by hand."""
    from android.permissions import Permission, request_permissions

    request_permissions(
        [Permission.ACCESS_FINE_LOCATION, Permission.ACCESS_COARSE_LOCATION, "android.permission.POST_NOTIFICATIONS"]
    )


def on_screen_off(listener: Callable[[], None]) -> Any:
    """Call `listener` whenever the screen goes off (rule B3). Keep what is returned; its `stop` ends it."""
    from android.broadcast import BroadcastReceiver

    receiver = BroadcastReceiver(lambda context, intent: listener(), actions=["screen_off"])
    receiver.start()
    return receiver
