"""How many places of each agenda a district keeps for people new to its conference."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.database import bulk
from server.tables.conferences.conference import newcomer_places
from shared.model.value import Id
from shared.rules.agenda import NEWCOMERS


def find_newcomer_places(session: Session, district_id: Id) -> int:
    """As the district says."""
    found = session.scalar(select(newcomer_places.c.places).where(newcomer_places.c.district_id == district_id))
    return NEWCOMERS if found is None else int(found)


def set_newcomer_places(session: Session, district_id: Id, places: int, now: datetime, worker_id: Id) -> None:
    """From the next choosing on."""
    said = {"district_id": district_id, "places": places, "said_at": now, "said_by": worker_id}
    bulk.upsert(session, newcomer_places, [said])
