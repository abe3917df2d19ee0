"""Whom somebody has worked with since a file brought them in: whatever is about them and did not come with it.

Tables are found by their columns, as erasure finds them, so that a new table about people counts without anybody thinking of it.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, Table, or_, select
from sqlalchemy.orm import Session

from server.database.context import beyond_reader
from server.queries.people.erasure import ABOUT_A_CASE, ABOUT_A_PERSON
from server.tables.cases.case import case_event, case_told, mdt_case
from server.tables.cases.priority import case_general
from server.tables.conferences.conference import agenda_item, agenda_left_out
from server.tables.operation.draft import draft
from server.tables.people.brought_in import brought_in
from server.tables.people.identity import identity_judgement
from server.tables.people.person import person_merge, person_need
from server.tables.people.verification import person_verification, verification
from server.tables.street.contact import contact_person
from server.tables.sync.sync import change
from shared.model.value import Id

BY_THE_FILE = {person_need: person_need.c.at, verification: verification.c.at, case_event: case_event.c.at,
               case_general: case_general.c.changed_at}  # fmt: skip
"""What a file brings too, and when each was said."""
BY_ITSELF = (brought_in, person_verification, draft, case_told, agenda_item, agenda_left_out)
"""What nobody said by hand: it follows from the rest, comes of a file, or was not sent."""
PAIRS = (
    (person_merge.c.from_id, person_merge.c.into_id),
    (identity_judgement.c.one_id, identity_judgement.c.other_id),
)


@beyond_reader
def list_touched(session: Session, person_ids: Collection[Id], batch_id: Id, since: datetime) -> set[Id]:
    """Whom somebody has met, written of, joined, corrected or decided about since a moment, whoever may read that."""
    wanted = list(person_ids)
    touched: set[Id] = set()
    for table in (contact_person, *(each for each in ABOUT_A_PERSON if each not in BY_ITSELF)):
        found = select(table.c.person_id).where(table.c.person_id.in_(wanted), *_after(table, since))
        touched |= set(session.scalars(found))
    other = select(brought_in.c.person_id).where(brought_in.c.person_id.in_(wanted), brought_in.c.batch_id != batch_id)
    touched |= set(session.scalars(other))
    query = select(mdt_case.c.id, mdt_case.c.person_id).where(mdt_case.c.person_id.in_(wanted))
    cases = {row.id: row.person_id for row in session.execute(query)}
    for table in (each for each in ABOUT_A_CASE if each not in BY_ITSELF):
        found = select(table.c.case_id).where(table.c.case_id.in_(list(cases)), *_after(table, since))
        touched |= {cases[case_id] for case_id in session.scalars(found)}
    for one, two in PAIRS:
        pairs = session.execute(select(one, two).where(or_(one.in_(wanted), two.in_(wanted))))
        touched |= {each for pair in pairs for each in pair} & {*wanted}
    later = change.c.received_at_ms > int(since.timestamp() * 1000)
    return touched | set(session.scalars(select(change.c.entity).where(change.c.entity.in_(wanted), later)))


def _after(table: Table, since: datetime) -> list[ColumnElement[bool]]:
    """Of a table that the file wrote into, too, what was said later."""
    return [BY_THE_FILE[table] > since] if table in BY_THE_FILE else []
