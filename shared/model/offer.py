"""Places that wait for somebody, offers of a place, and whether a home is still somebody's: facts, with no address in any."""

from datetime import date, datetime

from shared.model.codes import Code, StayKind, SupportNeed
from shared.model.value import Id, Value


class Takes(Code):
    """Whom a place takes, by gender."""

    ANYBODY = "anybody"
    WOMEN = "women"
    MEN = "men"


class Answer(Code):
    """What somebody said to an offer."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    """Whoever offered took it back: no answer of theirs."""


class WhyRefused(Code):
    """Why somebody said no, as they put it; the nearest of these."""

    TOO_FAR = "too_far"
    SHARED = "shared"
    RULES = "rules"
    PARTNER = "partner"
    ANIMAL = "animal"
    NOT_SAFE = "not_safe"
    COST = "cost"
    NOT_NOW = "not_now"
    OTHER = "other"
    NOT_SAID = "not_said"


class StillThere(Code):
    """Whether a home was still somebody's when it was asked."""

    YES = "yes"
    NO = "no"
    NOT_KNOWN = "not_known"


class Vacancy(Value, frozen=True, kw_only=True):
    """Beds or homes that wait for somebody: of which kind, whom they take, which needs they can support."""

    id: Id
    district_id: Id
    name: str
    kind: StayKind
    places: int = 1
    takes: Takes = Takes.ANYBODY
    age_from: int = 18
    age_to: int | None = None
    supports: tuple[SupportNeed, ...] = ()
    opened_at: datetime
    opened_by: Id
    closed_at: datetime | None = None


class Offer(Value, frozen=True, kw_only=True):
    """A place offered to one person, and what they said; said once. An offer of a vacancy names it."""

    id: Id
    person_id: Id
    district_id: Id
    kind: StayKind
    vacancy_id: Id | None = None
    offered_on: date
    recorded_at: datetime
    recorded_by: Id
    answer: Answer | None = None
    answered_on: date | None = None
    why_refused: WhyRefused | None = None
    answered_by: Id | None = None


class HomeAsked(Value, frozen=True, kw_only=True):
    """Somebody asked whether a home was still theirs, so many months after they moved in; once for each of the times."""

    stay_id: Id
    person_id: Id
    months: int
    answer: StillThere
    asked_on: date
    asked_by: Id
