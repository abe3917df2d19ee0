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
    """What all sides warn of, in their order, each once. A side that another holds in full is not said twice."""
    said = [" ".join(side.split()) for side in sides if isinstance(side, str) and side.strip()]
    once = list(dict.fromkeys(said))
    joined = BETWEEN.join(
        each for each in once if not any(each != other and each.casefold() in other.casefold() for other in once)
    )
    return joined[:LONGEST]


def with_joined(person: Person, joined: Sequence[Person]) -> Person:
    """A person with what each record that is theirs warns of, their own first. The only text there is stays as it was written."""
    return structs.replace(person, **{name: _said_by_any([person, *joined], name) for name in SAFETY_FIELDS})


def _said_by_any(records: Iterable[Person], name: str) -> str:
    said = list(dict.fromkeys(text for each in records if (text := getattr(each, name)).strip()))
    return said[0] if len(said) == 1 else join_careful(said)
