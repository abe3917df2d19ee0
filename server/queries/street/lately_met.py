"""Who was met lately and is worth going back to, as a team's phones list them: met bedded down, or left with a next step.

Only what the reader may see is shown of it: `server.actions.street.to_visit` asks policy of each.
"""

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from server.database.positions import read_position
from server.queries.people.concealment import not_concealed
from server.tables.street.contact import contact, contact_person
from server.tables.street.site import site
from shared.model.codes import ContactState
from shared.model.position import Position
from shared.model.value import Id, Value

WORTH_ANOTHER_LOOK = (ContactState.BEDDED_DOWN, ContactState.ABOUT_TO_BED_DOWN)


class FollowUp(Value, frozen=True, kw_only=True):
    """The newest contact with somebody, of a record that may be one of several of theirs."""

    person_id: Id
    seen_at: datetime
    night: date
    place: str
    position: Position | None
    next_step: str


def list_follow_ups(
    session: Session, team_ids: Collection[Id], district_ids: Collection[Id], since: date, before: date, limit: int
) -> list[FollowUp]:
    """The people whom these teams met last, in these districts or nowhere in particular, from a night on and before another; the
    newest first."""
    newer = contact_person.alias()
    is_newest = ~exists().where(
        newer.c.person_id == contact_person.c.person_id, newer.c.seen_at > contact_person.c.seen_at
    )
    worth = [str(each) for each in WORTH_ANOTHER_LOOK]
    query = (
        select(contact_person.c.person_id, contact, site.c.name.label("place"))
        .join(contact, contact.c.id == contact_person.c.contact_id)
        .outerjoin(site, site.c.id == contact.c.site_id)
        .where(
            or_(contact.c.district_id.in_(sorted(district_ids)), contact.c.district_id.is_(None)),
            contact.c.night >= since,
            contact.c.night < before,
            contact.c.team_id.in_(sorted(team_ids)),
            or_(contact.c.state.in_(worth), contact.c.next_step != ""),
            is_newest,
            *not_concealed(session, contact_person.c.person_id),
        )
        .order_by(contact.c.seen_at.desc(), contact_person.c.person_id)
        .limit(limit)
    )
    return [
        FollowUp(
            person_id=row["person_id"], seen_at=row["seen_at"], night=row["night"], place=row["place"] or "",
            position=read_position(row), next_step=row["next_step"],
        )
        for row in session.execute(query).mappings()
    ]  # fmt: skip


def is_last_met(session: Session, person_ids: Collection[Id], seen_at: datetime) -> bool:
    """Did nobody meet one of these records after a moment?"""
    newer = contact_person.c.person_id.in_(sorted(person_ids)), contact_person.c.seen_at > seen_at
    return session.execute(select(contact_person.c.contact_id).where(*newer).limit(1)).first() is None
