"""One MDT meeting of a district: agenda, attendance, written updates. Rules about it live in `shared.rules`."""

from datetime import datetime

from shared.model.person import LongText, ShortText
from shared.model.value import Id, Value


class CaseConference(Value, frozen=True, kw_only=True):
    """A meeting. The chair (MDT coordinator) and the minute-taker are different people (RS MDT toolkit, administration).

    `sequence` rises when what a calendar says of it changes. One that was called off has ended without being held.
    `organizer_id` is who asks to it in calendars: whoever chaired it when its agenda first went out, whoever does since.
    """

    id: Id
    district_id: Id
    starts_at: datetime
    place: LongText = ""
    chair_id: Id | None = None
    minute_taker_id: Id | None = None
    circulated_at: datetime | None = None
    finished_at: datetime | None = None
    sequence: int = 0
    called_off_at: datetime | None = None
    organizer_id: Id | None = None


class AgendaItem(Value, frozen=True, kw_only=True):
    """One case on an agenda, with why it is there. `position` counts from 1. `off_at`: taken off again, and why."""

    id: Id
    conference_id: Id
    case_id: Id
    position: int
    reason: LongText
    carried_over: bool = False
    off_at: datetime | None = None
    off_reason: LongText = ""


class Attendance(Value, frozen=True, kw_only=True):
    """Whether an agency came, sent apologies, or sent a written update."""

    id: Id
    conference_id: Id
    agency_id: Id
    attended: bool = False
    apologies: bool = False
    name: ShortText = ""
    leaves_at: datetime | None = None


class WrittenUpdate(Value, frozen=True, kw_only=True):
    """What an agency that cannot attend says of one case."""

    id: Id
    conference_id: Id
    case_id: Id
    agency_id: Id
    worker_id: Id
    at: datetime
    text: LongText
