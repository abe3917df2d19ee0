"""One case of a district's list, as it stands, and as it moves on.

Reading the list is in `server.queries.case_list`.
"""

from collections.abc import Collection

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from server.tables.case import mdt_case
from shared.model.case import Case
from shared.model.codes import CaseState
from shared.model.value import Id


class UnknownCase(LookupError):
    """There is no case with this id."""


def get_case(session: Session, case_id: Id) -> Case:
    """The case with this id. Raises UnknownCase."""
    found = list_cases_by_id(session, [case_id])
    if not found:
        raise UnknownCase(case_id)
    return found[0]


def list_cases_by_id(session: Session, case_ids: Collection[Id]) -> list[Case]:
    """The cases with these ids, in the order of their ids. Unknown ids are left out."""
    rows = session.execute(select(mdt_case).where(mdt_case.c.id.in_(case_ids)).order_by(mdt_case.c.id)).mappings()
    return [Case(**{**row, "state": CaseState(row["state"])}) for row in rows]


def set_case(session: Session, case: Case) -> None:
    """Store a case's values anew."""
    values = {name: getattr(case, name) for name in Case.__struct_fields__ if name not in {"id", "state"}}
    session.execute(update(mdt_case).where(mdt_case.c.id == case.id).values(**values, state=str(case.state)))
