"""Android's window and permissions: kept off screenshots and recent-apps images (rule B7), asked for GPS, told of
screen-off.

Imported on Android alone. Its calls are made on a desktop JVM by the tests; none was run on a device yet (docs/android.md lists
what to try).
"""

import logging
from collections.abc import Callable
from typing import Any

from mobile.device.ports import Edges

log = logging.getLogger(__name__)

FLAG_SECURE = 0x2000
INSETS_SINCE = 30
"""`WindowInsets.Type` came with this API level; before it nothing is drawn under the bars unless one asks for it."""


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


class AndroidOutside:
    """The phone's bars, its dialler and its map."""

    is_there = True

    def edges(self) -> Edges:
        """An app for API 35 is drawn under the bars (python-for-android issue 3239, kivy issue 9126). Noughts before the window
        is attached, and where Android itself keeps the bars off.
        """
        try:
            return _read_insets()
        except Exception as error:  # a Java exception of any kind: a screen under a bar is better than none
            log.warning("the phone does not tell of its bars: %s", type(error).__name__)
            return (0, 0, 0, 0)

    def watch_back(self, went: Callable[[], None]) -> None:
        """The gesture of API 33 and later."""
        from mobile.device.android_back import watch_back

        try:
            self._back = watch_back(went)
        except Exception as error:  # a Java exception of any kind: the key may still come
            log.warning("the phone does not tell of Back: %s", type(error).__name__)

    def leave(self) -> None:
        """To the phone's own screen."""
        from mobile.device.android_back import leave

        leave()

    def dial(self, number: str) -> None:
        """ACTION_DIAL only shows the number: it needs no permission, and the worker presses call."""
        _open("android.intent.action.DIAL", f"tel:{number}")

    def show_on_map(self, latitude: float, longitude: float) -> None:
        """A geo address: whichever map app the worker has."""
        place = f"{latitude:.6f},{longitude:.6f}"
        _open("android.intent.action.VIEW", f"geo:{place}?q={place}")


def _read_insets() -> Edges:
    from jnius import autoclass

    if autoclass("android.os.Build$VERSION").SDK_INT < INSETS_SINCE:
        return (0, 0, 0, 0)
    view = autoclass("org.kivy.android.PythonActivity").mActivity.getWindow().getDecorView()
    insets = view.getRootWindowInsets()
    if insets is None:
        return (0, 0, 0, 0)
    kind = autoclass("android.view.WindowInsets$Type")
    edges = insets.getInsets(kind.systemBars() | kind.displayCutout())
    return (edges.left, edges.top, edges.right, edges.bottom)


def _open(action: str, address: str) -> None:
    from jnius import autoclass

    try:
        intent = autoclass("android.content.Intent")(action, autoclass("android.net.Uri").parse(address))
        autoclass("org.kivy.android.PythonActivity").mActivity.startActivity(intent)
    except Exception as error:  # ActivityNotFoundException: a phone without a dialler or a map
        log.warning("no app for %s: %s", action, type(error).__name__)
