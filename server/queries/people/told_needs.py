"""Which of the needs that were told in contacts stand.

A need is told of one person in a contact. Where a correction gives that contact to somebody else, strikes it out, or takes the
need away, it was never theirs: no list, order or figure may count it. Put back, it stands again.
"""

from collections.abc import Collection

from sqlalchemy import and_, exists, not_, update
from sqlalchemy.orm import Session

from server.tables.people.person import person_need
from server.tables.street.contact import contact, contact_need, contact_person
from shared.model.value import Id

STANDS = person_need.c.is_withdrawn.is_(False)

_NAMES_THEM = exists().where(
    contact_person.c.contact_id == person_need.c.contact_id, contact_person.c.person_id == person_need.c.person_id
)
_SAYS_IT = exists().where(
    contact_need.c.contact_id == person_need.c.contact_id, contact_need.c.need == person_need.c.need
)
_IS_CORRECTED = exists().where(contact.c.id == person_need.c.contact_id, contact.c.corrections > 0)


def settle_needs(session: Session, contact_ids: Collection[Id]) -> None:
    """Let the needs told in these contacts stand or be withdrawn as the contacts read now. A contact that is not here, or was
    never corrected, withdraws none."""
    if contact_ids:
        told = person_need.c.contact_id.in_(contact_ids)
        withdrawn = not_(and_(_NAMES_THEM, _SAYS_IT))
        session.execute(update(person_need).where(told, _IS_CORRECTED).values(is_withdrawn=withdrawn))
