"""What one look at a server found, by the doctor or while it runs."""

from enum import StrEnum

from shared.model.value import Value


class Grade(StrEnum):
    """`unsafe` must be mended before anybody is let in."""

    WELL = "well"
    LOOK = "look"
    UNSAFE = "unsafe"


class Finding(Value, frozen=True, kw_only=True):
    """One thing that was looked at. `words` say what was found and, where it is not well, what to do."""

    about: str
    grade: Grade
    words: str


def well(about: str, words: str) -> Finding:
    """As it should be."""
    return Finding(about=about, grade=Grade.WELL, words=words)


def look(about: str, words: str) -> Finding:
    """Somebody should look at it."""
    return Finding(about=about, grade=Grade.LOOK, words=words)


def unsafe(about: str, words: str) -> Finding:
    """To be mended before anybody is let in."""
    return Finding(about=about, grade=Grade.UNSAFE, words=words)
