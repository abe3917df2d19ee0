"""Questions of the assessment as versions, and answers as rows. What is asked is a rule; who reads is policy."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from server.database.context import beyond_reader
from server.database.statements import ids
from server.tables.people.assessment import assessment_answer, assessment_question
from shared.model.assessment import AnswerGiven, Question
from shared.model.telling import AnswerState, AskedVia
from shared.model.value import Id, Value
from shared.rules.questions import STANDARD

_FIELDS = AnswerGiven.__struct_fields__
_ANSWERS = (
    select(*(assessment_answer.c[name] for name in _FIELDS), assessment_answer.c.agency_id)
    .where(assessment_answer.c.person_id.in_(ids("person_ids")))
    .order_by(assessment_answer.c.at, assessment_answer.c.id)
)


class Answer(Value, frozen=True, kw_only=True):
    """An answer, and whose worker asked."""

    given: AnswerGiven
    agency_id: Id | None


def list_questions(session: Session) -> list[Question]:
    """Every version of every question, the standard ones first."""
    return [*STANDARD, *(msgspec.json.decode(body, type=Question) for body in session.scalars(_QUESTIONS))]


_QUESTIONS = select(assessment_question.c.body).order_by(assessment_question.c.at)


def add_question(session: Session, question: Question, at: datetime, worker_id: Id) -> None:
    """Keep a new version."""
    body = msgspec.json.encode(question).decode()
    row = {"key": question.key, "version": question.version, "body": body, "at": at, "worker_id": worker_id}
    session.execute(insert(assessment_question), [row])


def list_answers(session: Session, person_ids: Collection[Id]) -> list[Answer]:
    """What one person answered under all their records, the oldest first."""
    return [_answer(*row) for row in session.execute(_ANSWERS, {"person_ids": list(person_ids)})]


def _answer(*row: Any) -> Answer:
    *values, agency_id = row
    fields = dict(zip(_FIELDS, values, strict=True))
    fields |= {"state": AnswerState(fields["state"]), "via": AskedVia(fields["via"])}
    return Answer(given=AnswerGiven(**fields), agency_id=agency_id)


@beyond_reader
def list_answer_ids(session: Session, person_ids: Sequence[Id]) -> list[Id]:
    """The facts that phones of those who asked may hold: each travels under its own id."""
    query = select(assessment_answer.c.id).where(assessment_answer.c.person_id.in_(person_ids))
    return list(session.scalars(query.order_by(assessment_answer.c.id)))


@beyond_reader
def list_who_answered(session: Session, key: str) -> list[Id]:
    """The records under which a question was answered, in whatever version."""
    query = select(assessment_answer.c.person_id).where(assessment_answer.c.question == key).distinct()
    return list(session.scalars(query))
