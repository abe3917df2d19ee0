"""Equality characteristics: written, and counted over everybody; never read of one person by a worker."""

from collections.abc import Iterable

import msgspec
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from server.database.context import beyond_reader
from server.queries.people.concealment import not_concealed
from server.tables.people.equality import equality_answer
from shared.model.equality import EqualityAnswer


def add_answers(session: Session, new: Iterable[EqualityAnswer]) -> None:
    """Write answers; earlier ones stay."""
    rows = [msgspec.structs.asdict(each) for each in new]
    if rows:
        session.execute(insert(equality_answer), rows)


@beyond_reader
def list_answers(session: Session) -> list[EqualityAnswer]:
    """Everybody's, the oldest first, without hidden people: for figures alone."""
    query = select(equality_answer).where(*not_concealed(session, equality_answer.c.person_id))
    rows = session.execute(query.order_by(equality_answer.c.at, equality_answer.c.id)).mappings()
    return [EqualityAnswer(**row) for row in rows]
