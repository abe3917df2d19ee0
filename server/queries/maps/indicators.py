"""What the national indicators are counted from: nights on which people were met sleeping rough, and institutions left."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime
from typing import NamedTuple

import msgspec
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from server.database.context import beyond_reader
from server.database.sql import Sql
from server.queries.maps.hotspots import find_one_id, place_of
from server.queries.partnership.boundary_changes import list_lineage
from server.queries.people.concealment import contact_not_concealed, not_concealed
from server.queries.people.stays import list_counted_stays
from server.queries.street.looks import pieces
from server.tables.partnership.agency import team_district
from server.tables.people.person import person
from server.tables.people.verification import person_verification
from server.tables.referrals.referral import referral
from server.tables.street.contact import contact, contact_person
from server.tables.street.site import site
from shared.model.codes import InstitutionLeft
from shared.model.value import Id, Value
from shared.rules.indicators import InstitutionExit, MovedIn, SeenNight, months_before_day
from shared.rules.institutions import DAY, INSTITUTION, Written, read_exits
from shared.rules.stays import list_exits_of, list_moves
from shared.rules.verification import ROUGH_SLEEPING_STATES

NO_INSTITUTION = (InstitutionLeft.NONE, InstitutionLeft.NOT_KNOWN)
CARE_ENDS_YEARS = 25
_WRITTEN = """
select entity, field, eff, value from sync_write where entity in ?* and field in ?* and not erased
order by eff, device, n, field desc
"""


class ContactPoint(NamedTuple):
    """A contact, and where it was (WGS 84): its own pin, else its site's, else its report's."""

    id: Id
    night: date
    cell: int | None
    latitude: float
    longitude: float


def list_seen_nights(session: Session, district_id: Id) -> list[SeenNight]:
    """Every night on which somebody was met sleeping rough in a district, or in one whose whole ground became its own, under the
    one id that their records share: nobody is new because a district has another name."""
    query = (
        select(contact_person.c.person_id, contact_person.c.night)
        .where(
            contact_person.c.district_id.in_(list_lineage(session, district_id)),
            contact_person.c.state.in_([str(state) for state in ROUGH_SLEEPING_STATES]),
            *not_concealed(session, contact_person.c.person_id),
        )
        .distinct()
    )
    one_id = find_one_id(session)
    rows = session.execute(query)
    return [SeenNight(person_id=one_id.get(person_id, person_id), night=night) for person_id, night in rows]


def list_placed_nights(session: Session, district_ids: Collection[Id]) -> list[tuple[SeenNight, float, float]]:
    """The same of these districts, each with where it was (WGS 84): the contact's own pin, else its site's, else its report's."""
    at = place_of(contact.c.latitude, contact.c.longitude)
    query = (
        select(contact_person.c.person_id, contact_person.c.night, *at)
        .join(contact, contact.c.id == contact_person.c.contact_id)
        .outerjoin(site, site.c.id == contact.c.site_id)
        .outerjoin(referral, referral.c.id == contact.c.referral_id)
        .where(
            contact_person.c.district_id.in_(sorted(district_ids)),
            contact_person.c.state.in_([str(state) for state in ROUGH_SLEEPING_STATES]),
            at[0].is_not(None),
            *not_concealed(session, contact_person.c.person_id),
        )
        .distinct()
    )
    one_id = find_one_id(session)
    return [
        (SeenNight(person_id=one_id.get(person_id, person_id), night=night), latitude, longitude)
        for person_id, night, latitude, longitude in session.execute(query)
    ]


def list_exits(session: Session) -> list[InstitutionExit]:
    """Every discharge known of anybody: as their record says now or said before, and as a stay that ended; care leavers
    without a day too."""
    one_id = find_one_id(session)
    query = select(person.c.id, person.c.institution_left, person.c.institution_left_on, person.c.date_of_birth).where(
        or_(
            person.c.institution_left_on.is_not(None),
            person.c.institution_left == str(InstitutionLeft.CARE_LEAVER_UNDER_25),
        ),
        *not_concealed(session, person.c.id),
    )
    rows = session.execute(query).all()
    before = _list_written(session, [row.id for row in rows])
    exits = {
        InstitutionExit(
            person_id=one_id.get(row.id, row.id), institution=left, left_on=left_on,
            turns_25_on=None if row.date_of_birth is None else months_before_day(row.date_of_birth, -12 * CARE_ENDS_YEARS),
        )
        for row in rows
        for left, left_on in (
            (InstitutionLeft(row.institution_left), row.institution_left_on),
            *read_exits(before.get(row.id, [])),
        )
        if left not in NO_INSTITUTION
    }  # fmt: skip
    exits |= {
        msgspec.structs.replace(each, person_id=one_id.get(each.person_id, each.person_id))
        for each in list_exits_of(list_counted_stays(session))
    }
    return sorted(exits, key=lambda each: (each.person_id, each.left_on or date.min, each.institution))


def list_moves_of(session: Session, district_ids: Collection[Id]) -> list[MovedIn]:
    """Who moved into accommodation that these districts recorded, under the one id that their records share."""
    one_id = find_one_id(session)
    return [
        msgspec.structs.replace(each, person_id=one_id.get(each.person_id, each.person_id))
        for district_id in district_ids
        for each in list_moves(list_counted_stays(session, district_id))
    ]


