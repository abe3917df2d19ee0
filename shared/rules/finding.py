"""Whether a person is whom somebody looks for: by name, alias or description without regard to accents, capitals and apostrophes,
by how a name sounds, by one letter gone wrong, or by a date of birth in any spelling. Pure, the same for every database."""

from collections.abc import Sequence
from datetime import date

from shared.model.value import Value
from shared.rules.days import read_written_date
from shared.rules.names import fold, latin, may_sound, sounds, words_of

NEAR_LENGTH_MIN = 5
"""A word as long as this is found with one letter wrong, missing or too many."""


class Sought(Value, frozen=True):
    """What was typed, read once: a date of birth, else words as they are compared, each with how it sounds."""

    born: date | None
    words: tuple[tuple[str, tuple[str, ...]], ...]


def read_sought(typed: str, today: date) -> Sought:
    """Read what somebody looks for."""
    born = read_written_date(typed, today)
    return Sought(born, () if born else tuple((word, tuple(sounds(word))) for word in words_of(latin(typed))))


class Search:
    """One search through many people: a name that was read and compared once is not again, since thousands share a few hundred
    first names. What it knows is gone when it ends."""

    def __init__(self, sought: Sought) -> None:
        self._sought = sought
        self._near: list[dict[str, bool]] = [{} for _ in sought.words]
        self._read: dict[str, list[str]] = {}

    def fits(self, named: Sequence[str], told: str, born: date | None) -> bool:
        """Is this whom they look for? Each word has to fit; `named` are name and alias, `told` the description."""
        if self._sought.born is not None:
            return born == self._sought.born
        names = self._words_of(" ".join(named))
        joined, described = "".join(names), ""
        for (word, heard), known in zip(self._sought.words, self._near, strict=True):
            if word in joined:
                continue
            described = described or fold(latin(told))
            if word not in described and not _is_any_near(word, heard, names, known):
                return False
        return True

    def _words_of(self, text: str) -> list[str]:
        words: list[str] = []
        for part in text.split():
            if part not in self._read:
                self._read[part] = words_of(latin(part))
            words += self._read[part]
        return words


def _is_any_near(word: str, heard: tuple[str, ...], names: Sequence[str], known: dict[str, bool]) -> bool:
    for name in names:
        if name not in known:
            known[name] = _is_near(word, heard, name)
        if known[name]:
            return True
    return False


def _is_near(word: str, heard: tuple[str, ...], name: str) -> bool:
    # One mistake leaves the first two letters as they are, or the last two.
    is_alike = word[:2] == name[:2] or word[-2:] == name[-2:]
    if is_alike and len(word) >= NEAR_LENGTH_MIN and abs(len(word) - len(name)) <= 1 and differs_by_one(word, name):
        return True
    return bool(heard) and may_sound(name, heard[0]) and heard == tuple(sounds(name))


def differs_by_one(one: str, other: str) -> bool:
    """One letter changed, missing or too many, or two neighbours swapped; in one pass."""
    short, long = sorted((one, other), key=len)
    at = next((n for n, letter in enumerate(short) if letter != long[n]), len(short))
    if len(short) == len(long):
        swapped = short[:at] + short[at + 1 : at + 2] + short[at : at + 1] + short[at + 2 :]
        return short[at + 1 :] == long[at + 1 :] or swapped == long
    return short[at:] == long[at + 1 :]
