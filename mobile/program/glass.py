"""The window of a Kivy app on a phone: what every such app has to get right, in one place and none of it about people.

- Back, the key's and the gesture's, is the screen's own. Android sends the key as Escape; from API 36 on it asks a callback
  instead (`mobile.device.android_back`), and both come here.
- What is written stays above the keyboard.
- From API 35 on an app is drawn under the phone's bars: the root keeps as far from each edge as they reach.
- Sixty frames a second while something moves, a few while nothing does: a phone in a pocket spends its battery on neither.
"""

from collections.abc import Callable
from typing import Any

from kivy.clock import Clock
from kivy.core.window import Window
from kivy.uix.anchorlayout import AnchorLayout

from mobile.device.ports import Outside

ESCAPE = 27
MOVING_FPS = 60.0
STILL_FPS = 12.0
"""A press on a screen that lay still waits a twelfth of a second at most before it is seen."""
STILL_AFTER_S = 3


class Glass:
    """One root that fills the window. `touched` hears of every touch and key, `back` of Back: did it go anywhere?"""

    def __init__(self, outside: Outside, touched: Callable[[], None], back: Callable[[], bool]) -> None:
        self._outside, self._touched, self._back = outside, touched, back
        self._still_s = 0
        self.root = AnchorLayout(padding=outside.edges())

    def open(self) -> None:
        """Listen to the window."""
        Window.clearcolor = (0, 0, 0, 1)
        Window.softinput_mode = "below_target"
        Window.bind(on_keyboard=self._on_key, on_textinput=self._on_touch, on_touch_down=self._on_touch)
        Window.bind(on_touch_move=self._on_touch, on_touch_up=self._on_touch)
        self._outside.watch_back(self.go_back)

    def close(self) -> None:
        """Listen no more; another app may be opened in this process."""
        Window.unbind(on_keyboard=self._on_key, on_textinput=self._on_touch, on_touch_down=self._on_touch)
        Window.unbind(on_touch_move=self._on_touch, on_touch_up=self._on_touch)
        Clock._max_fps = MOVING_FPS

    def each_second(self) -> None:
        """The bars come and go, and the phone turns; what lies still is drawn more seldom."""
        self.root.padding = self._outside.edges()
        self._still_s += 1
        if self._still_s >= STILL_AFTER_S:
            Clock._max_fps = STILL_FPS

    def hurry(self) -> None:
        """Something moves, or is about to: every frame counts."""
        self._still_s = 0
        Clock._max_fps = MOVING_FPS

    def go_back(self) -> None:
        """Android's Back gesture, on whatever thread: the screen's own, and out of the app from the first one."""
        Clock.schedule_once(lambda _: self._back_or_out(), -1)

    def _back_or_out(self) -> None:
        if not self._went_back():
            self._outside.leave()

    def _went_back(self) -> bool:
        self._touched()
        self.hurry()
        return self._back()

    def _on_touch(self, *_: object) -> None:
        self._touched()
        self.hurry()

    def _on_key(self, _window: Any, key: int, *_: object) -> bool:
        if key == ESCAPE:
            return self._went_back()
        self._on_touch()
        return False
