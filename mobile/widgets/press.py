"""Something a gloved thumb can press: it lights up at once, forgives a small slip, and lets go when the finger drags away."""

from typing import Any

from kivy.clock import Clock
from kivy.metrics import dp
from kivy.properties import BooleanProperty, StringProperty

from mobile.theme.sizes import SLOP, TARGET
from mobile.widgets.layout import Measured

HELD_S = 3.0
"""A finger that rests so long means more than a press. Longer than any cold thumb rests by chance."""
FRAME_S = 0.25
"""No frame counts for more: while the app stands still nobody knows that the finger has left, and a tap must not become more."""


class Press(Measured):
    """A measured widget that fires `on_release` when pressed and let go in about the same place; where `can_be_held`, `on_held`
    instead when the finger rested there. Nothing shows the difference."""

    text = StringProperty("")
    pressed = BooleanProperty(False)
    disabled_look = BooleanProperty(False)
    can_be_held = BooleanProperty(False)

    __events__ = ("on_release", "on_held")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.fbind("text", self.ask_layout)
        self.fbind("pressed", self._redraw)
        self.fbind("disabled_look", self._redraw)
        self._rested_s = 0.0
        self._resting = Clock.create_trigger(self._rest, 0, interval=True)

    def on_release(self) -> None:
        """Overridden by kv."""

    def on_held(self) -> None:
        """Overridden by kv."""

    def measure(self, width: float) -> float:
        """At least a gloved thumb high."""
        return float(dp(TARGET))

    def on_touch_down(self, touch: Any) -> bool:
        """Light up, and hold on to the finger."""
        if self.hidden or self.disabled_look or not self.collide_point(*touch.pos) or touch.is_mouse_scrolling:
            return False
        touch.grab(self)
        self.pressed = True
        self._rested_s = 0.0
        if self.can_be_held:
            self._resting()
        return True

    def on_touch_move(self, touch: Any) -> bool:
        """Let go when the finger drags: it meant to scroll."""
        if touch.grab_current is not self:
            return False
        if has_strayed(touch):
            self.pressed = False
        return True

    def on_touch_up(self, touch: Any) -> bool:
        """Fire, if the finger is still meant for this."""
        if touch.grab_current is not self:
            return False
        touch.ungrab(self)
        self._resting.cancel()
        if self.pressed:
            self.pressed = False
            self.dispatch("on_held" if self._rested_s >= HELD_S else "on_release")
        return True

    def _rest(self, passed_s: float) -> None:
        self._rested_s += min(passed_s, FRAME_S)

    def _redraw(self, *_: object) -> None:
        self.draw()


def has_strayed(touch: Any) -> bool:
    """True when the finger moved too far from where it came down to mean a press. Window terms: lists scroll under fingers."""
    from kivy.core.window import Window

    across, up = (touch.sx - touch.osx) * Window.width, (touch.sy - touch.osy) * Window.height
    return bool(max(abs(across), abs(up)) > dp(SLOP))
