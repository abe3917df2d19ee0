"""What agencies that cannot attend write of a case before a conference."""

from datetime import datetime

import msgspec
from sqlalchemy import ColumnElement, bindparam, exists, insert, select, update
from sqlalchemy.orm import Session

from server.database.statements import narrow
from server.queries.people.concealment import case_not_concealed
from server.tables.cases.case import case_event
from server.tables.conferences.conference import agenda_item, case_conference, written_update
from shared.model.codes import CaseStep
from shared.model.conference import WrittenUpdate
from shared.model.value import Id

SPENT = (CaseStep.DISCUSSED.value, CaseStep.CLOSED.value)


def is_read_at(conference_id: ColumnElement[str]) -> ColumnElement[bool]:
    """The condition on an update that it is read out at a conference: it was written for it, or it waits still. One of a
    conference that was called off, or did not reach its case, waits for the next of the district that has the case on its agenda,
    until the case is discussed or closed."""
    written_for, this = case_conference.alias("written_for"), case_conference.alias("this_conference")
    spent = exists().where(
        case_event.c.case_id == written_update.c.case_id, case_event.c.step.in_(SPENT),
        case_event.c.at >= written_update.c.at, this.c.finished_at.is_(None) | (case_event.c.at < this.c.finished_at),
    )  # fmt: skip
    listed = exists().where(agenda_item.c.conference_id == this.c.id, agenda_item.c.case_id == written_update.c.case_id)
    waits = (
        exists()
        .where(
            written_for.c.id == written_update.c.conference_id, this.c.id == conference_id,
            written_for.c.district_id == this.c.district_id, written_for.c.finished_at.is_not(None),
            this.c.finished_at.is_(None) | (written_for.c.finished_at <= this.c.finished_at), listed, ~spent,
        )
        .correlate(written_update)
    )  # fmt: skip
    return written_update.c.withdrawn_at.is_(None) & ((written_update.c.conference_id == conference_id) | waits)


_UPDATES = (
    select(*(written_update.c[name] for name in WrittenUpdate.__struct_fields__))
    .where(is_read_at(bindparam("conference_id")))
    .order_by(written_update.c.at, written_update.c.id)
)


def add_update(session: Session, new: WrittenUpdate) -> None:
    """Store a written update. Earlier ones stay."""
    session.execute(insert(written_update), [msgspec.structs.asdict(new)])


def list_updates(session: Session, conference_id: Id) -> list[WrittenUpdate]:
    """What is read out at a conference, in the order it came."""
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
