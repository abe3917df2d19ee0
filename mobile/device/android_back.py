"""Android's Back as a gesture: from API 36 on no key comes any more, a callback is asked instead. Imported on Android alone.

`android:enableOnBackInvokedCallback` in the manifest says that Lantern answers it from API 33 on; before that the key comes
as ever.
"""

from collections.abc import Callable
from typing import Any

from android.runnable import run_on_ui_thread
from jnius import PythonJavaClass, autoclass, cast, java_method

SINCE = 33
DEFAULT_PRIORITY = 0


class Back(PythonJavaClass):
    """What Android calls when the gesture was made."""

    __javainterfaces__ = ("android/window/OnBackInvokedCallback",)
    __javacontext__ = "app"

    def __init__(self, went: Callable[[], None]) -> None:
        super().__init__()
        self._went = went

    @java_method("()V", name="onBackInvoked")
    def invoked(self) -> None:
        """Somebody went back."""
        self._went()


def watch_back(went: Callable[[], None]) -> Any:
    """Call `went` on each Back. Keep what is returned: Android holds Java's half alone. None where the key still comes."""
    if autoclass("android.os.Build$VERSION").SDK_INT < SINCE:
        return None
    back = Back(went)

    @run_on_ui_thread
    def register() -> None:
        activity = autoclass("org.kivy.android.PythonActivity").mActivity
        callback = cast("android.window.OnBackInvokedCallback", back.j_self)
        activity.getOnBackInvokedDispatcher().registerOnBackInvokedCallback(DEFAULT_PRIORITY, callback)

    register()
    return back


@run_on_ui_thread
def leave() -> None:
    """Out of the app, which stays where it was: its lock's timer has begun."""
    autoclass("org.kivy.android.PythonActivity").mActivity.moveTaskToBack(True)
