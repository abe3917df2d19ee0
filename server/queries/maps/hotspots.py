"""What hotspots are made of: where teams looked and met people, night counts, reports; and the maps once published.

Positions and counts only: no name, no attribute of anybody is read here (privacy rule A10). What may be shown of them
is decided in `server.hotspots`.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import NamedTuple

import msgspec
from sqlalchemy import ColumnElement, and_, case, func, insert, literal, null, select
from sqlalchemy.orm import Session

from server.queries.partnership.boundary_changes import with_former
from server.queries.people.concealment import contact_not_concealed, not_concealed
from server.tables.maps.hotspot import hotspot_publication, hotspot_region
from server.tables.maps.sighting import sighting
from server.tables.people.person import person_merge
from server.tables.people.verification import person_verification
from server.tables.referrals.referral import referral
from server.tables.street.contact import contact, contact_person
from server.tables.street.shift import visit
from server.tables.street.site import site
from shared.model.codes import ReferralState
from shared.model.value import Id
from shared.rules.joined import choose_one
from shared.rules.verification import ROUGH_SLEEPING_STATES


class Seen(NamedTuple):
    """People seen at a WGS 84 point on a night; `is_look` where a team had set out to look, also when it found nobody."""

    latitude: float
    longitude: float
    night: date
    people: int
    is_look: bool


class LookedAt(NamedTuple):
    """One person met (None: nobody known) in one contact or visit, at a WGS 84 point on a night of one shift.

    A contact of several people is several rows; `unidentified` is the whole contact's and stands on each of them.
    """

    latitude: float
    longitude: float
    night: date
    outing: Id
    person_id: Id | None
    unidentified: int
    of: Id


class PersonSeen(NamedTuple):
    """One identified, verified person seen sleeping rough."""

    person_id: Id
    latitude: float
    longitude: float
    night: date
    seen_at: datetime


class Publication(msgspec.Struct, frozen=True, kw_only=True):
    """One frozen map: for whom, of which period, under which rule. Periods include both days."""

    id: Id
    audience: str
    period_starts_on: date
    period_ends_on: date
    threshold: int
    minimum_leaves: int
    leaf_level: int
    crs: str
    published_at: datetime
    people_shown: int
    visits: int | None = None


class PublishedRegion(msgspec.Struct, frozen=True, kw_only=True):
    """One region of a map: its leaves, its shape as GeoJSON in WGS 84, and what is shown of it.

    `visits` is the lower end of the band of looks made there in the period, so that more looking is not taken for more
    people, and no exact number tells empty ground from ground with a few.
    """

    number: int
    leaves: tuple[int, ...]
    geojson: str
    shown: int | None
    visits: int | None = None


def list_looked_at(session: Session, first: date, last: date) -> list[LookedAt]:
    """Every contact and every visit that found nobody, at its own pin, else its site's or report's: what looks are made of."""
    is_rough = contact.c.state.in_([str(state) for state in ROUGH_SLEEPING_STATES])
    at_latitude, at_longitude = place_of(contact.c.latitude, contact.c.longitude)
    contacts = (
        select(
            at_latitude, at_longitude, contact.c.night, func.coalesce(contact.c.shift_id, contact.c.team_id),
            case((is_rough, contact_person.c.person_id)),
            case((is_rough, contact.c.unidentified_people), else_=0), contact.c.id,
        )
        .outerjoin(
            contact_person,
            and_(contact_person.c.contact_id == contact.c.id, *not_concealed(session, contact_person.c.person_id)),
        )
        .outerjoin(site, site.c.id == contact.c.site_id)
        .outerjoin(referral, referral.c.id == contact.c.referral_id)
        .where(contact.c.night.between(first, last), at_latitude.is_not(None), *contact_not_concealed(session))
    )  # fmt: skip
    at_latitude, at_longitude = place_of(visit.c.latitude, visit.c.longitude)
    visits = (
        select(
            at_latitude, at_longitude, visit.c.night, func.coalesce(visit.c.shift_id, visit.c.team_id),
            null(), literal(0), visit.c.id,
        )
        .outerjoin(site, site.c.id == visit.c.site_id)
        .outerjoin(referral, referral.c.id == visit.c.referral_id)
        .where(
            visit.c.night.between(first, last), at_latitude.is_not(None), visit.c.people_found == 0,
            visit.c.is_struck.is_(False),
        )
    )  # fmt: skip
    one_id = find_one_id(session)
    return [
        LookedAt(latitude, longitude, night, outing, one_id.get(person_id, person_id), unidentified, of)
        for query in (contacts, visits)
        for latitude, longitude, night, outing, person_id, unidentified, of in session.execute(query)
    ]


def list_counts(session: Session, first: date, last: date) -> list[Seen]:
    """Night counts: people at a point, where no file says that somebody set out to look. Their zeros say nothing: left out."""
    query = select(sighting.c.latitude, sighting.c.longitude, sighting.c.night, sighting.c.people)
    here = (sighting.c.night.between(first, last), sighting.c.people > 0, sighting.c.looked.is_(False))
    return [Seen(*row, False) for row in session.execute(query.where(*here))]


def list_counted_looks(session: Session, first: date, last: date) -> list[LookedAt]:
    """Night counts where the file says that somebody looked: a square on a night is one look, however many rows it is."""
    query = select(sighting.c.latitude, sighting.c.longitude, sighting.c.night, sighting.c.people, sighting.c.id)
    rows = session.execute(query.where(sighting.c.night.between(first, last), sighting.c.looked.is_(True)))
    return [
        LookedAt(latitude, longitude, night, "", None, people, of) for latitude, longitude, night, people, of in rows
    ]


def list_reports(session: Session, first: datetime, last: datetime) -> list[Seen]:
    """Reports from outside, one person each unless they say more. They never make a published map (privacy trap 4)."""
    set_aside = [str(ReferralState.DUPLICATE_OF), str(ReferralState.WRONG_AREA)]
    query = select(
        referral.c.latitude, referral.c.longitude, referral.c.reported_at, func.coalesce(referral.c.people_count, 1)
    ).where(
        referral.c.latitude.is_not(None),
        referral.c.reported_at.between(first, last),
        referral.c.state.not_in(set_aside),
    )
    return [Seen(row[0], row[1], row[2].date(), row[3], False) for row in session.execute(query)]


def list_people_seen(session: Session, first: date, last: date, district_ids: Collection[Id]) -> list[PersonSeen]:
    """Each time a verified person was met sleeping rough in these districts, whatever their ground was called that night.

    Under the one id that records found to be theirs share: two records of one person never make two people.
    """
    at_latitude, at_longitude = place_of(contact.c.latitude, contact.c.longitude)
    query = (
        select(contact_person.c.person_id, at_latitude, at_longitude, contact.c.night, contact.c.seen_at)
        .join(contact, contact.c.id == contact_person.c.contact_id)
        .join(person_verification, person_verification.c.person_id == contact_person.c.person_id)
        .outerjoin(site, site.c.id == contact.c.site_id)
        .outerjoin(referral, referral.c.id == contact.c.referral_id)
        .where(
            contact.c.night.between(first, last),
            contact.c.state.in_([str(state) for state in ROUGH_SLEEPING_STATES]),
            contact.c.district_id.in_(sorted(with_former(session, district_ids))),
            person_verification.c.verified.is_(True),
            at_latitude.is_not(None),
            *not_concealed(session, contact_person.c.person_id),
        )
    )
    one_id = find_one_id(session)
    return [
        PersonSeen(one_id.get(person_id, person_id), latitude, longitude, night, seen_at)
        for person_id, latitude, longitude, night, seen_at in session.execute(query)
    ]


def list_publications(session: Session, audience: str | None = None) -> list[Publication]:
    """Every map ever published, the latest period first."""
    query = select(hotspot_publication).order_by(hotspot_publication.c.period_ends_on.desc(), hotspot_publication.c.id)
    if audience is not None:
        query = query.where(hotspot_publication.c.audience == audience)
    names = Publication.__struct_fields__
    return [Publication(**{name: row[name] for name in names}) for row in session.execute(query).mappings()]


def list_regions(session: Session, publication_id: Id) -> list[PublishedRegion]:
    """What one map shows."""
    query = select(hotspot_region).where(hotspot_region.c.publication_id == publication_id)
    return [
        PublishedRegion(
            number=row["number"],
            leaves=tuple(msgspec.json.decode(row["leaves"])),
            geojson=row["geojson"],
            shown=row["shown"],
            visits=row["visits"],
        )
        for row in session.execute(query.order_by(hotspot_region.c.number)).mappings()
    ]


def add_publication(session: Session, publication: Publication, regions: Sequence[PublishedRegion]) -> None:
    """Write a map into the ledger, where it stays as it is."""
    session.execute(insert(hotspot_publication), [msgspec.structs.asdict(publication)])
    rows = [
        {
            "publication_id": publication.id,
            "number": region.number,
            "leaves": msgspec.json.encode(region.leaves).decode(),
            "geojson": region.geojson,
            "shown": region.shown,
            "visits": region.visits,
        }
        for region in regions
    ]
    if rows:
        session.execute(insert(hotspot_region), rows)


def place_of(latitude: ColumnElement[float], longitude: ColumnElement[float]) -> tuple[ColumnElement[float], ...]:
    """Where a contact or visit was: its own pin, else its site's, else its report's, as for the teams' own squares."""
    return (
        func.coalesce(latitude, site.c.latitude, referral.c.latitude),
        func.coalesce(longitude, site.c.longitude, referral.c.longitude),
    )


def find_one_id(session: Session) -> dict[Id, Id]:
    """For each record found to be another's: the id that stands for them all."""
    query = select(person_merge.c.from_id, person_merge.c.into_id).where(person_merge.c.undone.is_(False))
    return choose_one((row.from_id, row.into_id) for row in session.execute(query))
