"""The number pad: ten large keys and an eraser, the same places every night, so that a cold thumb finds them unseen."""

from typing import Any

from kivy.graphics import Color, Ellipse, InstructionGroup, Line
from kivy.metrics import dp
from kivy.properties import BooleanProperty, NumericProperty
from kivy.utils import get_color_from_hex

from mobile.theme import palette
from mobile.widgets.buttons import BigButton
from mobile.widgets.layout import Grid, Measured

KEYS = ("1", "2", "3", "4", "5", "6", "7", "8", "9", "", "0", "erase")


class Dots(Measured):
    """How many digits are in: dots, never digits."""

    filled = NumericProperty(0)
    places = NumericProperty(6)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._marks = InstructionGroup()
        self.canvas.add(self._marks)
        self.fbind("filled", self._again)
        self.fbind("places", self._again)

    def measure(self, width: float) -> float:
        """One row of dots."""
        return float(dp(40))

    def draw(self) -> None:
        """Filled dots, then rings."""
        self._marks.clear()
        side, step = dp(16), dp(34)
        left = self.center_x - (self.places - 1) * step / 2 - side / 2
        self._marks.add(Color(*get_color_from_hex(palette().accent)))
        for place in range(int(self.places)):
            x, y = left + place * step, self.center_y - side / 2
            if place < self.filled:
                self._marks.add(Ellipse(pos=(x, y), size=(side, side)))
            else:
                self._marks.add(Line(ellipse=(x, y, side, side), width=dp(1.2)))

    def _again(self, *_: object) -> None:
        self.draw()


class Pad(Grid):
    """The keys. `on_key` gives '0' to '9' or 'erase'."""

    asleep = BooleanProperty(False)

    __events__ = ("on_key",)

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("columns", 3)
        super().__init__(**kwargs)
        self.put([self._key(name) for name in KEYS])
        self.fbind("asleep", self._sleep)

    def on_key(self, name: str) -> None:
        """Overridden by kv."""

    def _key(self, name: str) -> Any:
        if not name:
            return Measured()
        key = BigButton(text="" if name == "erase" else name, icon="erase" if name == "erase" else "", role="title")
        key.bind(on_release=lambda *_: self.dispatch("on_key", name))
        return key

    def _sleep(self, *_: object) -> None:
        for key in self.children:
            if isinstance(key, BigButton):
                key.disabled_look = self.asleep
