"""One outing of a team, and each stop on it, also when nobody was there: the denominator of every hotspot."""

from datetime import date, datetime
from typing import Annotated

from msgspec import Meta

from shared.model.codes import PlannedStopKind
from shared.model.person import LongText, ShortText
from shared.model.position import Position
from shared.model.value import Id, Value


class Shift(Value, frozen=True, kw_only=True):
    """A team goes out. `night` is the outreach night: 02:00 belongs to the evening before."""

    id: Id
    team_id: Id
    worker_id: Id
    started_at: datetime
    night: date
    area: ShortText = ""


class ShiftJoined(Value, frozen=True, kw_only=True):
    """A colleague joins a shift (a fact)."""

    id: Id
    shift_id: Id
    worker_id: Id
    at: datetime


class ShiftEnded(Value, frozen=True, kw_only=True):
    """A worker ends a shift, with a summary in their words (a fact)."""

    id: Id
    shift_id: Id
    worker_id: Id
    at: datetime
    summary: LongText = ""


class Visit(Value, frozen=True, kw_only=True):
    """One stop of a shift: somebody looked here. `people_found` is 0 when nobody was there."""

    id: Id
    shift_id: Id | None = None
    team_id: Id
    worker_id: Id
    at: datetime
    night: date
    site_id: Id | None = None
    position: Position | None = None
    referral_id: Id | None = None
    people_found: Annotated[int, Meta(ge=0, le=500)] = 0
    bedding_present: bool | None = None
    note: LongText = ""


class VisitStruck(Value, frozen=True, kw_only=True):
    """A later word on a visit: it did not happen, or (`is_struck` false) it did after all. The newest stands (a fact)."""

    id: Id
    visit_id: Id
    at: datetime
    worker_id: Id
    reason: ShortText = ""
    is_struck: bool = True


class CheckIn(Value, frozen=True, kw_only=True):
    """A lone worker says they are well, and when they will say so next (a fact). Under `duress` they are not: somebody made
    them say it, and must not see that help was called."""

    id: Id
    shift_id: Id
    worker_id: Id
    at: datetime
    next_due_at: datetime | None = None
    position: Position | None = None
    duress: bool = False


class PlannedStop(Value, frozen=True, kw_only=True):
    """Somewhere to go on a planned shift: a referral, or ground by its middle. It tells of ground and never of a person: whom
    one may meet there a phone finds among those it holds."""

    kind: PlannedStopKind
    referral_id: Id | None = None
    position: Position | None = None
    name: ShortText = ""
    why: LongText = ""


class ShiftPlanned(Value, frozen=True, kw_only=True):
    """These workers of a team go out together, and are back by then (a fact; the server alone says it)."""

    id: Id
    team_id: Id
    worker_ids: tuple[Id, ...]
    starts_at: datetime
    back_at: datetime
    area: ShortText = ""
    stops: tuple[PlannedStop, ...] = ()


class ShiftCalledOff(Value, frozen=True, kw_only=True):
    """A plan does not take place (a fact; the server alone says it)."""

    id: Id
    plan_id: Id
    at: datetime
