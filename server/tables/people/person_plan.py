"""A person's plan: goals, steps and reviews; and the log of what was tried to reach them."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index
from sqlmodel import SQLModel

from server.database.columns import check_code, code, id_key, id_of, loose_id, moment, table_of, text


class PlanGoalRow(SQLModel, table=True):
    """What somebody wants, in their words."""

    __tablename__ = "plan_goal"
    __table_args__ = (
        CheckConstraint("words <> ''", name="says_something"),
        CheckConstraint("(ended IS NULL) = (ended_at IS NULL)", name="ended_at_a_moment"),
        CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="ended_by_somebody"),
    )

    id: str = id_key()
    person_id: str = loose_id(index=True)
    agency_id: str = id_of("agency.id")
    words: str = text()
    works: str = text()
    celebration: str = text()
    target_on: date | None = None
    version: int = 1
    set_at: datetime = moment()
    set_by: str = loose_id()
    ended: str | None = None
    ended_at: datetime | None = moment(optional=True)
    ended_by: str | None = loose_id(optional=True)
    ended_words: str = text()


class PlanStepRow(SQLModel, table=True):
    """A step towards a goal."""

    __tablename__ = "plan_step"
    __table_args__ = (
        CheckConstraint("text <> ''", name="says_something"),
        CheckConstraint("(done_at IS NULL) = (done_by IS NULL)", name="done_by_somebody"),
    )

    id: str = id_key()
    goal_id: str = loose_id(index=True)
    person_id: str = loose_id(index=True)
    who: str = text()
    due_on: date | None = None
    added_at: datetime = moment()
    added_by: str = loose_id()
    done_at: datetime | None = moment(optional=True)
    done_by: str | None = loose_id(optional=True)
    text: str = text()


class PlanReviewRow(SQLModel, table=True):
    """They looked at the plan together."""

    __tablename__ = "plan_review"
    __table_args__ = (Index(None, "person_id", "at"),)

    id: str = id_key()
    person_id: str = loose_id()
    agency_id: str = id_of("agency.id")
    at: datetime = moment()
    worker_id: str = loose_id()
    words: str = text()
    next_on: date


class EngagementTryRow(SQLModel, table=True):
    """One time somebody tried to reach them."""

    __tablename__ = "engagement_try"
    __table_args__ = (Index(None, "person_id", "at"), *check_code("method", "effect"))

    id: str = id_key()
    person_id: str = loose_id()
    agency_id: str = id_of("agency.id")
    at: datetime = moment()
    worker_id: str = loose_id()
    method: str = code()
    effect: str = code()
    words: str = text()


plan_goal = table_of(PlanGoalRow)
plan_step = table_of(PlanStepRow)
plan_review = table_of(PlanReviewRow)
engagement_try = table_of(EngagementTryRow)
