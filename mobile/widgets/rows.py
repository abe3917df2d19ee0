"""A list of thousands that scrolls as lightly as a list of ten: a few rows of textures, moved by matrix and re-used.

Rows are not widgets. A press reports the row's key. Text is cut at a whole word, with an ellipsis, only when a row's lines are
full.
"""

from collections.abc import Sequence
from math import ceil
from typing import Any

from kivy.clock import Clock
from kivy.graphics import Color, InstructionGroup, PopMatrix, PushMatrix, Rectangle, RoundedRectangle, Translate
from kivy.metrics import dp, sp
from kivy.properties import NumericProperty
from kivy.utils import get_color_from_hex

from mobile.theme import palette
from mobile.theme.sizes import EDGE, GAP, ROUND, TARGET
from mobile.widgets import letters, scripts
from mobile.widgets.icons import icon_px, icon_texture
from mobile.widgets.press import has_strayed
from mobile.widgets.scroller import Scroller
from shared.model.value import Value

FLUNG_ROWS = 1.5
"""Moving by more rows than this in one frame, a list is flung: each row is in sight for less than a tenth of a second."""

SETTLED_S = 0.06
LINE, ARABIC_LINE = 1.22, 1.75
"""How high a line is, in letter sizes: Arabic script has marks above and below, so fewer lines fit a row."""


class Row(Value, frozen=True, kw_only=True):
    """What one row shows. `side` stands at the right of the heading; `tone` names the icon's colour."""

    key: str
    head: str
    detail: str = ""
    side: str = ""
    icon: str = ""
    tone: str = "accent"


class _Slot(InstructionGroup):
    """One row's drawing, re-used for whichever row is in sight."""

    def __init__(self) -> None:
        super().__init__()
        self.index = -1
        self.is_brief = False
        self.move = Translate()
        self._coloured: tuple[int, bool, str] | None = None
        self._ground, self._words, self._soft = Color(1, 1, 1, 1), Color(1, 1, 1, 1), Color(1, 1, 1, 1)
        self._card = RoundedRectangle(radius=[dp(ROUND)])
        self._head, self._detail, self._side = Rectangle(), Rectangle(), Rectangle()
        self._icon_colour, self._icon = Color(1, 1, 1, 1), Rectangle()
        parts = (PushMatrix(), self.move, self._ground, self._card, self._words, self._head, self._soft)
        for part in (*parts, self._detail, self._side, self._icon_colour, self._icon, PopMatrix()):
            self.add(part)

    def show(self, index: int, row: Row, width: float, height: float, lit: bool, in_brief: bool = False) -> None:
        """Draw `row` in a box of that size at the slot's origin; in brief, its heading alone."""
        self.index, self.is_brief = index, in_brief
        self._colour(row, lit)
        self._card.size = (width, height)
        left = dp(EDGE) + (icon_px() + dp(14) if row.icon else 0)
        # Large letters leave no room beside the heading: what stands at its side goes before the detail.
        side_text, detail_text = (row.side, row.detail) if head_lines() == 1 else ("", _joined(row.side, row.detail))
        if in_brief:
            side_text = detail_text = ""
        side_px = letters.width_of(side_text, letters.size_px("small"), False) if side_text else 0
        room = width - left - dp(EDGE)
        detail = _line(detail_text, "small", False, room, detail_lines())
        # Lines that the detail leaves free are the heading's.
        small_px = letters.size_px("small") * 1.17
        free = 0 if in_brief else detail_lines() - round((detail.height if detail else 0) / small_px)
        head = _line(row.head, "head", True, room - side_px - dp(GAP), head_lines() + max(0, free))
        side = letters.lines_texture(side_text, letters.size_px("small"), False)
        tall = (head.height if head else 0) + (detail.height if detail else small_px if in_brief and row.detail else 0)
        top = (height + tall) / 2
        _put(self._head, head, left, top)
        _put(self._detail, detail, left, top - (head.height if head else 0))
        _put(self._side, side, width - dp(EDGE) - (side.width if side else 0), top - dp(2))
        self._show_icon(row, height)

    def _colour(self, row: Row, lit: bool) -> None:
        """Only when something else is to be seen: a slot that is re-used mostly keeps its colours."""
        colours = palette()
        wanted = (id(colours), lit, row.tone)
        if wanted == self._coloured:
            return
        self._coloured = wanted
        self._ground.rgba = get_color_from_hex(colours.words if lit else colours.card)
        self._words.rgba = get_color_from_hex(colours.ground if lit else colours.words)
        self._soft.rgba = get_color_from_hex(colours.ground if lit else colours.soft)
        self._icon_colour.rgba = get_color_from_hex(colours.ground if lit else getattr(colours, row.tone))

    def _show_icon(self, row: Row, height: float) -> None:
        side = round(icon_px())
        self._icon.texture = icon_texture(row.icon, side) if row.icon else None
        self._icon.size = (side, side) if row.icon else (0, 0)
        self._icon.pos = (dp(EDGE), round((height - side) / 2))


