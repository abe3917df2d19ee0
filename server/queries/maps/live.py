"""What the teams' live map shows beside squares: exact places with their contacts, open reports, and a stamp of all that."""

from collections.abc import Collection
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.queries.people.concealment import contact_not_concealed
from server.queries.referrals.inbox import within
from server.tables.referrals.referral import referral
from server.tables.street.contact import contact
from server.tables.street.look import look
from server.tables.street.shift import visit
from server.tables.street.site import site
from shared.model.codes import ReferralState, SiteKind
from shared.model.value import Id

OPEN = tuple(
    str(each)
    for each in (
        ReferralState.RECEIVED, ReferralState.NEEDS_INFORMATION, ReferralState.ASSIGNED, ReferralState.LOOKED_FOR,
    )
)  # fmt: skip


class SiteNow(NamedTuple):
    """A known place: contacts there in the time that is shown, and the night of the last ever."""

    site_id: Id
    name: str
    kind: SiteKind
    latitude: float
    longitude: float
    contacts: int
    last_night: date | None


class OpenReport(NamedTuple):
    """A report that waits for an outcome, at its pin."""

    referral_id: Id
    latitude: float
    longitude: float
    reported_at: datetime
    due_on: date


def list_sites_now(
    session: Session, district_ids: Collection[Id], since: date, states: Collection[str]
) -> list[SiteNow]:
    """The places in use of these districts that have a pin, those met at most lately first; contacts in these states."""
    met = (
        select(
            contact.c.site_id,
            func.count().filter(contact.c.night >= since).label("n"),
            func.max(contact.c.night).label("last"),
        )
        .join(site, site.c.id == contact.c.site_id)  # whatever the district was called when somebody was met there
        .where(
            site.c.district_id.in_(sorted(district_ids)),
            contact.c.state.in_(sorted(states)),
            *contact_not_concealed(session),
        )
        .group_by(contact.c.site_id)
        .subquery()
    )
    query = (
        select(
            site.c.id,
            site.c.name,
            site.c.kind,
            site.c.latitude,
            site.c.longitude,
            func.coalesce(met.c.n, 0),
            met.c.last,
        )
        .outerjoin(met, met.c.site_id == site.c.id)
        .where(site.c.district_id.in_(sorted(district_ids)), site.c.in_use.is_(True), site.c.latitude.is_not(None))
        .order_by(met.c.last.desc().nulls_last(), site.c.name, site.c.id)
    )
    return [
        SiteNow(site_id, name, SiteKind(kind), latitude, longitude, contacts, last)
        for site_id, name, kind, latitude, longitude, contacts, last in session.execute(query)
    ]


def list_open_reports(session: Session, district_ids: Collection[Id]) -> list[OpenReport]:
    """The open reports of these districts that have a pin, the longest due first."""
    query = select(
        referral.c.id, referral.c.latitude, referral.c.longitude, referral.c.reported_at, referral.c.due_on
    ).where(
        referral.c.district_id.in_(sorted(district_ids)),
        referral.c.state.in_(OPEN),
        referral.c.latitude.is_not(None),
    )
    return [OpenReport(*row) for row in session.execute(query.order_by(referral.c.due_on))]


class TeamReport(NamedTuple):
    """An open report that a team is to answer, at its pin."""

    referral_id: Id
    latitude: float
    longitude: float
    due_on: date
    place: str
    people: int


def list_reports_of_team(
    session: Session, team_id: Id, district_ids: Collection[Id], team_ids: Collection[Id]
) -> list[TeamReport]:
    """The open reports that this team has and that have a pin, the longest due first, of a reader's districts and teams."""
    query = select(
        referral.c.id, referral.c.latitude, referral.c.longitude, referral.c.due_on, referral.c.place,
        func.coalesce(referral.c.people_count, 1),
    ).where(
        referral.c.team_id == team_id,
        within(district_ids, team_ids),
        referral.c.state.in_(OPEN),
        referral.c.latitude.is_not(None),
    )  # fmt: skip
    return [TeamReport(*row) for row in session.execute(query.order_by(referral.c.due_on, referral.c.id))]


def count_due_without_pin(
    session: Session, team_id: Id, district_ids: Collection[Id], team_ids: Collection[Id], by: date
) -> int:
    """How many open reports that this team has, of a reader's districts and teams, are due and have no pin, so are in no walk."""
    query = select(func.count()).where(
        referral.c.team_id == team_id,
        within(district_ids, team_ids),
        referral.c.state.in_(OPEN),
        referral.c.latitude.is_(None),
        referral.c.due_on <= by,
    )
    return session.scalar(query) or 0


def find_stamp(session: Session, district_ids: Collection[Id]) -> str:
    """Says whether anything came in, was put right, struck out, merged or answered that this reader may know of: the same as long
    as nothing was. It is long, and for comparing alone."""
    here = sorted(district_ids)
    contacts = session.execute(
        select(func.count(), func.max(contact.c.received_at), func.sum(contact.c.corrections)).where(
            contact.c.district_id.in_(here), *contact_not_concealed(session)
        )
    ).one()
    # Each count can only grow, or an erasure makes it less: no two things that happen at once leave the stamp as it was.
    visits = session.execute(
        select(func.count(), func.count().filter(visit.c.is_struck)).where(visit.c.district_id.in_(here))
    ).one()
    places = session.execute(
        select(func.count(), func.max(site.c.changed_at)).where(site.c.district_id.in_(here))
    ).one()
    # A merge makes two people of a square one, and touches no contact.
    found = session.execute(
        select(func.count(), func.sum(look.c.people), func.sum(look.c.unidentified)).where(look.c.district_id.in_(here))
    ).one()
    shown = (referral.c.id, referral.c.latitude, referral.c.longitude, referral.c.due_on)
    reports = session.execute(
        select(*shown).where(referral.c.district_id.in_(here), referral.c.state.in_(OPEN)).order_by(referral.c.id)
    ).all()
    return repr([tuple(contacts), tuple(visits), tuple(places), tuple(found), [tuple(each) for each in reports]])
