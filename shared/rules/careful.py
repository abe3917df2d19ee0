"""Which words are shown while two people say different things unseen by one another: for what keeps people safe, all of them.

A hazard, or what somebody needs to be safe, must not disappear behind another version, least of all behind a blank, until
somebody who has read both has settled it. Pure.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import structs

from shared.model.person import SAFETY_FIELDS, Person

CAREFUL_FIELDS: Final = frozenset({"hazards", *SAFETY_FIELDS})
BETWEEN: Final = " · "
LONGEST: Final = 10_000


def join_careful(sides: Iterable[object]) -> str:
    """What all sides warn of, in their order, each once. What stands within another side's sentence is said all the same: "knife"
    is no part of "no knife seen". Where it is too much for one text, each side has its share of the room."""
    said: dict[str, str] = {}
    for side in sides:
        for part in _parts(side) if isinstance(side, str) else ():
            said.setdefault(part.casefold(), part)
    once = list(said.values())
    joined = BETWEEN.join(once)
    if len(joined) <= LONGEST:
        return joined
    room = max(1, (LONGEST + len(BETWEEN)) // len(once) - len(BETWEEN))
    return BETWEEN.join(part if len(part) <= room else part[: room - 1] + "…" for part in once)[:LONGEST]


def _parts(side: str) -> list[str]:
    """A side, on one line; one that was joined already by what it was joined of."""
    return [words for part in side.split(BETWEEN) if (words := " ".join(part.split()))]


def with_joined(person: Person, joined: Sequence[Person]) -> Person:
    """A person with what each record that is theirs warns of, their own first. The only text there is stays as it was written."""
    return structs.replace(person, **{name: _said_by_any([person, *joined], name) for name in SAFETY_FIELDS})


def _said_by_any(records: Iterable[Person], name: str) -> str:
    said = list(dict.fromkeys(text for each in records if (text := getattr(each, name)).strip()))
    return said[0] if len(said) == 1 else join_careful(said)
