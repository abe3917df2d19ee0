"""Buttons and tiles: a rounded card with an icon, a heading and perhaps a lesser line. They grow with their words."""

from typing import Any

from kivy.graphics import Color, Line, Rectangle, RoundedRectangle
from kivy.metrics import dp
from kivy.properties import BooleanProperty, NumericProperty, OptionProperty, StringProperty
from kivy.utils import get_color_from_hex

from mobile.theme import palette
from mobile.theme.sizes import EDGE, ROUND, TARGET
from mobile.widgets import letters
from mobile.widgets.icons import Icon, icon_px
from mobile.widgets.press import Press

TONES: dict[str, tuple[str, str]] = {
    "primary": ("accent", "on_accent"),
    "plain": ("raised", "words"),
    "quiet": ("ground", "words"),
    "warn": ("warn", "on_warn"),
    "chosen": ("chosen", "on_chosen"),
}
"""Tone -> (ground, words) as names of the palette."""


class BigButton(Press):
    """A card to press. `role` is the heading's size; `detail` a lesser line; `icon` stands before the words."""

    detail = StringProperty("")
    icon = StringProperty("")
    tone = OptionProperty("plain", options=list(TONES))
    role = OptionProperty("head", options=["title", "head", "body", "small"])
    align = OptionProperty("center", options=["left", "center"])
    least_height = NumericProperty(TARGET)
    chosen = BooleanProperty(False)
    icon_above = BooleanProperty(False)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.canvas:
            self._ground = Color(1, 1, 1, 1)
            self._card = RoundedRectangle(radius=[dp(ROUND)])
            self._edge_colour = Color(1, 1, 1, 0)
            self._edge = Line(width=dp(1))
            self._word_colour = Color(1, 1, 1, 1)
            self._head = Rectangle(size=(0, 0))
            self._detail_colour = Color(1, 1, 1, 1)
            self._lesser = Rectangle(size=(0, 0))
        self._icon = Icon()
        self.canvas.add(self._icon)
        for name in ("detail", "icon", "icon_above", "role", "align", "least_height"):
            self.fbind(name, self.ask_layout)
        self.fbind("tone", self._redraw)
        self.fbind("chosen", self._redraw)

    def measure(self, width: float) -> float:
        """As high as the words need, and never less than a gloved thumb."""
        head, lesser = self._textures(width)
        tall = (head.height if head else 0) + (lesser.height if lesser else 0)
        above = icon_px() if self.icon_above else 0
        return float(max(dp(self.least_height), tall + above + dp(EDGE) * 1.5, icon_px() + dp(EDGE)))

    def least_width(self) -> float:
        """The longest word with its margins."""
        words = letters.longest_word(self.text, self.role, bold=True)
        lesser = letters.longest_word(self.detail, "small")
        return float(max(dp(TARGET), max(words, lesser) + self._margins() + 2))

    def draw(self) -> None:
        """Card, icon, words."""
        ground, words = self._colours()
        self._ground.rgba = get_color_from_hex(ground)
        self._card.pos, self._card.size = self.pos, self.size
        self._edge_colour.rgba = get_color_from_hex(palette().edge)
        self._edge_colour.a = 1 if self.tone == "quiet" and not self.chosen else 0
        self._edge.rounded_rectangle = (self.x, self.y, self.width, self.height, dp(ROUND))
        head, lesser = self._textures(self.width)
        self._word_colour.rgba = self._detail_colour.rgba = get_color_from_hex(words)
        if lesser is not None and words == palette().words:
            self._detail_colour.rgba = get_color_from_hex(palette().soft)
        self._draw_words(head, lesser, words)

    def _draw_words(self, head: Any, lesser: Any, colour: str) -> None:
        room = self.width - self._margins()
        words_px = min(
            room, max(self._width_of(self.text, self.role, True), self._width_of(self.detail, "small", False))
        )
        left = self.x + dp(EDGE)
        if self.align == "center":
            left = self.center_x - (self._icon_room() + words_px) / 2
        words_left = left + self._icon_room() - ((room - words_px) / 2 if self.align == "center" else 0)
        tall = (head.height if head else 0) + (lesser.height if lesser else 0)
        above = icon_px() if self.icon_above else 0
        top = self.center_y + (tall - above) / 2
        for box, texture in ((self._head, head), (self._lesser, lesser)):
            box.texture = texture
            box.size = texture.size if texture else (0, 0)
            top -= box.size[1]
            box.pos = (round(words_left), round(top))
        icon_left = left if self.text and not self.icon_above else self.center_x - icon_px() / 2
        icon_bottom = self.center_y + (tall - above) / 2 + dp(2) if self.icon_above else self.center_y - icon_px() / 2
        self._icon.show(self.icon, icon_left, icon_bottom, icon_px(), colour)

    def _width_of(self, text: str, role: str, bold: bool) -> float:
        return letters.width_of(text, letters.size_px(role), bold) if text else 0.0

    def _colours(self) -> tuple[str, str]:
        colours = palette()
        ground, words = TONES["chosen" if self.chosen else self.tone]
        if self.pressed:
            ground, words = ("words", "ground")
        if self.disabled_look:
            ground, words = ("card", "soft")
        return getattr(colours, ground), getattr(colours, words)

    def _icon_room(self) -> float:
        return float(icon_px() + dp(10)) if self.icon and self.text and not self.icon_above else 0.0

    def _margins(self) -> float:
        return float(2 * dp(EDGE)) + self._icon_room()

    def _textures(self, width: float) -> tuple[Any, Any]:
        room = int(width - self._margins())
        head = letters.texture(self.text, letters.size_px(self.role), True, room, self.align)
        lesser = letters.texture(self.detail, letters.size_px("small"), False, room, self.align)
        return head, lesser


class Tile(BigButton):
    """A person or a place to pick: heading and lesser line from the left, tall enough for a quick thumb."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("align", "left")
        kwargs.setdefault("least_height", 88)
        super().__init__(**kwargs)


class Chip(BigButton):
    """A choice that stays chosen until pressed again."""

    value = StringProperty("")

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("role", "body")
        super().__init__(**kwargs)
