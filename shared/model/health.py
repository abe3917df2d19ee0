"""What happened to somebody's health and safety: a doctor, a stay in hospital, safeguarding, and harm that was done or came
near. Facts,
each with what came of it; on no phone."""

from datetime import date, datetime

from shared.model.codes import Code
from shared.model.value import Id, Value


class HealthKind(Code):
    """What a fact tells of."""

    DOCTOR = "doctor"
    HOSPITAL = "hospital"
    SAFEGUARDING = "safeguarding"
    ANSWER = "answer"
    """What came of a safeguarding referral: one step of its trail."""
    HARM = "harm"
    DEATH = "death"


class Registered(Code):
    """Is somebody registered with a doctor?"""

    YES = "yes"
    NO = "no"
    WOULD_RATHER_NOT_SAY = "would_rather_not_say"
    NOT_KNOWN = "not_known"


class Discharge(Code):
    """How far the plan for leaving hospital is (Homelessness Reduction Act 2017, duty to refer; step-down)."""

    NOT_YET_PLANNED = "not_yet_planned"
    HOUSING_TOLD = "housing_told"
    STEP_DOWN_BED = "step_down_bed"
    OWN_PLACE = "own_place"
    TO_THE_STREET = "to_the_street"


class SafeguardingAnswer(Code):
    """What the council answered to a safeguarding referral, or did of it later (Care Act 2014, sections 42 and 44)."""

    RECEIVED = "received"
    ENQUIRY = "enquiry"
    NO_ENQUIRY = "no_enquiry"
    PLAN = "plan"
    CLOSED = "closed"
    REVIEW_ASKED = "review_asked"
    REVIEW_AGREED = "review_agreed"
    REVIEW_NOT_HELD = "review_not_held"
    REVIEW_PUBLISHED = "review_published"
    LESSON_TAKEN_UP = "lesson_taken_up"


class Harm(Code):
    """Harm that came, or came near."""

    OVERDOSE = "overdose"
    AMBULANCE = "ambulance"
    DETAINED = "detained"
    ASSAULT = "assault"
    SELF_HARM = "self_harm"
    OTHER = "other"


class HealthFact(Value, frozen=True, kw_only=True):
    """One fact. `code` is of the kind's own vocabulary; `on` and `until` are its days (admitted and left; happened);
    `expected_on` the day they are thought to leave; `words` what it says, `learning` what is to be done otherwise; `about_id` the
    safeguarding referral that an answer is to. A wrong one is struck out and stays on record."""

    id: Id
    person_id: Id
    kind: HealthKind
    code: str = ""
    on: date | None = None
    until: date | None = None
    expected_on: date | None = None
    words: str = ""
    learning: str = ""
    about_id: Id | None = None
    agency_id: Id
    recorded_at: datetime
    recorded_by: Id
    struck_at: datetime | None = None
    struck_by: Id | None = None


CODES_OF: dict[HealthKind, type[Code] | None] = {
    HealthKind.DOCTOR: Registered,
    HealthKind.HOSPITAL: Discharge,
    HealthKind.SAFEGUARDING: None,
    HealthKind.ANSWER: SafeguardingAnswer,
    HealthKind.HARM: Harm,
    HealthKind.DEATH: None,
}
"""The vocabulary of each kind's code."""
