"""Links to somebody's own page, and what they wished there."""

from collections.abc import Collection
from datetime import datetime

import msgspec
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from server.tables.people.own_page import own_link, own_wish
from shared.model.value import Id, Value

NO_PIN = ""


class OwnLink(Value, frozen=True, kw_only=True):
    """A link that opens once until it expires. `ended_at`: taken back, or too many wrong PINs."""

    id: Id
    person_id: Id
    agency_id: Id
    made_at: datetime
    made_by: Id
    expires_at: datetime
    pin_hash: str
    wrong_tries: int = 0
    opened_at: datetime | None = None
    ended_at: datetime | None = None


class OwnWish(Value, frozen=True, kw_only=True):
    """A wish, or something that is wrong (`kind`), in the person's words; and what was done."""

    id: Id
    person_id: Id
    link_id: Id
    agency_id: Id
    kind: str
    words: str
    at: datetime
    settled_at: datetime | None = None
    settled_by: Id | None = None
    answer: str = ""


def add_link(session: Session, new: OwnLink) -> None:
    """Keep a link."""
    session.execute(insert(own_link), [msgspec.structs.asdict(new)])


def find_link(session: Session, link_id: Id, *, to_change: bool = False) -> OwnLink | None:
    """A link; `to_change`, held until the transaction ends."""
    query = select(own_link).where(own_link.c.id == link_id)
    row = session.execute(query.with_for_update() if to_change else query).mappings().first()
    return None if row is None else OwnLink(**row)


def set_link(session: Session, changed: OwnLink) -> None:
    """Write what became of a link. Of one that opens no more the PIN is forgotten: somebody may use it elsewhere."""
    values = {name: getattr(changed, name) for name in ("wrong_tries", "opened_at", "ended_at")}
    if changed.opened_at or changed.ended_at:
        values["pin_hash"] = NO_PIN
    session.execute(update(own_link).where(own_link.c.id == changed.id).values(**values))


def end_links(session: Session, person_ids: Collection[Id], at: datetime) -> None:
    """No link of theirs opens any more."""
    theirs = own_link.c.person_id.in_(sorted(person_ids)) & own_link.c.ended_at.is_(None)
    session.execute(update(own_link).where(theirs).values(ended_at=at, pin_hash=NO_PIN))


def end_links_made_by(session: Session, worker_id: Id, at: datetime) -> None:
    """No link that this worker made opens any more, and no page that one of them opened stands open."""
    theirs = (own_link.c.made_by == worker_id) & own_link.c.ended_at.is_(None)
    session.execute(update(own_link).where(theirs).values(ended_at=at, pin_hash=NO_PIN))


def end_every_link(session: Session, at: datetime) -> None:
    """No link opens any more, whoever made it."""
    session.execute(update(own_link).where(own_link.c.ended_at.is_(None)).values(ended_at=at, pin_hash=NO_PIN))


def forget_pins(session: Session, now: datetime) -> None:
    """Forget the PIN of every link whose week is over."""
    over = (own_link.c.expires_at < now) & (own_link.c.pin_hash != NO_PIN)
    session.execute(update(own_link).where(over).values(pin_hash=NO_PIN))


def add_wish(session: Session, new: OwnWish) -> None:
    """Keep what they said."""
    session.execute(insert(own_wish), [msgspec.structs.asdict(new)])


def list_wishes(session: Session, *, person_ids: Collection[Id] = (), agency_id: Id | None = None) -> list[OwnWish]:
    """Those of somebody, or those that wait for a service, the oldest first."""
    query = select(own_wish).order_by(own_wish.c.at, own_wish.c.id)
    if agency_id is not None:
        query = query.where(own_wish.c.agency_id == agency_id, own_wish.c.settled_at.is_(None))
    else:
        query = query.where(own_wish.c.person_id.in_(sorted(person_ids)))
    return [OwnWish(**row) for row in session.execute(query).mappings()]


def find_wish(session: Session, wish_id: Id) -> OwnWish | None:
    """One wish, held until the transaction ends."""
    row = session.execute(select(own_wish).where(own_wish.c.id == wish_id).with_for_update()).mappings().first()
    return None if row is None else OwnWish(**row)


def settle_wish(session: Session, wish_id: Id, at: datetime, by: Id, answer: str) -> bool:
    """Say what was done; False where somebody has."""
    values = {"settled_at": at, "settled_by": by, "answer": answer}
    waits = (own_wish.c.id == wish_id) & own_wish.c.settled_at.is_(None)
    return bool(getattr(session.execute(update(own_wish).where(waits).values(**values)), "rowcount", 0))
