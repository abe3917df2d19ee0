"""A stack on a rounded ground: a question, a warning, a group of words that belong together."""

from typing import Any

from kivy.graphics import Color, RoundedRectangle
from kivy.metrics import dp
from kivy.properties import BooleanProperty, OptionProperty, StringProperty
from kivy.utils import get_color_from_hex

from mobile.theme import palette
from mobile.theme.sizes import EDGE, ROUND
from mobile.widgets.buttons import BigButton
from mobile.widgets.layout import Grid, Stack
from mobile.widgets.words import Words


class Card(Stack):
    """Children on a ground of the palette."""

    ground = OptionProperty("card", options=["card", "raised"])

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("inset", EDGE)
        super().__init__(**kwargs)
        with self.canvas.before:
            self._ground_colour = Color(1, 1, 1, 1)
            self._ground_box = RoundedRectangle(radius=[dp(ROUND)])

    def draw(self) -> None:
        """The ground beneath the children."""
        self._ground_colour.rgba = get_color_from_hex(getattr(palette(), self.ground))
        self._ground_box.pos, self._ground_box.size = self.pos, self.size


class Banner(Card):
    """A sentence that must be read now, with an icon's worth of colour and perhaps something to press."""

    text = StringProperty("")
    tone = StringProperty("words")
    action_text = StringProperty("")

    __events__ = ("on_action",)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._words = Words(role="body", bold=True)
        self._button = BigButton()
        self._button.bind(on_release=lambda *_: self.dispatch("on_action"))
        self.add_widget(self._words)
        for name in ("text", "tone", "action_text"):
            self.fbind(name, self._take)
        self._take()

    def on_action(self) -> None:
        """Overridden by kv."""

    def _take(self, *_: object) -> None:
        self._words.text, self._words.tone, self._button.text = self.text, self.tone, self.action_text
        if self.action_text and self._button.parent is None:
            self.add_widget(self._button)
        if not self.action_text and self._button.parent is not None:
            self.remove_widget(self._button)
        self.hidden = not self.text


class Choices(Stack):
    """A question over a grid of chips; tells which chip was pressed, or held, by its value. Several may be chosen, or one."""

    text = StringProperty("")
    columns = OptionProperty(2, options=[1, 2, 3, 4])

    can_be_held = BooleanProperty(False)

    __events__ = ("on_pick", "on_hold")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._title = Words(text=self.text, role="small", tone="soft")
        self.grid = Grid(columns=self.columns)
        self.add_widget(self._title)
        self.add_widget(self.grid)
        self.fbind("text", lambda *_: setattr(self._title, "text", self.text))
        self.fbind("columns", lambda *_: setattr(self.grid, "columns", self.columns))

    def on_pick(self, value: str) -> None:
        """Overridden by kv."""

    def on_hold(self, value: str) -> None:
        """Overridden by kv."""

    def show(self, options: list[tuple[str, str]], chosen: set[str]) -> None:
        """The options as (value, words); those in `chosen` are lit. Chips are kept when the options stay the same."""
        chips = self.grid.in_order()
        if [(chip.value, chip.text) for chip in chips] != options:
            self.grid.put([self._chip(value, words) for value, words in options])
            chips = self.grid.in_order()
        for chip in chips:
            chip.chosen = chip.value in chosen

    def _chip(self, value: str, words: str) -> Any:
        from mobile.widgets.buttons import Chip

        chip = Chip(value=value, text=words, can_be_held=self.can_be_held)
        chip.bind(on_release=lambda *_: self.dispatch("on_pick", value))
        chip.bind(on_held=lambda *_: self.dispatch("on_hold", value))
        return chip
