"""What people said about sharing, as rows. Policy asks it of a person; which word stands is `shared.rules.consent`."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import asdict
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.database import bulk
from server.database.context import beyond_reader
from server.database.statements import ids
from server.tables.people.consent import consent
from server.tables.people.person import person_merge
from shared.model.consent import ConsentSaid
from shared.model.telling import ConsentAnswer, ConsentWay, LawfulBasis, Shareable
from shared.model.value import Id
from shared.policy import Subject
from shared.rules.consent import as_one_person

CODES = {"what": Shareable, "answer": ConsentAnswer, "basis": LawfulBasis, "way": ConsentWay}
_SAID = select(consent).where(consent.c.person_id.in_(ids("person_ids"))).order_by(consent.c.at, consent.c.id)
_JOINS = select(person_merge.c.at, person_merge.c.from_id, person_merge.c.into_id).where(
    person_merge.c.undone.is_(False), person_merge.c.from_id.in_(ids("person_ids"))
)


@beyond_reader
def list_said(session: Session, person_ids: Collection[Id]) -> tuple[ConsentSaid, ...]:
    """Every word of one person under all their records, in the order in which it counts: what decides who reads."""
    said = list_as_said(session, person_ids)
    if len(person_ids) < 2 or not said:
        return said
    joins = session.execute(_JOINS, {"person_ids": list(person_ids)})
    return as_one_person(said, (tuple(join) for join in joins))


@beyond_reader
def list_as_said(session: Session, person_ids: Collection[Id]) -> tuple[ConsentSaid, ...]:
    """The same with the moment at which each was said, for whoever reads them: it decides nothing."""
    rows = session.execute(_SAID, {"person_ids": list(person_ids)}).mappings()
    return tuple(ConsentSaid(**{**row, **{name: kind(row[name]) for name, kind in CODES.items()}}) for row in rows)


def store_said(session: Session, said: Sequence[ConsentSaid]) -> None:
    """Keep words; one that is here stays as it is."""
    rows = [asdict(each) | {name: str(getattr(each, name)) for name in CODES} for each in said]
    bulk.insert_new(session, consent, rows)


def is_said(session: Session, consent_id: Id, told: Mapping[str, Any]) -> bool:
    """Is this word here already, as the same worker's about the same person?"""
    query = select(consent.c.person_id, consent.c.worker_id, consent.c.answer).where(consent.c.id == consent_id)
    row = session.execute(query).first()
    return row is not None and tuple(row) == (told["person_id"], told["worker_id"], str(told["answer"]))


def with_consents(session: Session, subject: Subject, person_ids: Collection[Id]) -> Subject:
    """The same person, with what they said about sharing: ask `decide` of this one where an act rests on consent."""
    return msgspec.structs.replace(subject, consents=list_said(session, person_ids))
