"""Does a note hold an address, a postcode or a phone number? A gentle prompt, never a refusal (privacy rule A12)."""

import re
from enum import Enum

from shared.model.value import Value


class HintKind(str, Enum):
    """What a passage looks like."""

    POSTCODE = "postcode"
    PHONE = "phone"
    ADDRESS = "address"
    EMAIL = "email"


class Hint(Value, frozen=True, kw_only=True):
    """A passage that looks like something that may not be for everybody who reads it. `start` and `end` count characters."""

    kind: HintKind
    start: int
    end: int
    text: str


PROMPT = "This looks like an address or a phone number. Is it safe for everybody who may read this to know it?"

STREET = (
    r"(?:street|st|road|rd|avenue|ave|lane|ln|close|drive|crescent|court|gardens|grove|terrace|place|way|walk|mews|"
    r"square|house|hill|parade|row)"
)
MEASURE = r"(?:miles?|minutes?|hours?|nights?|days?|weeks?|months?|years?|times|people|metres|men|women|tents)"
"""A number of these is no house number."""

PATTERNS: tuple[tuple[HintKind, re.Pattern[str]], ...] = (
    (HintKind.EMAIL, re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}\.[\w.]{1,190}\b")),
    (HintKind.POSTCODE, re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}\b", re.IGNORECASE)),
    (HintKind.PHONE, re.compile(r"(?<![\d.])(?:\+44\s?\(?0?\)?|0044\s?|\(?0)[1-9](?:[\s().-]{0,2}\d){8,9}(?!\d)")),
    (
        HintKind.ADDRESS,
        re.compile(
            rf"\b(?:flat|room|unit|apartment|apt)\s{{1,9}}\d{{1,9}}[a-z]?\b|\b\d{{1,4}}[a-z]?,?\s{{1,9}}(?!{MEASURE}\b)"
            rf"(?:[A-Z][\w'’]{{1,40}}\s{{1,9}}){{1,3}}{STREET}\b",
            re.IGNORECASE,
        ),
    ),
)


def find_hints(text: str) -> tuple[Hint, ...]:
    """The passages that look like an e-mail address, a UK postcode, a UK phone number or a street address, in order."""
    hints: list[Hint] = []
    taken = bytearray(len(text))
    for kind, pattern in PATTERNS:
        for match in pattern.finditer(text):
            start, end = match.span()
            if not any(taken[start:end]):
                hints.append(Hint(kind=kind, start=start, end=end, text=match.group()))
                taken[start:end] = b"\x01" * (end - start)
    return tuple(sorted(hints, key=lambda hint: hint.start))
