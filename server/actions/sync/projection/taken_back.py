"""Takes off the record what came to stand there while every service might read the assessment, once they may not any more.

Asked wherever a word about sharing, or an answer, comes to count: written at a desk, brought by a phone, opened from a sealed
box, let in after it was held. So it is taken back in the transaction that hears the no, whatever the phone that brings it knows.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime

import msgspec
from sqlalchemy.orm import Session

from server.actions.sync.projection.batch import Batch
from server.database.locks import lock_records
from server.queries.people import assessments
from server.queries.people.consents import list_said
from server.queries.people.subjects import list_same_person
from server.queries.sync.merged_fields import list_merged_fields
from server.queries.sync.store import find_scopes, publish
from shared.model.telling import Shareable
from shared.model.value import Id
from shared.rules.assessment import is_for_services, list_said_to_record
from shared.rules.careful import join_careful
from shared.rules.consent import is_shared_with_all, was_shared_with_all
from sync.authoring import NewChange
from sync.merge import Field
from sync.server import AcceptedChange
from sync.wire import SERVER_DEVICE

TOLD_BY = ("consent.said", "answer.given")


def take_back(session: Session, batch: Batch, today: date, new_id: Callable[[], Id]) -> list[AcceptedChange]:
    """The server's own changes that empty those fields, stored and still to be projected; they are written down as of whoever
    brought the word."""
    told_by = {fact.value.person_id: fact.value.worker_id for kind in TOLD_BY for fact in batch.facts.get(kind, ())}
    new: list[NewChange] = []
    for person_id, worker_id in sorted(told_by.items()):
        same = list_same_person(session, person_id)
        for entity, sets in _list_gone(session, same, today).items():
            new.append(_patch(session, entity, sets, worker_id, batch.received_at, new_id()))
    if not new:
        return []
    now_ms = int(batch.received_at.timestamp() * 1000)
    return [AcceptedChange(each, each.hlc, now_ms, SERVER_DEVICE) for each in publish(session, new, now_ms)]


def _list_gone(session: Session, same: Sequence[Id], today: date) -> dict[Id, dict[str, str]]:
    """By record, the fields that say what was answered, as they read without it."""
    said = list_said(session, same)
    if not was_shared_with_all(said, Shareable.ASSESSMENT) or is_shared_with_all(said, Shareable.ASSESSMENT, today):
        return {}
    every = assessments.list_questions(session)
    given = [each.given for each in assessments.list_answers(session, same)]
    told = list_said_to_record(every, [each for each in given if is_for_services(each, every)])
    if not told:
        return {}
    lock_records(session, same)
    merged = list_merged_fields(session, same)
    found = {entity: _without(fields, told) for entity, fields in merged.items()}
    return {entity: sets for entity, sets in found.items() if sets}


def _without(fields: Mapping[str, Field], told: set[tuple[str, str]]) -> dict[str, str]:
    """What is left of each field that says an answer word for word: where two versions stand, the other."""
    left = {}
    for name, field in fields.items():
        sides = [_as_text(bytes(head.value)) for head in field.heads]
        others = [side for side in sides if (name, side.strip()) not in told]
        if len(others) < len(sides):
            left[name] = join_careful(others)
    return left


def _as_text(raw: bytes) -> str:
    value = msgspec.json.decode(raw)
    return value if isinstance(value, str) else ""


def _patch(
    session: Session, entity: Id, sets: Mapping[str, str], worker_id: Id, at: datetime, change_id: Id
) -> NewChange:
    """Heard where the person is heard already."""
    known = sorted(find_scopes(session, entity))
    return NewChange(
        id=change_id, type="person.patched", scope=known[0] if known else "district:", entity=entity, who=worker_id,
        at_ms=int(at.timestamp() * 1000), sets=dict(sets),
    )  # fmt: skip
