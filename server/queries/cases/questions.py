"""What services ask of one another about people. Who may read or answer one is decided before, in `server.access`."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Select, insert, select, update
from sqlalchemy.orm import Session

from server.queries.people.concealment import without_concealed
from server.queries.people.people import read_person
from server.tables.partnership.agency import agency
from server.tables.people.person import person
from server.tables.people.question import question
from shared.model.person import Person
from shared.model.question import Question
from shared.model.value import Id, Value

MOST = 500
"""How many are looked at: what waits longer than that many others is for the telephone."""


class AskedQuestion(Value, frozen=True, kw_only=True):
    """A question, whom it is about, and who asks."""

    question: Question
    person: Person
    agency_name: str


def add_question(session: Session, new: Question) -> None:
    """Store a question."""
    session.execute(insert(question), [msgspec.structs.asdict(new)])


def set_answer(session: Session, answered: Question) -> bool:
    """Store the answer; False where somebody answered before."""
    names = ("answered_at", "answered_by", "answer_agency_id", "answer")
    query = update(question).where(question.c.id == answered.id, question.c.answered_at.is_(None))
    done = session.execute(query.values({name: getattr(answered, name) for name in names}))
    return bool(getattr(done, "rowcount", 0))


def find_question(session: Session, question_id: Id) -> AskedQuestion | None:
    """The question with this id."""
    found = _list(session, _ASKED.where(question.c.id == question_id))
    return found[0] if found else None


def list_asked_by(session: Session, agency_id: Id, since: datetime) -> list[AskedQuestion]:
    """What an agency asked from a moment on, the newest first; of somebody who died, what was answered."""
    theirs = (question.c.agency_id == agency_id, question.c.asked_at >= since)
    return _list(session, _ASKED.where(*theirs, person.c.died_on.is_(None) | question.c.answered_at.is_not(None)))


def list_waiting_of_others(session: Session, agency_id: Id, since: datetime) -> list[AskedQuestion]:
    """What other agencies asked from a moment on and nobody has answered, the newest first; not of somebody who died."""
    waiting = (question.c.agency_id != agency_id, question.c.answered_at.is_(None), question.c.asked_at >= since)
    return _list(session, _ASKED.where(*waiting, person.c.died_on.is_(None)))


def list_about(session: Session, person_ids: Collection[Id], agency_id: Id) -> list[AskedQuestion]:
    """What one agency asked about one person under all their records, the newest first."""
    return _list(session, _ASKED.where(question.c.person_id.in_(person_ids), question.c.agency_id == agency_id))


_ASKED = (
    select(question, agency.c.name.label("agency_name"), *(column.label(f"who_{column.name}") for column in person.c))
    .join(agency, agency.c.id == question.c.agency_id)
    .join(person, person.c.id == question.c.person_id)
    .order_by(question.c.asked_at.desc(), question.c.id)
    .limit(MOST)
)


def _list(session: Session, query: Select[Any]) -> list[AskedQuestion]:
    rows = session.execute(without_concealed(session, query, question.c.person_id)).mappings()
    return [
        AskedQuestion(
            question=Question(**{name: row[name] for name in Question.__struct_fields__}),
            person=read_person({column.name: row[f"who_{column.name}"] for column in person.c}),
            agency_name=row["agency_name"],
        )
        for row in rows
    ]
