"""Squares to go back to: where people were met lately who were bedded down, or with whom a next step was agreed. Counts only."""

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import date, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from server.queries.people.concealment import not_concealed
from server.tables.street.contact import contact, contact_person
from shared.model.value import Id
from shared.rules.verification import ROUGH_SLEEPING_STATES

FOLLOW_UP_NIGHTS = 7
"""As on the phone's own list of tonight."""


def count_follow_ups(session: Session, district_ids: Collection[Id], tonight: date) -> Mapping[int, int]:
    """By square, how many people were last met there in the last nights and not yet tonight."""
    last: dict[Id, tuple[date, int | None]] = {}
    states = [str(each.value) for each in ROUGH_SLEEPING_STATES]
    query = (
        select(contact_person.c.person_id, contact.c.night, contact.c.cell)
        .join(contact, contact.c.id == contact_person.c.contact_id)
        .where(
            contact.c.district_id.in_(sorted(district_ids)),
            contact.c.night >= tonight - timedelta(days=FOLLOW_UP_NIGHTS),
            or_(contact.c.state.in_(states), contact.c.next_step != ""),
            *not_concealed(session, contact_person.c.person_id),
        )
        .order_by(contact.c.seen_at, contact.c.id)
    )
    for person_id, night, cell in session.execute(query):
        last[person_id] = (night, cell)
    return Counter(cell for night, cell in last.values() if cell is not None and night < tonight)
