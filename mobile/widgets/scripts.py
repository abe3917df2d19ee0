"""Letters that Roboto does not have: which font draws a text, and how a line of Arabic script is joined and turned. No Kivy.

SDL draws letters one by one from left to right. Arabic script is joined and turned here, line by line, before it is drawn;
what is kept and searched is never touched. Font and helpers are loaded with the first such text.
"""

import re
from functools import cache
from typing import Final

ARABIC: Final = re.compile("[\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufeff]")
"""Arabic, Persian, Kurdish, Urdu, Pashto."""


def is_arabic(text: str) -> bool:
    """Does the text hold a letter of the Arabic script?"""
    return ARABIC.search(text) is not None


def font_of(text: str) -> str:
    """The file of the font that draws this text; empty for the usual one. Latin letters are in both."""
    return _arabic_font() if is_arabic(text) else ""


def as_drawn(line: str) -> str:
    """One line in the order and the shapes it is drawn in. A line without Arabic letters is left as it is."""
    if not is_arabic(line):
        return line
    from arabic_reshaper import reshape
    from bidi.algorithm import get_display

    return str(get_display(reshape(line)))


@cache
def _arabic_font() -> str:
    from fontpkg_noto_sans_arabic import ROOT

    return str(next((ROOT / "files").glob("*.ttf")))
