"""Android's window and permissions: kept off screenshots and recent-apps images (rule B7), asked for GPS, told of
screen-off.

Imported on Android alone. Its calls are made on a desktop JVM by the tests; none was run on a device yet (docs/android.md lists
what to try).
"""

from collections.abc import Callable
from typing import Any

FLAG_SECURE = 0x2000
INSETS_SINCE = 30
"""`WindowInsets.Type` came with this API level; before it nothing is drawn under the bars unless one asks for it."""

Edges = tuple[int, int, int, int]
"""Left, top, right, bottom, in pixels."""


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


def read_insets() -> Edges:
    """How far the bars and the camera's notch reach over the window: an app for API 35 is drawn under them (python-for-android
    issue 3239, kivy issue 9126). Noughts before the window is attached.
    """
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


def open_outside(action: str, address: str) -> None:
    """Hand an address to another app: the phone's dialler (`android.intent.action.DIAL`), its map (`VIEW`)."""
    from jnius import autoclass

    intent = autoclass("android.content.Intent")(action, autoclass("android.net.Uri").parse(address))
    autoclass("org.kivy.android.PythonActivity").mActivity.startActivity(intent)
