"""A notice that somebody will soon have nowhere to go: who, from where, when, and what the district answered."""

from datetime import date, datetime

from shared.model.codes import Code
from shared.model.value import Id, Value


class NoticeKind(Code):
    """By which door it came (Homelessness Reduction Act 2017, section 10: the duty to refer binds public authorities)."""

    HOSPITAL_DISCHARGE = "hospital_discharge"
    PRISON_RELEASE = "prison_release"
    DUTY_TO_REFER = "duty_to_refer"


class NoticeAnswer(Code):
    """What the district answered."""

    TAKEN_ON = "taken_on"
    """Put forward for its MDT list."""
    HELPED = "helped"
    """Somebody helps them, and no list has to."""
    NOT_REACHED = "not_reached"
    NOT_OURS = "not_ours"


class Notice(Value, frozen=True, kw_only=True):
    """One notice and its answer."""

    id: Id
    reference: str
    kind: NoticeKind
    district_id: Id
    institution: str
    name: str
    date_of_birth: date | None = None
    expected_on: date | None = None
    words: str = ""
    sender_name: str
    sender_reach: str
    received_at: datetime
    received_by: Id | None = None
    person_id: Id | None = None
    answer: NoticeAnswer | None = None
    answer_words: str = ""
    answered_at: datetime | None = None
    answered_by: Id | None = None
