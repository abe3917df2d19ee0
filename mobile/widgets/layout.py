"""Layouts that measure before they place: one pass down, no bindings between sizes, so that nothing can grow for ever.

A `Measured` widget says how high it is at a width (`measure`) and how narrow it may become without cutting a word
(`least_width`). `Stack` puts children beneath one another; `Grid` beside one another, as many as fit whole words.
"""

from collections.abc import Callable, Sequence
from math import ceil
from typing import Any

from kivy.metrics import dp
from kivy.properties import BooleanProperty, ListProperty, NumericProperty
from kivy.uix.widget import Widget

from mobile.theme.sizes import GAP, TARGET


class Measured(Widget):
    """A widget that knows its height for a width. A `hidden` one takes no room, shows nothing and feels nothing.

    The topmost of a measured tree is told by `layout_asked` that something in it changed.
    """

    hidden = BooleanProperty(False)

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("size_hint", (None, None))
        self._heights: dict[float, float] = {}
        self.layout_asked: Callable[[], None] | None = None
        super().__init__(**kwargs)
        self.fbind("hidden", self._hide)
        self._hide()

    def height_for(self, width: float) -> float:
        """`measure`, remembered until the content changes."""
        if width not in self._heights:
            self._heights = {width: self.measure(width)}
        return self._heights[width]

    def measure(self, width: float) -> float:
        """The height in pixels that this widget needs at `width`."""
        return float(dp(TARGET))

    def least_width(self) -> float:
        """The narrowest width in pixels at which no word is cut."""
        return float(dp(TARGET))

    def place(self, x: float, y: float, width: float, height: float) -> None:
        """Take this box, and place whatever is inside."""
        self.pos = (x, y)
        self.size = (width, height)
        self.draw()

    def draw(self) -> None:
        """Bring the canvas up to the box and the content."""

    def ask_layout(self, *_: object) -> None:
        """The content changed: whoever placed this widget must measure again."""
        self._heights = {}
        parent = self.parent
        if self.layout_asked is not None:
            self.layout_asked()
        elif isinstance(parent, Measured):
            parent.ask_layout()

    def on_touch_down(self, touch: Any) -> bool:
        """Nothing hidden can be pressed."""
        return False if self.hidden else bool(super().on_touch_down(touch))

    def _hide(self, *_: object) -> None:
        self.opacity = 0 if self.hidden else 1
        self.ask_layout()


class Container(Measured):
    """A measured widget with measured children."""

    def add_widget(self, widget: Any, *args: Any, **kwargs: Any) -> None:
        """Add a child and ask for a layout."""
        super().add_widget(widget, *args, **kwargs)
        self.ask_layout()

    def remove_widget(self, widget: Any, *args: Any, **kwargs: Any) -> None:
        """Remove a child and ask for a layout."""
        super().remove_widget(widget, *args, **kwargs)
        self.ask_layout()

    def in_order(self) -> list[Any]:
        """Children as they were added (Kivy keeps them the other way about)."""
        return [child for child in reversed(self.children) if not child.hidden]

    def put(self, widgets: Sequence[Any]) -> None:
        """Replace all children."""
        self.clear_widgets()
        for widget in widgets:
            self.add_widget(widget)


class Stack(Container):
    """Children beneath one another, each as wide as the stack."""

    gap = NumericProperty(GAP)
    inset = NumericProperty(0)

    def measure(self, width: float) -> float:
        """The sum of the children's heights with gaps; a child of no height takes no gap."""
        inner = width - 2 * dp(self.inset)
        heights = [height for child in self.in_order() if (height := child.height_for(inner)) > 0]
        return float(sum(heights) + dp(self.gap) * max(0, len(heights) - 1) + 2 * dp(self.inset))

    def least_width(self) -> float:
        """The widest of the children's least widths."""
        return float(max((child.least_width() for child in self.in_order()), default=0.0) + 2 * dp(self.inset))

    def place(self, x: float, y: float, width: float, height: float) -> None:
        """From the top down."""
        super().place(x, y, width, height)
        inset = dp(self.inset)
        top = y + height - inset
        for child in self.in_order():
            child_height = child.height_for(width - 2 * inset)
            child.place(x + inset, top - child_height, width - 2 * inset, child_height)
            top -= child_height + (dp(self.gap) if child_height > 0 else 0)


class Grid(Container):
    """Children beside one another in rows of equal height: at most `columns`, fewer where a word would be cut."""

    gap = NumericProperty(GAP)
    columns = NumericProperty(2)
    weights = ListProperty([])

    def measure(self, width: float) -> float:
        """The sum of the row heights with gaps."""
        rows = self._rows(width)
        if not rows:
            return 0.0
        return float(sum(height for _, _, height in rows) + dp(self.gap) * (len(rows) - 1))

    def least_width(self) -> float:
        """The widest of the children's least widths: one column always remains possible."""
        return float(max((child.least_width() for child in self.in_order()), default=0.0))

    def place(self, x: float, y: float, width: float, height: float) -> None:
        """Row by row from the top."""
        super().place(x, y, width, height)
        top = y + height
        for children, widths, row_height in self._rows(width):
            left = x
            for child, child_width in zip(children, widths, strict=False):
                child.place(left, top - row_height, child_width, row_height)
                left += child_width + dp(self.gap)
            top -= row_height + dp(self.gap)

    def _rows(self, width: float) -> list[tuple[list[Any], list[float], float]]:
        children = self.in_order()
        if not children:
            return []
        widths = self._column_widths(children, width)
        count = len(widths)
        rows = [children[start : start + count] for start in range(0, len(children), count)]
        return [(row, widths, max(c.height_for(w) for c, w in zip(row, widths, strict=False))) for row in rows]

    def _column_widths(self, children: list[Any], width: float) -> list[float]:
        most = max(1, min(int(self.columns), len(children)))
        for most_in_a_row in range(most, 1, -1):
            # As many rows, evenly filled: four in two rows of two, not three and one.
            count = ceil(len(children) / ceil(len(children) / most_in_a_row))
            weights = self.weights if len(self.weights) == count else [1] * count
            free = width - dp(self.gap) * (count - 1)
            widths = [free * weight / sum(weights) for weight in weights]
            if all(child.least_width() <= widths[index % count] for index, child in enumerate(children)):
                return widths
        return [width]
