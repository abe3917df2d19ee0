"""Which records were found to be one person, and which were not after all: facts, whose order of arrival does not matter.

Of two records the latest word stands.
"""

from collections.abc import Collection, Sequence

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.database import bulk
from server.database.sql import Sql
from server.tables.people.person import person_merge
from shared.model.person import PersonMerged
from shared.model.value import Id


def store_merges(session: Session, merges: Sequence[PersonMerged]) -> set[Id]:
    """Store merges and their undoing; returns every record that is touched.

    What counts is settled anew from all that was said of two records, whichever of it arrived last: of one pair only the latest
    word may be live.
    """
    rows = [msgspec.structs.asdict(each) for each in sorted(merges, key=lambda each: each.id)]
    bulk.insert_new(session, person_merge, rows)
    settle_merges(session, [(each.from_id, each.into_id) for each in merges])
    return {person_id for each in merges for person_id in (each.from_id, each.into_id)}


def is_told(session: Session, merge_id: Id, from_id: Id, into_id: Id, worker_id: Id) -> bool:
    """Is this merge, or its undoing, here already, as the same worker's word on the same two records?"""
    row = session.execute(
        select(person_merge.c.from_id, person_merge.c.into_id, person_merge.c.worker_id).where(
            person_merge.c.id == merge_id
        )
    ).first()
    return row is not None and tuple(row) == (from_id, into_id, worker_id)


def settle_merges(session: Session, pairs: Collection[tuple[Id, Id]]) -> None:
    """Let of each two records the latest word stand, in whichever direction it names them."""
    settled = sorted({(min(pair), max(pair)) for pair in pairs})
    Sql(session).run_each(_SETTLE, [(*pair, *reversed(pair)) * 2 for pair in settled])


_PAIR = "((from_id = ? and into_id = ?) or (from_id = ? and into_id = ?))"
_SETTLE = (
    f"update person_merge set undone = true where not undone and {_PAIR} "
    f"and at <= (select max(said.at) from person_merge said where said.undone and {_PAIR})"
)
"""Whatever was undone was undone by a word that is as late or later, so that the latest undone row says up to when all is."""
