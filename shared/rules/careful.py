"""Which words are shown while two people say different things unseen by one another: for what keeps people safe, all of them.

A hazard, or what somebody needs to be safe, must not disappear behind another version, least of all behind a blank, until
somebody who has read both has settled it. Pure.
"""

from collections.abc import Iterable
from typing import Final

from shared.model.person import SAFETY_FIELDS

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
