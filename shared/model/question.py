"""What one service asks of those that work with a person, and what it is answered."""

from datetime import datetime

from shared.model.person import LongText
from shared.model.value import Id, Value


class Question(Value, frozen=True, kw_only=True):
    """A question of one service (`agency_id`) about one person, to whichever service works with them. Answered once, by one of
    those; until then the three columns of the answer are empty."""

    id: Id
    person_id: Id
    agency_id: Id
    worker_id: Id
    asked_at: datetime
    text: LongText
    answered_at: datetime | None = None
    answered_by: Id | None = None
    answer_agency_id: Id | None = None
    answer: LongText = ""
