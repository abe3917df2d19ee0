"""What people said about sharing, as rows. Policy asks it of a person; which word stands is `shared.rules.consent`."""

from collections.abc import Collection

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.database.context import beyond_reader
from server.database.statements import ids
from server.tables.people.consent import consent
from shared.model.consent import ConsentSaid
from shared.model.telling import ConsentAnswer, ConsentWay, LawfulBasis, Shareable
from shared.model.value import Id
from shared.policy import Subject

CODES = {"what": Shareable, "answer": ConsentAnswer, "basis": LawfulBasis, "way": ConsentWay}
_SAID = select(consent).where(consent.c.person_id.in_(ids("person_ids"))).order_by(consent.c.at, consent.c.id)


@beyond_reader
def list_said(session: Session, person_ids: Collection[Id]) -> tuple[ConsentSaid, ...]:
    """Every word of one person under all their records, in the order in which it was said."""
    rows = session.execute(_SAID, {"person_ids": list(person_ids)}).mappings()
    return tuple(ConsentSaid(**{**row, **{name: kind(row[name]) for name, kind in CODES.items()}}) for row in rows)


def with_consents(session: Session, subject: Subject, person_ids: Collection[Id]) -> Subject:
    """The same person, with what they said about sharing: ask `decide` of this one where an act rests on consent."""
    return msgspec.structs.replace(subject, consents=list_said(session, person_ids))
