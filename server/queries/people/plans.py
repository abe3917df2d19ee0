"""A person's plan as rows, and what was tried to reach them. Who reads whose is decided elsewhere."""

from collections.abc import Collection
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Select, Table, exists, insert, select, update
from sqlalchemy.orm import Session

from server.database.context import beyond_reader
from server.queries.people.subjects import same_person
from server.tables.people.person import person
from server.tables.people.person_plan import engagement_try, plan_goal, plan_review, plan_step
from shared.model.plan import Goal, Review, Step, Try
from shared.model.telling import GoalEnd, TryEffect, TryMethod
from shared.model.value import Id

Row = TypeVar("Row", Goal, Step, Review, Try)
TABLE_OF: dict[type[Any], Table] = {Goal: plan_goal, Step: plan_step, Review: plan_review, Try: engagement_try}
CODES: dict[str, type[Any]] = {"ended": GoalEnd, "method": TryMethod, "effect": TryEffect}


def add(session: Session, new: Goal | Step | Review | Try) -> None:
    """Store a new one."""
    session.execute(insert(TABLE_OF[type(new)]), [_plain(new)])


def change(session: Session, changed: Goal | Step) -> None:
    """Store its values anew."""
    table = TABLE_OF[type(changed)]
    session.execute(update(table).where(table.c.id == changed.id).values(**_plain(changed)))


def list_goals(session: Session, person_ids: Collection[Id]) -> list[Goal]:
    """The goals of one person's records, those that stand first, then the newest."""
    order = (plan_goal.c.ended_at.is_not(None), plan_goal.c.set_at.desc(), plan_goal.c.id)
    return _list(session, Goal, select(plan_goal).where(plan_goal.c.person_id.in_(person_ids)).order_by(*order))


def list_steps(session: Session, person_ids: Collection[Id]) -> list[Step]:
    """Every step of their goals, in the order in which they were added."""
    query = select(plan_step).where(plan_step.c.person_id.in_(person_ids))
    return _list(session, Step, query.order_by(plan_step.c.added_at, plan_step.c.id))


def list_reviews(session: Session, person_ids: Collection[Id]) -> list[Review]:
    """Every look at the plan, the newest first."""
    query = select(plan_review).where(plan_review.c.person_id.in_(person_ids))
    return _list(session, Review, query.order_by(plan_review.c.at.desc(), plan_review.c.id))


@beyond_reader
def list_last_reviews(session: Session, agency_id: Id) -> list[Review]:
    """Of each record the last look at the plan that a service's workers wrote down themselves. The caller asks policy of each."""
    later = plan_review.alias()
    is_not_last = exists().where(
        later.c.person_id == plan_review.c.person_id, later.c.agency_id == agency_id, later.c.at > plan_review.c.at
    )
    return _list(session, Review, select(plan_review).where(plan_review.c.agency_id == agency_id, ~is_not_last))


@beyond_reader
def list_tries(session: Session, person_ids: Collection[Id]) -> list[Try]:
    """What was tried to reach these people, the newest first. The caller asks policy of each."""
    query = select(engagement_try).where(engagement_try.c.person_id.in_(person_ids))
    return _list(session, Try, query.order_by(engagement_try.c.at.desc(), engagement_try.c.id))


@beyond_reader
def list_tries_of(session: Session, person_ids: Collection[Id]) -> dict[Id, list[Try]]:
    """What was tried to reach each of these people, under all their records. The caller asks policy of each."""
    same = same_person(select(person.c.id.label("whose")).where(person.c.id.in_(person_ids)))
    query = select(same.c.whose, engagement_try).join(engagement_try, engagement_try.c.person_id == same.c.id)
    found: dict[Id, list[Try]] = {}
    for row in session.execute(query).mappings():
        tried = Try(**{name: _read(name, row[name]) for name in Try.__struct_fields__})
        found.setdefault(row["whose"], []).append(tried)
    return found


def _list(session: Session, kind: type[Row], query: Select[Any]) -> list[Row]:
    return [
        kind(**{name: _read(name, row[name]) for name in kind.__struct_fields__})
        for row in session.execute(query).mappings()
    ]


def _read(name: str, value: Any) -> Any:
    return CODES[name](value) if name in CODES and value is not None else value


def _plain(value: Any) -> dict[str, Any]:
    row = msgspec.structs.asdict(value)
    return row | {name: str(row[name]) for name in CODES.keys() & row.keys() if row[name] is not None}
