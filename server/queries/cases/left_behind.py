"""What somebody who leaves, or a service that ends, leaves behind: cases that they lead on, and actions that are theirs to do.

Counts alone, for whoever ends them: no record is named, and no district's list is shown.
"""

from collections.abc import Collection

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from server.database.context import beyond_reader
from server.tables.cases.case import case_action, case_lead, mdt_case
from shared.model.value import Id, Value


class LeftBehind(Value, frozen=True, kw_only=True):
    """How many open cases, by who leads on them, and how many actions to be done, by who holds them: workers and agencies by id.

    What a service has and nobody of it is named for is the service's.
    """

    led: dict[Id, int]
    actions: dict[Id, int]


@beyond_reader
def count_left_behind(session: Session, worker_ids: Collection[Id], agency_ids: Collection[Id]) -> LeftBehind:
    """Of these workers, and of these services where nobody is named."""
    is_open = mdt_case.c.closed_at.is_(None)
    leads = select(
        func.coalesce(case_lead.c.worker_id, case_lead.c.agency_id).label("who"), func.count().label("number")
    )
    leads = leads.join(mdt_case, mdt_case.c.id == case_lead.c.case_id).where(is_open, case_lead.c.ended_at.is_(None))
    held = select(
        func.coalesce(case_action.c.holder_id, case_action.c.agency_id).label("who"), func.count().label("number")
    )
    held = held.join(mdt_case, mdt_case.c.id == case_action.c.case_id).where(
        is_open, case_action.c.done_at.is_(None), func.trim(case_action.c.refused) == ""
    )

    def theirs(worker_id: ColumnElement[str | None], agency_id: ColumnElement[str]) -> ColumnElement[bool]:
        return worker_id.in_(sorted(worker_ids)) | (worker_id.is_(None) & agency_id.in_(sorted(agency_ids)))

    led_by = leads.where(theirs(case_lead.c.worker_id, case_lead.c.agency_id)).group_by("who")
    held_by = held.where(theirs(case_action.c.holder_id, case_action.c.agency_id)).group_by("who")
    return LeftBehind(
        led={row.who: row.number for row in session.execute(led_by)},
        actions={row.who: row.number for row in session.execute(held_by)},
    )
