"""Words as textures: wrapped to a width, drawn once, kept while they are in use. Nothing else in the app draws letters.

A word is never cut: `longest_word` tells a layout how wide it must be. `forget` drops every texture (rule B3: the cache holds
what people are called).
"""

from functools import lru_cache
from typing import Any

from kivy.core.text import Label as CoreLabel
from kivy.metrics import sp

from mobile.theme.sizes import LETTERS
from mobile.widgets import scripts

LINES_MOST = 10_000
KEPT = 1_500
TEXTURES_KEPT = 500
"""Some screenfuls: a line of letters weighs about 25 KiB on the graphics chip."""


def size_px(role: str) -> float:
    """The letter size of a role in pixels, font scale included."""
    return float(sp(LETTERS[role]))


@lru_cache(maxsize=TEXTURES_KEPT)
def texture(text: str, letters_px: float, bold: bool, width_px: int, align: str) -> Any:
    """A white texture of `text` wrapped to `width_px`; tint it with a Color. None for no text."""
    if not text:
        return None
    if scripts.is_arabic(text):
        text = _turned(text, letters_px, bold, width_px)
    label = CoreLabel(text=text, text_size=(max(1, width_px), None), halign=align, **_style(text, letters_px, bold))
    label.refresh()
    return label.texture


@lru_cache(maxsize=TEXTURES_KEPT)
def lines_texture(text: str, letters_px: float, bold: bool) -> Any:
    """A white texture of lines that `fit` has broken already, as wide as the longest: a list that is flung has no time to measure
    every word again. None for no text."""
    if not text:
        return None
    drawn = "\n".join(scripts.as_drawn(line) for line in text.split("\n"))
    label = CoreLabel(text=drawn, **_style(drawn, letters_px, bold))
    label.refresh()
    return label.texture


@lru_cache(maxsize=KEPT)
def width_of(text: str, letters_px: float, bold: bool) -> float:
    """How wide a run of text is in pixels, on one line."""
    drawn = scripts.as_drawn(text)
    return float(CoreLabel(**_style(drawn, letters_px, bold)).get_extents(drawn)[0])


def _style(text: str, letters_px: float, bold: bool) -> dict[str, Any]:
    font = scripts.font_of(text)
    return {"font_size": letters_px, "bold": bold} | ({"font_name": font} if font else {})


def _turned(text: str, letters_px: float, bold: bool, width_px: int) -> str:
    """A text of Arabic script, broken into lines as it is read, and each line as it is drawn."""
    paragraphs = [fit(one, letters_px, bold, width_px, LINES_MOST) for one in text.split("\n")]
    return "\n".join(scripts.as_drawn(line) for one in paragraphs for line in one.split("\n"))


def longest_word(text: str, role: str, bold: bool = False) -> float:
    """The width in pixels of the widest word."""
    letters_px = size_px(role)
    return max((width_of(word, letters_px, bold) for word in words_of(text)), default=0.0)


def words_of(text: str) -> list[str]:
    """What may stand on a line by itself: a no-break space holds its neighbours together."""
    return [word for word in text.replace("\n", " ").split(" ") if word]


@lru_cache(maxsize=KEPT)
def fit(text: str, letters_px: float, bold: bool, width_px: int, lines: int) -> str:
    """As many whole words of `text` as fit in so many lines of that width, a line break between the lines, with an ellipsis when
    some did not.

    Words are measured one by one, since the same ones come again and again in a list.
    """
    space = width_of(" ", letters_px, bold)
    kept: list[list[str]] = [[]]
    line_px = 0.0
    for word in words_of(text):
        word_px = width_of(word, letters_px, bold)
        if line_px and line_px + space + word_px > width_px - 2:
            if len(kept) == lines:
                return _ended(kept)
            kept.append([])
            line_px = 0.0
        line_px += word_px + (space if line_px else 0.0)
        kept[-1].append(word)
    return "\n".join(" ".join(line) for line in kept)


def _ended(kept: list[list[str]]) -> str:
    """The last word makes room for an ellipsis, unless it is the only one there is."""
    if len(kept) > 1 or len(kept[0]) > 1:
        kept[-1][-1] = "…"
    return "\n".join(" ".join(line) for line in kept)


def forget() -> None:
    """Drop every cached texture and width: called when the phone locks."""
    texture.cache_clear()
    lines_texture.cache_clear()
    width_of.cache_clear()
    fit.cache_clear()
