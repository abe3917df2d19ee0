"""A field to write in: large letters, no suggestions, no learning by the keyboard, nothing to the clipboard (rule B7)."""

from typing import Any

from kivy.cache import Cache
from kivy.core.text import DEFAULT_FONT
from kivy.graphics import Color, Line, RoundedRectangle
from kivy.metrics import dp
from kivy.properties import BooleanProperty, NumericProperty, StringProperty
from kivy.uix.textinput import TextInput
from kivy.utils import get_color_from_hex

from mobile.theme import palette
from mobile.theme.sizes import EDGE, GAP, ROUND, TARGET
from mobile.widgets import letters, scripts
from mobile.widgets.layout import Measured
from mobile.widgets.press import has_strayed
from mobile.widgets.words import Words

LINES_MOST = 9
"""A field grows with what is written in it, up to so many lines; then it scrolls."""


class Writing(TextInput):
    """Kivy's text input that waits until the finger is lifted, so that a list can be scrolled by it."""

    focus: bool
    font_name: str

    def on_text(self, *_: object) -> None:
        """A font that has the letters being written. They stand one by one: joined they are shown everywhere else."""
        font = scripts.font_of(self.text) or DEFAULT_FONT
        if font != self.font_name:
            self.font_name = font

    def on_touch_down(self, touch: Any) -> bool:
        """Keep the finger; take focus only when it is lifted in place."""
        if self.focus:
            return bool(super().on_touch_down(touch))
        if self.disabled or not self.collide_point(*touch.pos):
            return False
        touch.grab(self)
        return True

    def on_touch_up(self, touch: Any) -> bool:
        """Take focus."""
        if self.focus:
            return bool(super().on_touch_up(touch))
        if touch.grab_current is not self:
            return False
        touch.ungrab(self)
        if not has_strayed(touch):
            self.focus = True
        return True


class TextField(Measured):
    """A label over a writing box. `text` follows the writing; `on_done` fires when the writer leaves it or presses enter."""

    label = StringProperty("")
    hint = StringProperty("")
    text = StringProperty("")
    lines = NumericProperty(1)
    digits = BooleanProperty(False)

    __events__ = ("on_done",)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._label = Words(role="small", tone="soft")
        self.writing = Writing(
            multiline=False, write_tab=False, use_bubble=False, use_handles=False, allow_copy=False, input_type="text",
            keyboard_suggestions=False, size_hint=(None, None), padding=[dp(EDGE), dp(EDGE), dp(EDGE), dp(EDGE)],
        )  # fmt: skip
        with self.canvas.before:
            self._ground_colour = Color(1, 1, 1, 1)
            self._ground = RoundedRectangle(radius=[dp(ROUND)])
            self._edge_colour = Color(1, 1, 1, 1)
            self._edge = Line(width=dp(1))
        self.writing.bind(minimum_height=self.ask_layout)
        self.writing.bind(text=self._follow, focus=self._left, on_text_validate=lambda *_: self.dispatch("on_done"))
        self.add_widget(self._label)
        self.add_widget(self.writing)
        for name in ("label", "hint", "text", "lines", "digits"):
            self.fbind(name, self._take)
        self._take()

    def on_done(self) -> None:
        """Overridden by kv."""

    def measure(self, width: float) -> float:
        """Label, gap, box."""
        label = self._label.height_for(width)
        return float(label + (dp(GAP) / 2 if label else 0) + self._box_height())

    def least_width(self) -> float:
        """The label's longest word."""
        return float(max(dp(TARGET), self._label.least_width()))

    def place(self, x: float, y: float, width: float, height: float) -> None:
        """Label above, box beneath."""
        super().place(x, y, width, height)
        label = self._label.height_for(width)
        self._label.place(x, y + height - label, width, label)
        self.writing.pos, self.writing.size = (x, y), (width, self._box_height())
        if self.lines == 1:
            spare = (self._box_height() - self.writing.line_height) / 2
            self.writing.padding = [dp(EDGE), spare, dp(EDGE), spare]
        self._ground.pos, self._ground.size = self.writing.pos, self.writing.size
        self._edge.rounded_rectangle = (x, y, width, self._box_height(), dp(ROUND))

    def _box_height(self) -> float:
        # Half a line more than the letters, so that descenders are never shaved off at any font scale.
        line_px = 1.35 * letters.size_px("head")
        least = self.lines * line_px + 0.2 * letters.size_px("head") + 2 * dp(EDGE)
        written = min(self.writing.minimum_height, LINES_MOST * line_px) if self.lines > 1 else 0.0
        return float(max(dp(TARGET), least, written))

    def _take(self, *_: object) -> None:
        colours, box = palette(), self.writing
        self._label.text = self.label
        box.multiline = self.lines > 1
        box.hint_text, box.font_size = self.hint, letters.size_px("head")
        box.input_filter = "int" if self.digits else None
        if box.text != self.text:
            box.text = self.text
        box.background_normal = box.background_active = ""
        box.background_color = (0, 0, 0, 0)
        self._ground_colour.rgba = get_color_from_hex(colours.card)
        box.foreground_color, box.cursor_color = get_color_from_hex(colours.words), get_color_from_hex(colours.accent)
        box.hint_text_color = get_color_from_hex(colours.soft)
        self._edge_colour.rgba = get_color_from_hex(colours.edge)
        self.ask_layout()

    def _follow(self, _widget: Any, text: str) -> None:
        self.text = text

    def _left(self, _widget: Any, focused: bool) -> None:
        colours = palette()
        self._edge_colour.rgba = get_color_from_hex(colours.accent if focused else colours.edge)
        if not focused:
            self.dispatch("on_done")


def forget() -> None:
    """Drop what Kivy keeps of every text input: called when the phone locks (rule B3).

    Kivy caches drawn lines; and `TextInput._adjust_viewport`, a triggered function, keeps the last input it was called
    for, and through its parents the whole screen: a blank one takes its place.
    """
    for name in ("textinput.label", "textinput.width"):
        Cache.remove(name)
    Writing()._adjust_viewport(0, 0)
