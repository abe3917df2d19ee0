"""Where a worker was last, and the last contact they made: for whoever looks for them."""

from datetime import datetime

from sqlalchemy import ColumnElement, Table, case, func, select
from sqlalchemy.orm import Session

from server.tables.street.contact import contact
from server.tables.street.shift import check_in, visit
from server.tables.street.site import site
from shared.model.value import Id, Value


class LastPlace(Value, frozen=True, kw_only=True):
    """Where they were by what they did (`act`) at `at`; accuracy in metres, age of the fix in seconds where the phone told."""

    act: str
    at: datetime
    latitude: float
    longitude: float
    accuracy_m: float | None
    fix_age_s: float | None
    site_name: str = ""


class LastContact(Value, frozen=True, kw_only=True):
    """The last contact they made: when it happened, and at which place. Of whom is not told."""

    at: datetime
    site_name: str


def find_last_place(session: Session, worker_id: Id) -> LastPlace | None:
    """The newest position of a check-in, contact or visit of theirs, or of the known place of one that has no position."""
    found = [_newest(session, table, act, worker_id) for table, act in PLACES]
    found += [_newest_known(session, table, act, worker_id) for table, act in PLACES if table is not check_in]
    return max((each for each in found if each is not None), key=lambda each: each.at, default=None)


PLACES: tuple[tuple[Table, str], ...] = ((check_in, "check_in"), (contact, "contact"), (visit, "visit"))


def _happened_at(table: Table) -> ColumnElement[datetime]:
    """When they were there, however late it was written down, and never after the server heard of it: a phone's clock may be
    fast."""
    if table is contact:
        return case((contact.c.seen_at > contact.c.received_at, contact.c.received_at), else_=contact.c.seen_at)
    return func.coalesce(check_in.c.heard_at, check_in.c.at) if table is check_in else table.c.at


def _newest(session: Session, table: Table, act: str, worker_id: Id) -> LastPlace | None:
    at = _happened_at(table)
    columns = (at.label("at"), table.c.latitude, table.c.longitude, table.c.accuracy_m, table.c.fix_age_s)
    query = select(*columns).where(table.c.worker_id == worker_id, table.c.latitude.is_not(None))
    if table is visit:
        query = query.where(visit.c.is_struck.is_(False))
    row = session.execute(query.order_by(at.desc()).limit(1)).first()
    if row is None:
        return None
    return LastPlace(
        act=act, at=row.at, latitude=row.latitude, longitude=row.longitude, accuracy_m=row.accuracy_m,
        fix_age_s=row.fix_age_s,
    )  # fmt: skip


def _newest_known(session: Session, table: Table, act: str, worker_id: Id) -> LastPlace | None:
    """By the place alone, as a form without GPS tells it."""
    at = _happened_at(table)
    query = (
        select(at.label("at"), site.c.latitude, site.c.longitude, site.c.name)
        .join(site, site.c.id == table.c.site_id)
        .where(table.c.worker_id == worker_id, table.c.latitude.is_(None), site.c.latitude.is_not(None))
    )
    if table is visit:
        query = query.where(visit.c.is_struck.is_(False))
    row = session.execute(query.order_by(at.desc()).limit(1)).first()
    if row is None:
        return None
    return LastPlace(
        act=act, at=row.at, latitude=row.latitude, longitude=row.longitude, accuracy_m=None, fix_age_s=None,
        site_name=row.name or "",
    )  # fmt: skip


def find_last_contact(session: Session, worker_id: Id) -> LastContact | None:
    """The contact of theirs that happened last."""
    at = _happened_at(contact)
    query = (
        select(at.label("at"), site.c.name)
        .outerjoin(site, site.c.id == contact.c.site_id)
        .where(contact.c.worker_id == worker_id)
        .order_by(at.desc())
        .limit(1)
    )
    row = session.execute(query).first()
    return None if row is None else LastContact(at=row.at, site_name=row.name or "")
