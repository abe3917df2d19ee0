"""Links that Android opens Lantern with (`android.manifest.intent_filters`): each read once, and taken off its intent.

Imported on Android alone; the real intent was never seen on a device yet (docs/android.md lists what to try). An app that was
closed and is opened from the list of recent ones gets its old intent again: such a link is passed over, its code is long dead.
"""

import logging
from collections.abc import Callable
from typing import Any

log = logging.getLogger(__name__)

LAUNCHED_FROM_HISTORY = 0x00100000
"""`Intent.FLAG_ACTIVITY_LAUNCHED_FROM_HISTORY`."""


class AndroidLinks:
    """The activity's intents."""

    def start(self, on_link: Callable[[str], None]) -> None:
        """Tell of the intent that started the app, and of each new one."""
        from android import activity
        from jnius import autoclass

        def read(intent: Any) -> None:
            link = take_link(intent)
            if link:
                on_link(link)

        try:
            activity.bind(on_new_intent=read)
            read(autoclass("org.kivy.android.PythonActivity").mActivity.getIntent())
        except Exception as error:  # a Java exception of any kind: enrolling by hand still works
            log.warning("links cannot be opened: %s", type(error).__name__)


def take_link(intent: Any) -> str:
    """The link of an intent, which then holds it no longer; empty for a plain start."""
    if intent is None or intent.getFlags() & LAUNCHED_FROM_HISTORY:
        return ""
    link = intent.getDataString()
    intent.setData(None)
    return str(link or "")
