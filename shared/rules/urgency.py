"""Which reports cannot wait their turn, by the words of whoever saw somebody. A mark for a person to judge, never a judgement.

"Not bleeding" is marked as "bleeding" is: too many marks cost a look, too few may cost a life. The words are proposed, and a
team may add its own here.
"""

import re
from enum import Enum

from shared.model.referral import Referral


class Urgency(str, Enum):
    """Why a report comes first."""

    LIFE = "may be in danger"
    CHILD = "a child, or very young"
    PREGNANT = "pregnant"
    EXPOSED = "no shelter tonight"


STEMS: dict[Urgency, tuple[str, ...]] = {
    Urgency.LIFE: (
        "breath", "uncon", "passed out", "not wak", "t wak", "unrespons", "not respond", "not moving", "bleed", "blood",
        "overdos", "collaps", "suicid", "kill himself", "kill herself", "seizure", "chest pain", "stabbed", "assault",
        "hypotherm", "injur", "needle in",
    ),
    Urgency.CHILD: ("child", "baby", "toddler", "infant", "under 18", "very young", "teenage", "a minor"),
    Urgency.PREGNANT: ("pregnan",),
    Urgency.EXPOSED: (
        "freezing", "no coat", "no shoes", "barefoot", "no blanket", "soaked", "soaking", "shivering", "snow", "no shelter",
        "no sleeping bag", "wet through",
    ),
}  # fmt: skip
"""The beginnings of words, in small letters, as they stand in a description or worry. "uncon" is how many write unconscious."""
ALSO_IN = {"place": Urgency.LIFE, "age_group": Urgency.CHILD}
"""Where else one of them is looked for: whoever is in a hurry writes all in the first box, and "Snow Hill" is a place."""

_PATTERN = {
    urgency: re.compile("|".join(rf"\b{re.escape(stem)}" for stem in stems), re.IGNORECASE)
    for urgency, stems in STEMS.items()
}


def find_urgency(referral: Referral) -> tuple[Urgency, ...]:
    """Why a report comes first, in the order of the table; none for most."""
    said = f"{referral.description} {referral.concerns}"
    also = {urgency: getattr(referral, field) for field, urgency in ALSO_IN.items()}
    return tuple(
        each for each, pattern in _PATTERN.items() if pattern.search(said) or pattern.search(also.get(each, ""))
    )