@beyond_reader
def list_last_places(session: Session, district_id: Id) -> dict[Id, tuple[float, float]]:
    """Where each person was last met at a known place of a district (WGS 84), by the one id that their records share: to sort
    what is counted, never to be shown."""
    latitude, longitude = place_of(contact.c.latitude, contact.c.longitude)
    query = (
        select(contact_person.c.person_id, latitude, longitude)
        .join(contact, contact.c.id == contact_person.c.contact_id)
        .outerjoin(site, site.c.id == contact.c.site_id)
        .outerjoin(referral, referral.c.id == contact.c.referral_id)
        .where(contact.c.district_id == district_id, latitude.is_not(None))
        .order_by(contact.c.seen_at, contact.c.id)
    )
    one_id = find_one_id(session)
    return {one_id.get(person_id, person_id): (north, east) for person_id, north, east in session.execute(query)}


def list_contact_points(session: Session, district_ids: Collection[Id], first: date, last: date) -> list[ContactPoint]:
    """The contacts of these districts and nights that have a place, by id."""
    latitude, longitude = place_of(contact.c.latitude, contact.c.longitude)
    query = (
        select(contact.c.id, contact.c.night, contact.c.cell, latitude, longitude)
        .outerjoin(site, site.c.id == contact.c.site_id)
        .outerjoin(referral, referral.c.id == contact.c.referral_id)
        .where(
            contact.c.district_id.in_(sorted(district_ids)), contact.c.night.between(first, last), latitude.is_not(None)
        )
    )
    return [ContactPoint(*row) for row in session.execute(query.order_by(contact.c.id))]


def list_placeless_strangers(session: Session, district_ids: Collection[Id], night: date) -> list[int]:
    """How many people whom nobody knew each shift (else team) met sleeping rough at no known place of these districts."""
    outing = func.coalesce(contact.c.shift_id, contact.c.team_id)
    query = select(func.sum(contact.c.unidentified_people)).where(
        contact.c.district_id.in_(sorted(district_ids)),
        contact.c.night == night,
        contact.c.state.in_([str(state) for state in ROUGH_SLEEPING_STATES]),
        contact.c.cell.is_(None),
        contact.c.site_id.is_(None),
        *contact_not_concealed(session),
    )
    return [int(each) for each in session.scalars(query.group_by(outing))]


def _list_written(session: Session, person_ids: Sequence[Id]) -> dict[Id, list[Written]]:
    """What was ever written of the institution that each of these people left, in the order in which it was written."""
    found: dict[Id, list[Written]] = defaultdict(list)
    for some in pieces(person_ids):
        for entity, field, eff, value in Sql(session).rows(_WRITTEN, list(some), [INSTITUTION, DAY]):
            written_on = datetime.fromtimestamp((eff >> 16) / 1000, UTC).date()
            found[entity].append(Written(written_on, field, msgspec.json.decode(value)))
    return found


class Coverage(Value, frozen=True, kw_only=True):
    """What the figures of a district and a period do not say of themselves.

    `unidentified`: sightings of people whom nobody knew, in no figure of people over a month. `on_night`: the people whom
    nobody knew on the typical night; two shifts that passed one square saw the same ones. `without_district`: people met at
    no known place by teams that walk here and elsewhere, so in no district's figures. `without_place`: people in the figures who
    were never met at a known place, so on no map. `not_verified`: people in the figures whom nobody has verified, so on no
    map either.
    """

    unidentified: int
    without_place: int
    not_verified: int
    on_night: int = 0
    without_district: int = 0


def find_coverage(session: Session, district_id: Id, first: date, last: date, also: Collection[Id] = ()) -> Coverage:
    """Counts what stands beside the figures of the nights from the first to the last, both included, but the typical night;
    `also` are contacts that count here beside the district's own."""
    states = [str(state) for state in ROUGH_SLEEPING_STATES]
    within = (contact.c.night.between(first, last), contact.c.state.in_(states))
    own = contact.c.district_id.in_(list_lineage(session, district_id))
    strangers, placed, known = 0, dict[Id, bool](), dict[Id, bool]()
    verified = set(
        session.scalars(select(person_verification.c.person_id).where(person_verification.c.verified.is_(True)))
    )
    one_id = find_one_id(session)
    for here in (own, *(contact.c.id.in_(some) for some in pieces(sorted(also)))):
        strangers += session.scalar(select(func.sum(contact.c.unidentified_people)).where(here, *within)) or 0
        met = (
            select(contact_person.c.person_id, func.max(func.coalesce(contact.c.cell, 0)))
            .join(contact, contact.c.id == contact_person.c.contact_id)
            .where(here, *within, *not_concealed(session, contact_person.c.person_id))
            .group_by(contact_person.c.person_id)
        )
        for person_id, cell in session.execute(met):
            same = one_id.get(person_id, person_id)
            placed[same] = placed.get(same, False) or cell > 0
            known[same] = known.get(same, False) or bool({person_id, same} & verified)
    return Coverage(
        unidentified=int(strangers),
        without_place=sum(not each for each in placed.values()),
        not_verified=sum(not each for each in known.values()),
        without_district=_count_without_district(session, district_id, first, last),
    )


@beyond_reader
def _count_without_district(session: Session, district_id: Id, first: date, last: date) -> int:
    """A number alone: whoever was met in no district is in nobody's reach by it."""
    teams = select(team_district.c.team_id).where(team_district.c.district_id == district_id)
    met = (
        select(contact_person.c.person_id)
        .distinct()
        .where(
            contact_person.c.district_id.is_(None),
            contact_person.c.team_id.in_(teams),
            contact_person.c.night.between(first, last),
            contact_person.c.state.in_([str(state) for state in ROUGH_SLEEPING_STATES]),
            *not_concealed(session, contact_person.c.person_id),
        )
    )
    one_id = find_one_id(session)
    return len({one_id.get(each, each) for each in session.scalars(met)})
