"""A plan that is the person's: what they want in their words, the steps there, how it went; and what was tried to reach them."""

from datetime import date, datetime

from shared.model.telling import GoalEnd, TryEffect, TryMethod
from shared.model.value import Id, Value


class Goal(Value, frozen=True, kw_only=True):
    """What somebody wants, in their words. `works` is what works already, `celebration` how it will be celebrated.
    `version` counts its wordings: whoever rewords one that changed meanwhile is told."""

    id: Id
    person_id: Id
    agency_id: Id
    words: str
    works: str = ""
    celebration: str = ""
    target_on: date | None = None
    version: int = 1
    set_at: datetime
    set_by: Id
    ended: GoalEnd | None = None
    ended_at: datetime | None = None
    ended_by: Id | None = None
    ended_words: str = ""


class Step(Value, frozen=True, kw_only=True):
    """A step towards a goal: who takes it, the person or anybody who helps, and by when."""

    id: Id
    goal_id: Id
    person_id: Id
    text: str
    who: str = ""
    due_on: date | None = None
    added_at: datetime
    added_by: Id
    done_at: datetime | None = None
    done_by: Id | None = None


class Review(Value, frozen=True, kw_only=True):
    """They looked at the plan together: what the person says of it, and when they look again."""

    id: Id
    person_id: Id
    agency_id: Id
    at: datetime
    worker_id: Id
    words: str
    next_on: date


class Try(Value, frozen=True, kw_only=True):
    """One time somebody tried to reach them, and with what effect (a fact)."""

    id: Id
    person_id: Id
    agency_id: Id
    at: datetime
    worker_id: Id
    method: TryMethod
    effect: TryEffect
    words: str = ""
