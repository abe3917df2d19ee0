"""What of a person's own record speaks of others: their names are marked as withheld before the record is handed over.

Source: UK data protection law, right of access: a copy of everything held about oneself, without other people's data. A rule
cannot read between the lines: somebody reads the free text before it is given out (privacy rule A7).
"""

import re
from collections.abc import Callable, Collection, Mapping

SHORTEST_NAME = 3


def make_withholder(others: Mapping[str, str], own: Collection[str]) -> Callable[[str], str]:
    """Returns what marks every name of `others` in a text (name -> what stands in its place), whatever its capitals, whole words
    only and the longest first. A name that the person bears too is theirs, and stays."""
    theirs = {name.casefold() for name in own}
    marks = {
        name.casefold(): mark
        for name, mark in others.items()
        if len(name) >= SHORTEST_NAME and name.casefold() not in theirs
    }
    if not marks:
        return lambda text: text
    names = "|".join(re.escape(name) for name in sorted(marks, key=lambda name: (-len(name), name)))
    pattern = re.compile(rf"(?<!\w)(?:{names})(?!\w)", re.IGNORECASE)
    return lambda text: pattern.sub(lambda found: marks.get(found[0].casefold(), "[withheld]"), text)


def parts_of(name: str) -> set[str]:
    """A whole name and each part of it, as others would write it."""
    return {name, *name.split()} - {""}
