"""Equality characteristics: voluntary, written down for counting alone, read back by nobody, on no phone.

Source of the questions: Equality Act 2010, section 4; the answers are the ONS's harmonised ones in their broad groups, so that
few people are not
told by a fine one.
"""

from datetime import datetime

from shared.model.value import Id, Value

RATHER_NOT = "would_rather_not_say"

QUESTIONS: dict[str, tuple[str, ...]] = {
    "ethnic_group": ("white", "mixed", "asian", "black", "other", RATHER_NOT),
    "religion": ("none", "christian", "muslim", "hindu", "sikh", "jewish", "buddhist", "other", RATHER_NOT),
    "sexual_orientation": ("straight", "gay_or_lesbian", "bisexual", "other", RATHER_NOT),
    "disability": ("yes", "no", RATHER_NOT),
    "gender_same_as_at_birth": ("yes", "no", RATHER_NOT),
}
"""Each question with its answers, in the order of the page."""


class EqualityAnswer(Value, frozen=True, kw_only=True):
    """What somebody answered to one question. The newest counts."""

    id: Id
    person_id: Id
    question: str
    answer: str
    at: datetime
    agency_id: Id
    recorded_by: Id
