"""What agencies that cannot attend write of a case before a conference."""

from datetime import datetime

import msgspec
from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from server.database.statements import narrow
from server.queries.people.concealment import case_not_concealed
from server.tables.conferences.conference import written_update
from shared.model.conference import WrittenUpdate
from shared.model.value import Id

_UPDATES = (
    select(*(written_update.c[name] for name in WrittenUpdate.__struct_fields__))
    .where(written_update.c.conference_id == bindparam("conference_id"), written_update.c.withdrawn_at.is_(None))
    .order_by(written_update.c.at, written_update.c.id)
)


def add_update(session: Session, new: WrittenUpdate) -> None:
    """Store a written update. Earlier ones stay."""
    session.execute(insert(written_update), [msgspec.structs.asdict(new)])


def list_updates(session: Session, conference_id: Id) -> list[WrittenUpdate]:
    """The written updates of a conference that nobody took back, in the order they came."""
    query = narrow(_UPDATES, case_not_concealed(session, written_update.c.case_id))
    rows = session.execute(query, {"conference_id": conference_id}).mappings()
    return [WrittenUpdate(**row) for row in rows]


def withdraw_update(session: Session, update_id: Id, at: datetime, by: Id) -> None:
    """It is read out no more; what it said stays in the person's own copy."""
    session.execute(
        update(written_update)
        .where(written_update.c.id == update_id, written_update.c.withdrawn_at.is_(None))
        .values(withdrawn_at=at, withdrawn_by=by)
    )
