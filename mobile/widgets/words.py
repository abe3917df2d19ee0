"""Words on the ground of a screen: wrapped, never cut, as high as they need to be."""

from typing import Any

from kivy.graphics import Color, Rectangle
from kivy.metrics import dp
from kivy.properties import BooleanProperty, OptionProperty, StringProperty
from kivy.utils import get_color_from_hex

from mobile.theme import palette
from mobile.widgets import letters
from mobile.widgets.icons import Icon, icon_px
from mobile.widgets.layout import Measured


class Words(Measured):
    """A paragraph. `role` sets the size, `tone` the colour (a name of the palette)."""

    text = StringProperty("")
    role = OptionProperty("body", options=["title", "head", "body", "small"])
    tone = StringProperty("words")
    bold = BooleanProperty(False)
    align = OptionProperty("left", options=["left", "center", "right"])
    icon = StringProperty("")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.canvas:
            self._colour = Color(1, 1, 1, 1)
            self._box = Rectangle(size=(0, 0))
        self._icon = Icon()
        self.canvas.add(self._icon)
        for name in ("text", "role", "tone", "bold", "align", "icon"):
            self.fbind(name, self.ask_layout)

    def measure(self, width: float) -> float:
        """As high as the wrapped words; 0 when there are none."""
        texture = self._texture(width)
        if texture is None:
            return 0.0
        return float(max(texture.height, icon_px() if self.icon else 0))

    def least_width(self) -> float:
        """The longest word."""
        return letters.longest_word(self.text, self.role, self.bold) + self._icon_room()

    def draw(self) -> None:
        """Put the texture where the words are."""
        texture = self._texture(self.width)
        self._colour.rgba = get_color_from_hex(getattr(palette(), self.tone))
        self._box.texture = texture
        self._box.size = texture.size if texture is not None else (0, 0)
        middle = self.center_y + self._box.size[1] / 2
        self._box.pos = (round(self.x + self._icon_room()), round(middle - self._box.size[1]))
        shown = self.icon if texture is not None else ""
        self._icon.show(shown, self.x, self.center_y - icon_px() / 2, icon_px(), getattr(palette(), self.tone))

    def _icon_room(self) -> float:
        return float(icon_px() + dp(10)) if self.icon else 0.0

    def _texture(self, width: float) -> Any:
        return letters.texture(
            self.text, letters.size_px(self.role), self.bold, int(width - self._icon_room()), self.align
        )
