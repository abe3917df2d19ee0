"""The steps of cases: facts that are only added. What may be a step is decided by `shared.rules.case`."""

from collections import defaultdict
from collections.abc import Collection, Sequence

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.database import bulk
from server.database.statements import ids
from server.tables.cases.case import case_event
from shared.model.case import CaseEvent
from shared.model.codes import CaseState, CaseStep
from shared.model.value import Id

_EVENTS = select(case_event).where(case_event.c.case_id.in_(ids("case_ids"))).order_by(case_event.c.number)
_LAST = select(func.max(case_event.c.number))


def add_events(session: Session, new: Sequence[CaseEvent]) -> None:
    """Keep steps. The number of each is unique within its case, so that two at once cannot both be the next."""
    bulk.insert_all(session, case_event, [_row(each) for each in new])


def next_number(session: Session, case_id: Id) -> int:
    """The number that the next step of a case has."""
    return int(session.scalar(_LAST.where(case_event.c.case_id == case_id)) or 0) + 1


def list_events(session: Session, case_ids: Collection[Id]) -> dict[Id, list[CaseEvent]]:
    """The steps of these cases, by case, in the order in which they happened."""
    found: dict[Id, list[CaseEvent]] = defaultdict(list)
    for row in session.execute(_EVENTS, {"case_ids": list(case_ids)}).mappings():
        before = row["from_state"]
        states = {
            "from_state": None if before is None else CaseState(before), "to_state": CaseState(row["to_state"]),
            "step": CaseStep(row["step"]),
        }  # fmt: skip
        found[row["case_id"]].append(CaseEvent(**{**row, **states}))
    return found


def _row(event: CaseEvent) -> dict[str, object]:
    return {
        **msgspec.structs.asdict(event),
        "step": event.step.value,
        "from_state": None if event.from_state is None else event.from_state.value,
        "to_state": event.to_state.value,
    }
