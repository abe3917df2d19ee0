"""The fingers that were just on the glass: Kivy keeps them for a quarter of a second, to know a double tap, and with each of
them the row or button that it fell on.
"""

from kivy.base import EventLoop


def forget() -> None:
    """Let go of them, and of the screens they hold (rule B3)."""
    for each in EventLoop.postproc_modules:
        kept = getattr(each, "touches", None)
        if isinstance(kept, dict):
            kept.clear()