class RowList(Scroller):
    """The rows. Set them with `show`; `on_pick` gives the key of the row that was pressed."""

    row_gap = NumericProperty(GAP)

    __events__ = ("on_pick",)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rows: Sequence[Row] = ()
        self._slots: list[_Slot] = []
        self._lit = -1
        self._drawn_at = 0.0
        self._fill_in = Clock.create_trigger(self._complete, SETTLED_S)
        self.fbind("size", self._resize)
        self.fbind("pos", self._resize)
        self.fbind("offset", self._refresh)

    def on_pick(self, key: str) -> None:
        """Overridden by kv."""

    @property
    def row_height(self) -> float:
        """Room for the lines at this font scale, never less than a gloved thumb."""
        words = head_lines() * letters.size_px("head") + detail_lines() * letters.size_px("small")
        return float(max(dp(TARGET), words * LINE + dp(EDGE) * 1.5))

    def show(self, rows: Sequence[Row]) -> None:
        """Replace the rows; the place in the list is kept when it still exists."""
        self.rows = rows
        self._resize()

    def index_at(self, y: float) -> int:
        """The row at a height in the parent's coordinates; -1 for none."""
        index = int((self.top - (y - self.offset)) // self._step_px())
        return index if 0 <= index < len(self.rows) else -1

    def centre_of(self, key: str) -> tuple[float, float]:
        """Where the row with that key is, scrolled into sight. Raises StopIteration when there is none."""
        index = next(i for i, row in enumerate(self.rows) if row.key == key)
        if not self.offset <= index * self._step_px() <= self.offset + self.height - self.row_height:
            self.scroll_to(index * self._step_px())
        return self.center_x, self.top + self.offset - index * self._step_px() - self.row_height / 2

    def on_touch_down(self, touch: Any) -> bool:
        """Light the row."""
        taken = super().on_touch_down(touch)
        if taken:
            self._light(self.index_at(touch.y))
        return taken

    def on_touch_move(self, touch: Any) -> bool:
        """Unlight it when the finger drags."""
        if touch.grab_current is self and has_strayed(touch):
            self._light(-1)
        return super().on_touch_move(touch)

    def on_touch_up(self, touch: Any) -> bool:
        """Report the row."""
        lit = self._lit
        taken = super().on_touch_up(touch)
        if taken and lit >= 0:
            self._light(-1)
            self.dispatch("on_pick", self.rows[lit].key)
        return taken

    def _step_px(self) -> float:
        return float(self.row_height + dp(self.row_gap))

    def _light(self, index: int) -> None:
        if index != self._lit:
            self._lit = index
            self._redraw()

    def _resize(self, *_: object) -> None:
        needed = min(len(self.rows), ceil(self.height / self._step_px()) + 1) if self.height > 1 else 0
        while len(self._slots) > needed:
            self.shifted.canvas.remove(self._slots.pop())
        while len(self._slots) < needed:
            self._slots.append(_Slot())
            self.shifted.canvas.add(self._slots[-1])
        self.content_height = len(self.rows) * self._step_px()
        self.scroll_to(self.offset)
        self._redraw()

    def _redraw(self) -> None:
        for slot in self._slots:
            slot.index = -1
        self._refresh()

    def _refresh(self, *_: object) -> None:
        count, step, height = len(self._slots), self._step_px(), self.row_height
        if not count:
            return
        in_brief = self._is_flung(step)
        first = min(int(self.offset // step), len(self.rows) - count)
        for index in range(max(0, first), max(0, first) + count):
            slot = self._slots[index % count]
            if slot.index != index:
                slot.show(index, self.rows[index], self.width - 2 * dp(EDGE), height, index == self._lit, in_brief)
                slot.move.xy = (self.x + dp(EDGE), self.top - index * step - height)

    def _is_flung(self, step: float) -> bool:
        """Do rows rush by too fast to be read? Then headings do, and the rest is filled in when they come to rest."""
        jump, self._drawn_at = abs(self.offset - self._drawn_at), self.offset
        if jump < FLUNG_ROWS * step:
            return False
        self._fill_in.cancel()
        self._fill_in()
        return True

    def _complete(self, *_: object) -> None:
        for slot in self._slots:
            if slot.is_brief:
                slot.index = -1
        self._refresh()


def head_lines() -> int:
    """Lines of heading a row has room for: two once letters are large."""
    return 2 if sp(1) / dp(1) >= 1.4 else 1


def detail_lines() -> int:
    """Lines of detail a row has room for."""
    return 3 if sp(1) / dp(1) >= 1.4 else 2


def _joined(side: str, detail: str) -> str:
    return "\u00a0· ".join(part for part in (side, detail) if part)


def _line(text: str, role: str, bold: bool, width: float, lines: int) -> Any:
    size = letters.size_px(role)
    if scripts.is_arabic(text):
        lines = max(1, int(lines * LINE / ARABIC_LINE))
    return letters.lines_texture(letters.fit(text, size, bold, int(width), lines), size, bold)


def _put(box: Any, texture: Any, x: float, top: float) -> None:
    box.texture = texture
    box.size = texture.size if texture else (0, 0)
    box.pos = (round(x), round(top - box.size[1]))
