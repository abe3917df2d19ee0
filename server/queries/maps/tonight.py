"""What teams know of each 125 m square of their own districts: when they looked there, and how many people they met.

For outreach's own planning: exact, never for a commissioner or the public, and decided in `server.access` before.
"""

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from server.queries.street.looks import list_looks
from server.tables.maps.sighting import sighting
from server.tables.referrals.referral import referral
from server.tables.street.site import site
from shared.model.codes import ReferralState, SiteKind
from shared.model.value import Id

_SAYS_SOMETHING = or_(sighting.c.people > 0, sighting.c.looked.is_(True))
"""A zero of a night count is one where the file says that somebody looked there; else nobody knows."""


class CellLook(NamedTuple):
    """One shift looked at a leaf of the grid on a night, and met so many people sleeping rough (often nobody)."""

    cell: int
    night: date
    people: int


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
    """Returns the looks in these districts from the night `since` on, one a square, night and shift."""
    return [
        CellLook(each.cell, each.night, each.people + each.unidentified)
        for each in list_looks(session, district_ids, since, date.max)
        if each.cell
    ]


def list_outside_points(session: Session, district_ids: Collection[Id], period: timedelta) -> list[OutsidePoint]:
    """Returns the night counts and reports of these districts, over the last `period` that there are any of.

    They stand in where no team has looked yet; a report of a place once looked at is in that team's own contacts.
    """
    here = sorted(district_ids)
    counts = select(sighting.c.latitude, sighting.c.longitude, sighting.c.night, sighting.c.people).where(
        sighting.c.district_id.in_(here), _SAYS_SOMETHING
    )
    set_aside = [str(ReferralState.DUPLICATE_OF), str(ReferralState.WRONG_AREA)]
    says_where = (
        referral.c.district_id.in_(here), referral.c.latitude.is_not(None), referral.c.state.not_in(set_aside),
    )  # fmt: skip
    reports = select(
        referral.c.latitude, referral.c.longitude, referral.c.reported_at, func.coalesce(referral.c.people_count, 1)
    ).where(*says_where)
    last = session.scalar(select(func.max(sighting.c.night)).where(sighting.c.district_id.in_(here), _SAYS_SOMETHING))
    reported = session.scalar(select(func.max(referral.c.reported_at)).where(*says_where))
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
