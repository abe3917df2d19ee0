"""The one road by which a case begins or changes its state: the rule is asked (`shared.rules.case`), the step is kept as a
fact, and the row follows. Whether the actor may do it is decided before.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from server.problems import Invalid
from server.queries.cases import case_events, cases
from server.queries.people import health
from shared.model.case import Case, CaseEvent
from shared.model.codes import CaseState, CaseStep
from shared.model.value import Id, Value
from shared.rules.case import ENDED, ImpossibleStep, take_step

MEANWHILE = "Somebody else has decided this case meanwhile. Load the page again."


class Step(Value, frozen=True, kw_only=True):
    """A step with when, by whom (None: a rule), why, and at which conference."""

    step: CaseStep
    at: datetime
    worker_id: Id | None = None
    reason: str = ""
    conference_id: Id | None = None


def begin_cases(session: Session, new: Sequence[tuple[Case, CaseStep]], new_id: Callable[[], Id]) -> list[Case]:
    """Store cases, each with the step that began it; returns those stored. Where the person has a live case in that district
    already, that one stands; of somebody who died no case begins."""
    dead = health.list_dead(session, [case.person_id for case, _ in new])
    new = [(case, step) for case, step in new if case.person_id not in dead]
    for case, step in new:
        if take_step(None, step) is not case.state:
            raise ImpossibleStep(f"{step.value} to {case.state.value}")
    cases.add_cases(session, [case for case, _ in new])
    stored = {case.id for case in cases.list_cases_by_id(session, [case.id for case, _ in new])}
    begun = [(case, step) for case, step in new if case.id in stored]
    case_events.add_events(
        session,
        [
            CaseEvent(
                id=new_id(), case_id=case.id, number=1, at=case.since, step=step, from_state=None, to_state=case.state,
                worker_id=case.put_forward_by, reason=case.reason, district_id=case.district_id,
            )
            for case, step in begun
        ],
    )  # fmt: skip
    return [case for case, _ in begun]


def move_case(session: Session, case_id: Id, step: Step, new_id: Callable[[], Id], **values: Any) -> Case:
    """Take a step with a case as it stands now, locked until the transaction ends; `values` are columns that change with it.

    Raises Invalid where a case that stands so cannot take the step.
    """
    case = cases.lock_case(session, case_id)
    try:
        after = take_step(case.state, step.step)
    except ImpossibleStep as why:
        raise Invalid(MEANWHILE) from why
    event = CaseEvent(
        id=new_id(), case_id=case_id, number=case_events.next_number(session, case_id), at=step.at, step=step.step,
        from_state=case.state, to_state=after, worker_id=step.worker_id, reason=step.reason,
        conference_id=step.conference_id, district_id=values.get("district_id", case.district_id),
    )  # fmt: skip
    case_events.add_events(session, [event])
    if after in ENDED:
        values = {"closed_at": step.at, "outcome": step.reason[:200], **values}
    cases.set_case(session, case_id, state=after.value, **values)
    return cases.get_case(session, case_id)


def is_over(state: CaseState) -> bool:
    """Has a case in this state ended?"""
    return state in ENDED
