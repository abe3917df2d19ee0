"""Words as textures: wrapped to a width, drawn once, kept while they are in use. Nothing else in the app draws letters.

A word is never cut: `longest_word` tells a layout how wide it must be. `forget` drops every texture (rule B3: the cache holds
what people are called).
"""

from functools import lru_cache
from typing import Any

from kivy.core.text import Label as CoreLabel
from kivy.metrics import sp

from mobile.theme.sizes import LETTERS

KEPT = 1_500


def size_px(role: str) -> float:
    """The letter size of a role in pixels, font scale included."""
    return float(sp(LETTERS[role]))


@lru_cache(maxsize=KEPT)
def texture(text: str, letters_px: float, bold: bool, width_px: int, align: str) -> Any:
    """A white texture of `text` wrapped to `width_px`; tint it with a Color. None for no text."""
    if not text:
        return None
    label = CoreLabel(text=text, font_size=letters_px, bold=bold, text_size=(max(1, width_px), None), halign=align)
    label.refresh()
    return label.texture


@lru_cache(maxsize=KEPT)
def width_of(text: str, letters_px: float, bold: bool) -> float:
    """How wide a run of text is in pixels, on one line."""
    return float(CoreLabel(font_size=letters_px, bold=bold).get_extents(text)[0])


def longest_word(text: str, role: str, bold: bool = False) -> float:
    """The width in pixels of the widest word."""
    letters_px = size_px(role)
    return max((width_of(word, letters_px, bold) for word in words_of(text)), default=0.0)


def words_of(text: str) -> list[str]:
    """What may stand on a line by itself: a no-break space holds its neighbours together."""
    return [word for word in text.replace("\n", " ").split(" ") if word]


@lru_cache(maxsize=KEPT)
def fit(text: str, letters_px: float, bold: bool, width_px: int, lines: int) -> str:
    """As many whole words of `text` as fit in so many lines of that width, with an ellipsis when some did not.

    Words are measured one by one, since the same ones come again and again in a list.
    """
    space = width_of(" ", letters_px, bold)
    kept: list[str] = []
    used, line_px = 1, 0.0
    for word in words_of(text):
        word_px = width_of(word, letters_px, bold)
        if line_px and line_px + space + word_px > width_px - 2:
            used, line_px = used + 1, 0.0
        if used > lines:
            return " ".join([*kept[:-1], "…"] if len(kept) > 1 else kept)
        line_px += word_px + (space if line_px else 0.0)
        kept.append(word)
    return " ".join(kept)


def forget() -> None:
    """Drop every cached texture and width: called when the phone locks."""
    texture.cache_clear()
    width_of.cache_clear()
    fit.cache_clear()
