"""What a worker is told of their own night: what is planned, what they recorded, and whether the phone's clock is right. No
behaviour."""

from datetime import datetime

from shared.model.assessment import Question
from shared.model.codes import ContactState
from shared.model.shift import ShiftPlanned
from shared.model.telling import ConsentAnswer
from shared.model.value import Id, Value
from shared.rules.shift_plans import PlanState


class NightEntry(Value, frozen=True, kw_only=True):
    """A contact or a visit that this worker recorded. A struck one is told as it was first saved, with the reason in `struck`."""

    id: Id
    is_contact: bool
    at: datetime
    names: tuple[str, ...] = ()
    unidentified: int = 0
    state: ContactState | None = None
    found: str = ""
    bedding: str = ""
    """Of a visit: `there`, `none`, or not said."""
    place: str = ""
    site_id: Id | None = None
    note: str = ""
    struck: str = ""
    not_yet_sent: bool = False


class ClockState(Value, frozen=True, kw_only=True):
    """How far the phone's clock is ahead, in seconds: recorded times are mended by it. `is_doubtful`: a day or more behind, with
    nothing to mend it by before the server is heard.
    """

    off_s: float = 0.0
    is_doubtful: bool = False


class PlannedShift(Value, frozen=True, kw_only=True):
    """What the team planned for this worker, with whom, and how they stand to it by what this phone knows."""

    plan: ShiftPlanned
    with_whom: tuple[str, ...] = ()
    state: PlanState = PlanState.AHEAD


class ShortForm(Value, frozen=True, kw_only=True):
    """What is to ask of one person today, of the `asked` questions of the short form; what they last said about sharing it."""

    person_id: Id
    known_as: str
    questions: tuple[Question, ...]
    asked: int
    sharing: ConsentAnswer | None = None
