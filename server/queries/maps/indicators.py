"""What the national indicators are counted from: nights on which people were met sleeping rough, and institutions left."""

from datetime import date

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from server.queries.maps.hotspots import find_one_id
from server.queries.people.concealment import not_concealed
from server.tables.people.person import person
from server.tables.people.verification import person_verification
from server.tables.street.contact import contact, contact_person
from shared.model.codes import InstitutionLeft
from shared.model.value import Id, Value
from shared.rules.indicators import InstitutionExit, SeenNight
from shared.rules.verification import ROUGH_SLEEPING_STATES

NO_INSTITUTION = (str(InstitutionLeft.NONE), str(InstitutionLeft.NOT_KNOWN))


def list_seen_nights(session: Session, district_id: Id) -> list[SeenNight]:
    """Every night on which somebody was met sleeping rough in a district, under the one id that their records share."""
    query = (
        select(contact_person.c.person_id, contact_person.c.night)
        .where(
            contact_person.c.district_id == district_id,
            contact_person.c.state.in_([str(state) for state in ROUGH_SLEEPING_STATES]),
            *not_concealed(session, contact_person.c.person_id),
        )
        .distinct()
    )
    one_id = find_one_id(session)
    rows = session.execute(query)
    return [SeenNight(person_id=one_id.get(person_id, person_id), night=night) for person_id, night in rows]


def list_exits(session: Session) -> list[InstitutionExit]:
    """Everybody of whom it is known which institution they left, and when; care leavers without a day too."""
    query = select(person.c.id, person.c.institution_left, person.c.institution_left_on).where(
        or_(
            person.c.institution_left_on.is_not(None),
            person.c.institution_left == str(InstitutionLeft.CARE_LEAVER_UNDER_25),
        ),
        person.c.institution_left.not_in(NO_INSTITUTION),
        *not_concealed(session, person.c.id),
    )
    one_id = find_one_id(session)
    return [
        InstitutionExit(person_id=one_id.get(person_id, person_id), institution=InstitutionLeft(left), left_on=left_on)
        for person_id, left, left_on in session.execute(query)
    ]


class Coverage(Value, frozen=True, kw_only=True):
    """What the figures of a district and a period do not say of themselves.

    `unidentified`: sightings of people whom nobody knew, in no figure of people. `without_place`: people in the figures who
    were never met at a known place, so on no map. `not_verified`: people in the figures whom nobody has verified, so on no
    map either.
    """

    unidentified: int
    without_place: int
    not_verified: int


def find_coverage(session: Session, district_id: Id, first: date, last: date) -> Coverage:
    """Counts what stands beside the figures of the nights from the first to the last, both included."""
    states = [str(state) for state in ROUGH_SLEEPING_STATES]
    here = (contact.c.district_id == district_id, contact.c.night.between(first, last), contact.c.state.in_(states))
    strangers = session.scalar(select(func.sum(contact.c.unidentified_people)).where(*here)) or 0
    met = (
        select(contact_person.c.person_id, func.max(func.coalesce(contact.c.cell, 0)))
        .join(contact, contact.c.id == contact_person.c.contact_id)
        .where(*here, *not_concealed(session, contact_person.c.person_id))
        .group_by(contact_person.c.person_id)
    )
    verified = set(
        session.scalars(select(person_verification.c.person_id).where(person_verification.c.verified.is_(True)))
    )
    one_id = find_one_id(session)
    placed: dict[Id, bool] = {}
    known: dict[Id, bool] = {}
    for person_id, cell in session.execute(met):
        same = one_id.get(person_id, person_id)
        placed[same] = placed.get(same, False) or cell > 0
        known[same] = known.get(same, False) or bool({person_id, same} & verified)
    return Coverage(
        unidentified=int(strangers),
        without_place=sum(not each for each in placed.values()),
        not_verified=sum(not each for each in known.values()),
    )
