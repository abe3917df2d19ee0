"""Drawn icons: strokes and circles on a 24 by 24 board, so that no icon font and no licence comes with the app."""

from functools import lru_cache
from typing import Any

from kivy.graphics import Color, InstructionGroup, Line
from kivy.metrics import dp, sp
from kivy.utils import get_color_from_hex

from mobile.theme.sizes import ICON

BOARD = 24

Stroke = tuple[float, ...]
"""x1, y1, x2, y2, …: one line with round joints. Three numbers are a circle: centre and radius."""

ICONS: dict[str, tuple[Stroke, ...]] = {
    "back": ((15, 19, 8, 12, 15, 5),),
    "tick": ((4, 12, 10, 6, 20, 18),),
    "plus": ((12, 4, 12, 20), (4, 12, 20, 12)),
    "minus": ((4, 12, 20, 12),),
    "person": ((12, 16, 4), (4, 3, 5, 7, 9, 9, 15, 9, 19, 7, 20, 3)),
    "people": ((9, 16, 3.5), (2, 4, 3, 8, 6, 9, 12, 9, 15, 8, 16, 4), (17, 15, 2.6), (18, 9, 21, 8, 22, 5)),
    "new": ((10, 16, 4), (2, 3, 3, 7, 7, 9, 13, 9, 15, 8), (18, 3, 18, 11), (14, 7, 22, 7)),
    "place": ((12, 14, 2.5), (12, 2, 5, 11, 5, 15, 8, 20, 12, 21.5, 16, 20, 19, 15, 19, 11, 12, 2)),
    "map": ((3, 5, 9, 3, 15, 5, 21, 3, 21, 19, 15, 21, 9, 19, 3, 21, 3, 5), (9, 3, 9, 19), (15, 5, 15, 21)),
    "list": ((4, 18, 20, 18), (4, 12, 20, 12), (4, 6, 14, 6)),
    "moon": ((15, 21, 9, 20, 5, 16, 4, 11, 6, 6, 11, 3, 16, 4, 19, 7, 14, 7, 10, 10, 9, 14, 11, 18, 15, 21),),
    "search": ((10, 14, 6), (15, 9, 21, 3)),
    "unsent": ((12, 12, 9), (12, 17, 12, 11, 16, 9)),
    "sent": ((12, 12, 9), (7, 12, 11, 8, 17, 15)),
    "warn": ((12, 21, 2, 3, 22, 3, 12, 21), (12, 15, 12, 9), (12, 6, 0.6)),
    "nobody": ((12, 12, 9), (6, 6, 18, 18)),
    "locate": ((12, 12, 6), (12, 21, 12, 15), (12, 9, 12, 3), (3, 12, 9, 12), (15, 12, 21, 12)),
    "more": ((5, 12, 1.4), (12, 12, 1.4), (19, 12, 1.4)),
    "erase": ((8, 19, 21, 19, 21, 5, 8, 5, 2, 12, 8, 19), (11, 9, 17, 15), (17, 9, 11, 15)),
    "lock": ((5, 3, 19, 3, 19, 12, 5, 12, 5, 3), (8, 12, 8, 17, 10, 20, 14, 20, 16, 17, 16, 12)),
    "settings": ((4, 17, 20, 17), (4, 12, 20, 12), (4, 7, 20, 7), (9, 17, 2.2), (15, 12, 2.2), (8, 7, 2.2)),
    "referral": ((4, 4, 4, 20, 20, 20, 20, 8, 10, 8, 4, 4), (8, 16, 16, 16), (8, 12, 13, 12)),
    "again": ((19, 17, 15, 20, 9, 20, 5, 16, 5, 9, 9, 4, 15, 4, 19, 8), (19, 21, 19, 17, 15, 17)),
}
"""Every icon by its name; y grows upwards, as everywhere in Kivy."""


class Icon(InstructionGroup):
    """One icon in a canvas. `show` redraws it at a place, in a size and colour; '' shows nothing."""

    def show(self, name: str, x: float, y: float, size: float, colour: str) -> None:
        """Draw the icon with its lower left corner at (x, y)."""
        self.clear()
        if name not in ICONS:
            return
        self.add(Color(*get_color_from_hex(colour)))
        scale = size / BOARD
        for stroke in ICONS[name]:
            self.add(_instruction(stroke, x, y, scale))


@lru_cache(maxsize=128)
def icon_texture(name: str, side_px: int) -> Any:
    """The icon in white, drawn once off the glass: for lists, where a texture is cheaper than its strokes."""
    from kivy.graphics import Fbo

    board = Fbo(size=(side_px, side_px), with_stencilbuffer=False)
    drawn = Icon()
    board.add(drawn)
    drawn.show(name, 0, 0, side_px, "#FFFFFF")
    board.draw()
    return board.texture


def icon_px() -> float:
    """The side of an icon: grows with the letters, though not as fast."""
    return float(max(dp(ICON), sp(ICON * 0.75)))


def _instruction(stroke: Stroke, x: float, y: float, scale: float) -> Any:
    width = max(1.0, scale * 1.15)
    if len(stroke) == 3:
        centre_x, centre_y, radius = stroke
        return Line(circle=(x + centre_x * scale, y + centre_y * scale, radius * scale, 0, 360, 40), width=width)
    points = [(x if index % 2 == 0 else y) + value * scale for index, value in enumerate(stroke)]
    return Line(points=points, width=width, joint="round", cap="round")
