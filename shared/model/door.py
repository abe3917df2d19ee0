"""What a service writes down of an ordinary day, and a referral to a service with its answer: facts, on no phone."""

from datetime import date, datetime

from shared.model.codes import Code
from shared.model.value import Id, Value


class DoorKind(Code):
    """What a fact tells of."""

    CAME_BY = "came_by"
    """Came for breakfast, asked about his GP."""
    REFERRED = "referred"
    ANSWERED = "answered"


class ServiceAnswer(Code):
    """What a service said to a referral."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    STARTED = "started"
    ENDED = "ended"


REFERRAL_ENDED = frozenset({ServiceAnswer.REFUSED, ServiceAnswer.ENDED})


class DoorFact(Value, frozen=True, kw_only=True):
    """One fact. `service_id` is of the directory, `service` its name as it was then; `about_id` the referral that an answer is
    to, `to_agency_id` the partner that receives a referral here. A wrong one is struck out and stays on record."""

    id: Id
    person_id: Id
    kind: DoorKind
    on: date
    words: str = ""
    code: str = ""
    service_id: Id | None = None
    service: str = ""
    about_id: Id | None = None
    to_agency_id: Id | None = None
    agency_id: Id
    recorded_at: datetime
    recorded_by: Id
    struck_at: datetime | None = None
    struck_by: Id | None = None
