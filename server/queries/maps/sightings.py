"""Night counts loaded from elsewhere: written many at once, and told from those held already."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from server.database.bulk import insert_new
from server.tables.maps.sighting import sighting
from shared.model.value import Id

CHUNK = 5_000
"""How many values one IN may hold: under SQLite's and PostgreSQL's limits both."""


class StoredCount(NamedTuple):
    """People counted at a WGS 84 point on a night. `row_key` is the same for the same row.
    `looked`: the file says that somebody set out to look there."""

    id: Id
    night: date
    latitude: float
    longitude: float
    people: int
    district_id: Id | None
    import_batch_id: Id
    row_key: str
    looked: bool = False


def list_known_keys(session: Session, keys: Sequence[str]) -> set[str]:
    """Which of these rows are held already."""
    held: set[str] = set()
    for start in range(0, len(keys), CHUNK):
        query = select(sighting.c.row_key).where(sighting.c.row_key.in_(keys[start : start + CHUNK]))
        held.update(session.scalars(query))
    return held


def add_counts(session: Session, counts: Sequence[StoredCount]) -> None:
    """Store counts."""
    insert_new(session, sighting, [count._asdict() for count in counts])


def set_looked(session: Session, keys: Sequence[str]) -> None:
    """Say of these rows, which are held, that somebody set out to look there."""
    for start in range(0, len(keys), CHUNK):
        these = sighting.c.row_key.in_(keys[start : start + CHUNK])
        session.execute(update(sighting).where(these, sighting.c.looked.is_(False)).values(looked=True))
