"""plyer's camera facade over Android's, where plyer's own breaks: imported on Android alone.

plyer 2.1.0 hands the camera app a `file:` address, which Android 7 and later refuse. Here the picture goes through the app's own
provider of files (`scripts/android/provider.py` puts it into the manifest), into this app's own folder: no gallery holds it, and
no permission is asked for, because the camera app takes the picture.
"""

from collections.abc import Callable
from typing import Any

from jnius import autoclass, cast
from plyer.facades import Camera

REQUEST = 0x4C41
GRANT_READ, GRANT_WRITE = 0x1, 0x2
RESULT_OK = -1
AUTHORITY = ".pictures"


class AndroidCamera(Camera):
    """One picture at a time."""

    def __init__(self) -> None:
        self._is_bound = False
        self._waiting: tuple[str, Callable[[str], object]] | None = None

    def _take_picture(self, **kwargs: Any) -> None:
        from android import activity

        if not self._is_bound:
            activity.bind(on_activity_result=self.returned)
            self._is_bound = True
        self._waiting = (kwargs["filename"], kwargs["on_complete"])
        here = autoclass("org.kivy.android.PythonActivity").mActivity
        file = autoclass("java.io.File")(kwargs["filename"])
        provider = autoclass("androidx.core.content.FileProvider")
        address = provider.getUriForFile(here, here.getPackageName() + AUTHORITY, file)
        intent = autoclass("android.content.Intent")("android.media.action.IMAGE_CAPTURE")
        intent.putExtra("output", cast("android.os.Parcelable", address))
        intent.addFlags(GRANT_READ | GRANT_WRITE)
        here.startActivityForResult(intent, REQUEST)

    def returned(self, request: int, result: int, _intent: Any) -> None:
        """The camera app came back, with a picture or without."""
        if request != REQUEST or self._waiting is None:
            return
        (filename, on_complete), self._waiting = self._waiting, None
        if result == RESULT_OK:
            on_complete(filename)
