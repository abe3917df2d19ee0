"""What teams know of each 125 m square of their own districts: when they looked there, and how many people they met.

For outreach's own planning: exact, never for a commissioner or the public, and decided in `server.access` before.
"""

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from sqlalchemy import case, func, literal, select, union_all
from sqlalchemy.orm import Session

from server.queries.people.concealment import contact_not_concealed, not_concealed
from server.tables.maps.sighting import sighting
from server.tables.referrals.referral import referral
from server.tables.street.contact import contact, contact_person
from server.tables.street.shift import visit
from server.tables.street.site import site
from shared.model.codes import ReferralState, SiteKind
from shared.model.value import Id
from shared.rules.verification import ROUGH_SLEEPING_STATES


class CellLook(NamedTuple):
    """Teams looked at a leaf of the grid on a night, so many times, and met so many people sleeping rough (often nobody)."""

    cell: int
    night: date
    people: int
    looks: int = 1


class OutsidePoint(NamedTuple):
    """People whom others counted or reported at a WGS 84 point on a day. Nobody is identified in it."""

    latitude: float
    longitude: float
    day: date
    people: int


class SitePoint(NamedTuple):
    """A known bedding-down place, to read a map by."""

    site_id: Id
    name: str
    kind: SiteKind
    latitude: float
    longitude: float


def list_site_points(session: Session, district_ids: Collection[Id]) -> list[SitePoint]:
    """Returns the places in use of these districts that have a pin."""
    query = select(site.c.id, site.c.name, site.c.kind, site.c.latitude, site.c.longitude).where(
        site.c.district_id.in_(sorted(district_ids)), site.c.in_use.is_(True), site.c.latitude.is_not(None)
    )
    return [
        SitePoint(site_id, name, SiteKind(kind), latitude, longitude)
        for site_id, name, kind, latitude, longitude in session.execute(query)
    ]


def list_cell_looks(session: Session, district_ids: Collection[Id], since: date) -> list[CellLook]:
    """Returns the looks in these districts from the night `since` on, a row for each leaf and night; those that met
    somebody and those that found nobody apart."""
    is_rough = contact.c.state.in_([str(state) for state in ROUGH_SLEEPING_STATES])
    known = (
        select(func.count())
        .where(contact_person.c.contact_id == contact.c.id, *not_concealed(session, contact_person.c.person_id))
        .correlate(contact)
        .scalar_subquery()
    )
    met = func.sum(case((is_rough, known + contact.c.unidentified_people), else_=0))
    contacts = (
        select(contact.c.cell, contact.c.night, met.label("people"), func.count().label("looks"))
        .where(
            contact.c.district_id.in_(sorted(district_ids)),
            contact.c.night >= since,
            contact.c.cell.is_not(None),
            *contact_not_concealed(session),
        )
        .group_by(contact.c.cell, contact.c.night)
    )
    empty = (
        select(visit.c.cell, visit.c.night, literal(0).label("people"), func.count().label("looks"))
        .where(
            visit.c.district_id.in_(sorted(district_ids)),
            visit.c.night >= since,
            visit.c.cell.is_not(None),
            visit.c.people_found == 0,
        )
        .group_by(visit.c.cell, visit.c.night)
    )
    return [CellLook(*row) for row in session.execute(union_all(contacts, empty)).all()]


def list_outside_points(session: Session, district_ids: Collection[Id], period: timedelta) -> list[OutsidePoint]:
    """Returns the night counts and reports of these districts, over the last `period` that there are any of.

    They stand in where no team has looked yet; a report of a place once looked at is in that team's own contacts.
    """
    here = sorted(district_ids)
    counts = select(sighting.c.latitude, sighting.c.longitude, sighting.c.night, sighting.c.people).where(
        sighting.c.district_id.in_(here)
    )
    set_aside = [str(ReferralState.DUPLICATE_OF), str(ReferralState.WRONG_AREA)]
    reports = select(
        referral.c.latitude, referral.c.longitude, referral.c.reported_at, func.coalesce(referral.c.people_count, 1)
    ).where(referral.c.district_id.in_(here), referral.c.latitude.is_not(None), referral.c.state.not_in(set_aside))
    last = session.scalar(select(func.max(sighting.c.night)).where(sighting.c.district_id.in_(here)))
    reported = session.scalar(select(func.max(referral.c.reported_at)).where(referral.c.district_id.in_(here)))
    days = [each for each in (last, reported.date() if reported else None) if each is not None]
    if not days:
        return []
    since = max(days) - period
    midnight = datetime.combine(since, time.min, UTC)
    return [
        *(OutsidePoint(*row) for row in session.execute(counts.where(sighting.c.night >= since))),
        *(
            OutsidePoint(latitude, longitude, at.date(), people)
            for latitude, longitude, at, people in session.execute(reports.where(referral.c.reported_at >= midnight))
        ),
    ]
