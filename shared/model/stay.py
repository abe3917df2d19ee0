"""A stay off the streets: where somebody moved in, and when they left. No address is held, the kind of place alone."""

from datetime import date, datetime

from shared.model.codes import Destination, StayKind
from shared.model.value import Id, Value


class Stay(Value, frozen=True, kw_only=True):
    """One stay, as it was recorded for one district. A wrong one is struck out and stays on record; it counts nowhere."""

    id: Id
    person_id: Id
    district_id: Id
    kind: StayKind
    moved_in_on: date
    left_on: date | None = None
    left_for: Destination | None = None
    recorded_at: datetime
    recorded_by: Id
    struck_at: datetime | None = None
    struck_by: Id | None = None
