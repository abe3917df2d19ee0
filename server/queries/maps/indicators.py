"""What the national indicators are counted from: nights on which people were met sleeping rough, and institutions left."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.queries.maps.hotspots import find_one_id
from server.queries.people.concealment import not_concealed
from server.tables.people.person import person
from server.tables.street.contact import contact_person
from shared.model.codes import InstitutionLeft
from shared.model.value import Id
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
    """Everybody of whom it is known which institution they left, and when."""
    query = select(person.c.id, person.c.institution_left, person.c.institution_left_on).where(
        person.c.institution_left_on.is_not(None),
        person.c.institution_left.not_in(NO_INSTITUTION),
        *not_concealed(session, person.c.id),
    )
    one_id = find_one_id(session)
    return [
        InstitutionExit(person_id=one_id.get(person_id, person_id), institution=InstitutionLeft(left), left_on=left_on)
        for person_id, left, left_on in session.execute(query)
    ]
