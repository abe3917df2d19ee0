"""Names as people look for them: accents, strokes, ligatures and case are passed over, and apostrophes of every kind are one.

Pure text, the same for every database.
"""

import re
import unicodedata

LETTERS = str.maketrans(
    {
        "ł": "l", "đ": "d", "ð": "d", "ø": "o", "ß": "ss", "æ": "ae", "œ": "oe", "þ": "th", "ħ": "h", "ı": "i", "ŋ": "n",
        "ŧ": "t", "ĸ": "k", "ſ": "s",
    }
)  # fmt: skip
APOSTROPHES = re.compile(r"[\u0027\u0060\u00b4\u02b9\u02bb\u02bc\u02bd\u02be\u02bf\u2018\u2019\u201b\u2032\uff07]")
DASHES = re.compile(r"[\u2010-\u2015\u2212\u00ad]")


def fold(text: str) -> str:
    """The text in small letters without marks: "Łukasz" as "lukasz", "O’Brien" as "o'brien"."""
    plain = unicodedata.normalize("NFKD", text.casefold()).casefold()
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter)).translate(LETTERS)
    return DASHES.sub("-", APOSTROPHES.sub("'", bare))
