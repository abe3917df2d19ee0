"""The frame of every screen: a head with the sync line, a middle that scrolls, actions under the thumb.

Upright, the actions are at the bottom; in landscape they stand in a column at the right. When letters are so large that the
actions would fill the glass, the actions scroll and the middle keeps its half.
"""

from typing import Any

from kivy.clock import Clock
from kivy.graphics import Color, Rectangle
from kivy.metrics import dp
from kivy.properties import StringProperty
from kivy.uix.widget import Widget
from kivy.utils import get_color_from_hex

from mobile.theme import palette
from mobile.theme.sizes import EDGE, GAP, TARGET
from mobile.widgets import letters
from mobile.widgets.icons import Icon, icon_px
from mobile.widgets.press import Press
from mobile.widgets.rows import RowList
from mobile.widgets.scroller import Body

ACTIONS_SHARE = 0.5
SIDE_SHARE = 0.42
TOP_SHARE = 0.6


class Head(Press):
    """Title and sync line, one thing to press: it opens the sync tray."""

    line = StringProperty("")
    line_tone = StringProperty("soft")
    line_icon = StringProperty("")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.canvas:
            self._title_colour = Color(1, 1, 1, 1)
            self._title = Rectangle(size=(0, 0))
            self._line_colour = Color(1, 1, 1, 1)
            self._line = Rectangle(size=(0, 0))
        self._icon = Icon()
        self.canvas.add(self._icon)
        for name in ("line", "line_tone", "line_icon"):
            self.fbind(name, self.ask_layout)

    def measure(self, width: float) -> float:
        """Title, gap, line, margins; a gloved thumb at least."""
        title, line = self._textures(width)
        tall = (title.height if title else 0) + (line.height if line else 0)
        return float(max(dp(TARGET), tall + dp(EDGE)))

    def least_width(self) -> float:
        """The longest word of either."""
        return float(
            max(letters.longest_word(self.text, "title", True), letters.longest_word(self.line, "small")) + dp(60)
        )

    def draw(self) -> None:
        """Title above, line beneath."""
        title, line = self._textures(self.width)
        colours = palette()
        tone = getattr(colours, self.line_tone)
        self._title_colour.rgba = get_color_from_hex(colours.accent if self.pressed else colours.words)
        self._line_colour.rgba = get_color_from_hex(tone)
        top = self.top - dp(EDGE) / 2
        for box, texture, left in ((self._title, title, dp(EDGE)), (self._line, line, dp(EDGE) + self._icon_room())):
            box.texture = texture
            box.size = texture.size if texture else (0, 0)
            top -= box.size[1]
            box.pos = (round(self.x + left), round(top))
        size = icon_px() * 0.7
        icon_y = self._line.pos[1] + self._line.size[1] - letters.size_px("small") * 0.6 - size / 2
        self._icon.show(self.line_icon if line else "", self.x + dp(EDGE), icon_y, size, tone)

    def _icon_room(self) -> float:
        return float(icon_px() * 0.7 + dp(GAP)) if self.line_icon else 0.0

    def _textures(self, width: float) -> tuple[Any, Any]:
        room = width - 2 * dp(EDGE)
        title = letters.texture(self.text, letters.size_px("title"), True, int(room), "left")
        line = letters.texture(self.line, letters.size_px("small"), False, int(room - self._icon_room()), "left")
        return title, line


class Actions(Body):
    """What the thumb can do here. Scrolls only when there is no room."""


