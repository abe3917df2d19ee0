"""Every word that a screen shows, in catalogues: one JSON file a language, the same keys in each (a test keeps it so).

A `Catalogue` finds a sentence by key, fills in its values, and chooses the plural by the language's own rule. Nothing here
draws, reads a clock or knows a screen. What people wrote (names, notes) is never in a catalogue.
"""

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

LANGUAGES: dict[str, str] = {"en": "english", "pl": "polish"}
"""Language code -> catalogue file. English is complete by definition; Polish wants a native reader's eye before release."""

Entry = str | dict[str, str]


def english_plural(count: int) -> str:
    """CLDR plural category of English cardinals."""
    return "one" if count == 1 else "other"


def polish_plural(count: int) -> str:
    """CLDR plural category of Polish cardinals (integers)."""
    if count == 1:
        return "one"
    if count % 10 in (2, 3, 4) and count % 100 not in (12, 13, 14):
        return "few"
    return "many"


PLURALS: dict[str, Callable[[int], str]] = {"en": english_plural, "pl": polish_plural}


class Catalogue:
    """The words of one language."""

    def __init__(self, language: str, entries: Mapping[str, Entry]) -> None:
        self.language = language
        self.entries = entries
        self._plural = PLURALS.get(language, english_plural)

    def __contains__(self, key: object) -> bool:
        return key in self.entries

    def say(self, key: str, **values: object) -> str:
        """The sentence of that key with `values` filled in. Raises KeyError for a key that no catalogue holds."""
        entry = self.entries[key]
        if isinstance(entry, dict):
            count = values.get("count")
            entry = entry[self._plural(count if isinstance(count, int) else 0)]
        return entry.format(**values) if values else entry

    def say_code(self, vocabulary: str, code: str) -> str:
        """The words for a code of a vocabulary; a code from a newer app reads as itself, with spaces."""
        key = f"{vocabulary}.{code}"
        return self.say(key) if key in self.entries else code.replace("_", " ")


@cache
def load(language: str) -> Catalogue:
    """The catalogue of a language code; an unknown one is English."""
    known = language if language in LANGUAGES else "en"
    file = Path(__file__).with_name(f"{LANGUAGES[known]}.json")
    return Catalogue(known, json.loads(file.read_text(encoding="utf-8")))
