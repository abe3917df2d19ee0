"""How descriptions are compared: the words that carry meaning, and the phrases that two texts share. No judgement
here."""

import re
from collections.abc import Iterable
from datetime import timedelta

WORD = re.compile(r"[a-z0-9']+")

LITTLE_WORDS = frozenset(
    [
        "a",
        "about",
        "also",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "been",
        "being",
        "beside",
        "by",
        "close",
        "could",
        "down",
        "for",
        "from",
        "had",
        "has",
        "have",
        "he",
        "her",
        "him",
        "his",
        "i",
        "in",
        "into",
        "is",
        "it",
        "its",
        "just",
        "like",
        "looks",
        "looking",
        "male",
        "man",
        "near",
        "next",
        "nobody",
        "not",
        "of",
        "off",
        "on",
        "one",
        "or",
        "out",
        "outside",
        "over",
        "person",
        "people",
        "rough",
        "seems",
        "seen",
        "she",
        "sitting",
        "sleep",
        "sleeper",
        "sleeping",
        "slept",
        "some",
        "someone",
        "somebody",
        "that",
        "the",
        "their",
        "them",
        "there",
        "they",
        "this",
        "to",
        "under",
        "up",
        "very",
        "was",
        "were",
        "who",
        "with",
        "woman",
        "homeless",
        "lying",
        "bedded",
        "street",
        "road",
        "old",
        "young",
    ]
)
"""Words that nearly every report has, so that sharing them says nothing."""


def words_of(text: str) -> list[str]:
    """The words of a text in order, in lower case."""
    return WORD.findall(text.casefold())


def telling_words(text: str) -> frozenset[str]:
    """The words that could tell one person or place from another."""
    return frozenset(word for word in words_of(text) if word not in LITTLE_WORDS and len(word) > 1)


def shared_phrase(one: str, other: str) -> str:
    """The longest run of words that both texts hold, if at least one of its words is telling; else an empty text.

    "grey sleeping bag" is found in "Man with grey sleeping bag" and "a grey sleeping bag, no shoes". Little words at
    its
    ends are dropped. Of equally long runs the first in `one` is given.
    """
    left, right = words_of(one), words_of(other)
    best: list[str] = []
    lengths = [0] * (len(right) + 1)
    for i, word in enumerate(left, start=1):
        previous = 0
        for j, candidate in enumerate(right, start=1):
            here = lengths[j]
            lengths[j] = previous + 1 if word == candidate else 0
            previous = here
            if lengths[j] > len(best) and _is_telling(left[i - lengths[j] : i]):
                best = left[i - lengths[j] : i]
    return " ".join(_without_little_ends(best))


def upper_first(text: str) -> str:
    """A text as a heading begins; the rest of it keeps its capitals."""
    return text[:1].upper() + text[1:]


def say_list(items: Iterable[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    texts = list(items)
    if len(texts) < 2:
        return "".join(texts)
    return f"{', '.join(texts[:-1])} and {texts[-1]}"


def say_duration(span: timedelta) -> str:
    """ "35 minutes", "5 hours", "3 days"."""
    minutes = round(span.total_seconds() / 60)
    for size, unit in ((1440, "day"), (60, "hour")):
        if minutes >= 2 * size:
            return f"{round(minutes / size)} {unit}s"
    return f"{minutes} minute{'' if minutes == 1 else 's'}"


def _is_telling(run: list[str]) -> bool:
    return any(word not in LITTLE_WORDS and len(word) > 1 for word in run)


def _without_little_ends(run: list[str]) -> list[str]:
    while run and run[0] in LITTLE_WORDS and run[0] not in {"sleeping"}:
        run = run[1:]
    while run and run[-1] in LITTLE_WORDS:
        run = run[:-1]
    return run