class TopAndRows(Widget):
    """A middle with a few measured widgets at the top and a list below that takes the rest."""

    def __init__(self, **kwargs: Any) -> None:
        self.top_part = Body()
        self.list_part: Any = None
        super().__init__(**kwargs)
        self._later = Clock.create_trigger(self.fold, -1)
        super().add_widget(self.top_part)
        self.top_part.stack.layout_asked = self._top_changed
        self.fbind("size", self._later)
        self.fbind("pos", self._later)

    def add_widget(self, widget: Any, *args: Any, **kwargs: Any) -> None:
        """The list by itself, everything else above it."""
        if isinstance(widget, RowList):
            self.list_part = widget
            super().add_widget(widget, *args, **kwargs)
        else:
            self.top_part.add_widget(widget)

    def fold(self, *_: object) -> None:
        """Give the top what it needs, up to its share, and the list the rest."""
        needed = self.top_part.stack.height_for(self.width) if self.width > 1 else 0.0
        empty = needed <= 2 * dp(self.top_part.inset)
        room = self.height if not self.list_part or not self.list_part.rows else self.height * TOP_SHARE
        tall = 0.0 if empty else min(needed, room)
        self.top_part.pos, self.top_part.size = (self.x, self.top - tall), (self.width, tall)
        if self.list_part is not None:
            self.list_part.pos, self.list_part.size = self.pos, (self.width, self.height - tall)

    def _top_changed(self, *_: object) -> None:
        self.top_part.ask_layout()
        self._later()


class Frame(Widget):
    """Head, middle, actions. kv gives the middle and the `Actions`; the head is always there."""

    title = StringProperty("")

    def __init__(self, **kwargs: Any) -> None:
        self.head = Head()
        self.middle: Any = None
        self.actions: Actions | None = None
        super().__init__(**kwargs)
        with self.canvas.before:
            self._ground = Color(*get_color_from_hex(palette().ground))
            self._ground_box = Rectangle()
        self._later = Clock.create_trigger(self.relayout, -1)
        self.add_widget(self.head)
        self.head.layout_asked = self.ask_layout
        self.head.text = self.title
        self.fbind("title", lambda *_: setattr(self.head, "text", self.title))
        self.fbind("size", self._later)
        self.fbind("pos", self._later)

    def add_widget(self, widget: Any, *args: Any, **kwargs: Any) -> None:
        """Remember which child is the middle and which the actions."""
        if isinstance(widget, Actions):
            self.actions = widget
            widget.stack.layout_asked = self.actions_changed
        elif widget is not self.head:
            self.middle = widget
        super().add_widget(widget, *args, **kwargs)
        self.ask_layout()

    def swap_middle(self, widget: Any) -> None:
        """Put another middle in place of the one that is there."""
        if widget is not self.middle:
            super().remove_widget(self.middle)
            self.add_widget(widget)

    def ask_layout(self, *_: object) -> None:
        """Lay out before the next frame."""
        if hasattr(self, "_later"):
            self._later()

    @property
    def is_landscape(self) -> bool:
        """Wider than high."""
        return float(self.width) > float(self.height)

    def relayout(self, *_: object) -> None:
        """Place the three parts."""
        self._ground_box.pos, self._ground_box.size = self.pos, self.size
        if self.is_landscape:
            self._place_landscape()
        else:
            self._place_upright()

    def _place_upright(self) -> None:
        head = self.head.height_for(self.width)
        foot = self._actions_height(self.width, self.height * ACTIONS_SHARE)
        self.head.place(self.x, self.top - head, self.width, head)
        self._box(self.actions, self.x, self.y, self.width, foot)
        self._box(self.middle, self.x, self.y + foot, self.width, self.height - head - foot)

    def _place_landscape(self) -> None:
        side = self._side_width()
        left = self.width - side
        head = self.head.height_for(left)
        self.head.place(self.x, self.top - head, left, head)
        self._box(self.middle, self.x, self.y, left, self.height - head)
        foot = self._actions_height(side, self.height)
        self._box(self.actions, self.x + left, self.y, side, foot)

    def _side_width(self) -> float:
        if self.actions is None or not self.actions.stack.children:
            return 0.0
        return float(max(self.width * SIDE_SHARE, self.actions.stack.least_width()))

    def _actions_height(self, width: float, most: float) -> float:
        if self.actions is None or not self.actions.stack.children:
            return 0.0
        return float(min(self.actions.stack.height_for(width), most))

    def _box(self, widget: Any, x: float, y: float, width: float, height: float) -> None:
        if widget is not None:
            widget.pos, widget.size = (x, y), (width, max(0.0, height))

    def actions_changed(self, *_: object) -> None:
        """The actions need more room, or less."""
        if self.actions is not None:
            self.actions.ask_layout()
        self.ask_layout()
