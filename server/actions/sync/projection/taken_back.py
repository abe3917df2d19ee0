"""Takes off the record what came to stand there while every service might read the assessment, once they may not any more.

Asked wherever a word about sharing, or an answer, comes to count: written at a desk, brought by a phone, opened from a sealed
box, let in after it was held. So it is taken back in the transaction that hears the no, whatever the phone that brings it knows.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime

import msgspec
from sqlalchemy.orm import Session

from server.actions.sync.projection.batch import Batch
from server.actions.sync.validation import read_fact
from server.database.locks import lock_records
from server.queries.people import assessments
from server.queries.people.consents import list_said, list_who_spoke
from server.queries.people.subjects import list_same_person
from server.queries.sync.changes import list_first_stamps
from server.queries.sync.merged_fields import list_merged_fields
from server.queries.sync.store import find_scopes, list_changes, publish
from shared.model.telling import Shareable
from shared.model.value import Id, Value
from shared.rules.assessment import is_for_services, list_said_to_record
from shared.rules.careful import join_careful
from shared.rules.consent import is_shared_with_all, was_shared_with_all
from sync.authoring import NewChange
from sync.clock import AHEAD_MAX_MS
from sync.merge import Field, Write
from sync.server import AcceptedChange
from sync.wire import SERVER_DEVICE

TOLD_BY = ("consent.said", "answer.given")
MAX_STAMP = 2**63 - 1
AHEAD = AHEAD_MAX_MS << 16
"""By so much a stamp may run before the clock of whoever wrote."""


class Heard(Value, frozen=True, kw_only=True):
    """What of one person this batch brings: `by` whom, and which phones may have written without knowing of the no."""

    by: Id | None = None
    phones: frozenset[int] = frozenset()


class LastWord(Value, frozen=True, kw_only=True):
    """What was last said of sharing the assessment: its stamp, where it was written, and as which change there."""

    stamp: int = MAX_STAMP
    device: int = SERVER_DEVICE
    n: int = MAX_STAMP


def take_back(session: Session, batch: Batch, today: date, new_id: Callable[[], Id]) -> list[AcceptedChange]:
    """The server's own changes that empty those fields, stored and still to be projected; they are written down as of whoever
    brought the word, or took the last one."""
    new: list[NewChange] = []
    for person_id, heard in sorted(_list_heard(session, batch).items()):
        same = list_same_person(session, person_id)
        said = [each for each in list_said(session, same) if each.what is Shareable.ASSESSMENT]
        if not was_shared_with_all(said, Shareable.ASSESSMENT) or is_shared_with_all(said, Shareable.ASSESSMENT, today):
            continue
        by = heard.by or max(said, key=lambda each: (each.at, each.id)).worker_id
        for entity, sets in _list_gone(session, same, heard).items():
            new.append(_patch(session, entity, sets, by, batch.received_at, new_id()))
    if not new:
        return []
    now_ms = int(batch.received_at.timestamp() * 1000)
    return [AcceptedChange(each, each.hlc, now_ms, SERVER_DEVICE) for each in publish(session, new, now_ms)]


def _list_heard(session: Session, batch: Batch) -> dict[Id, Heard]:
    """By person. Of those whose record is only written on, who ever spoke of sharing: a phone on a slow line brings an answer in
    one batch, and what it made of it on the record in the next."""
    heard = dict.fromkeys(list_who_spoke(session, batch.patched.get("person.patched", ())), Heard())
    for kind in TOLD_BY:
        for fact in batch.facts.get(kind, ()):
            phones = heard.get(fact.value.person_id, Heard()).phones
            phones |= frozenset({fact.device} if fact.device > SERVER_DEVICE else ())
            heard[fact.value.person_id] = Heard(by=fact.value.worker_id, phones=phones)
    return heard


def _list_gone(session: Session, same: Sequence[Id], heard: Heard) -> dict[Id, dict[str, str]]:
    """By record, the fields that say what was answered, as they read without it."""
    every = assessments.list_questions(session)
    given = [each.given for each in assessments.list_answers(session, same)]
    readable = [each for each in given if is_for_services(each, every)]
    if not list_said_to_record(every, readable):
        return {}
    lock_records(session, same)
    first = list_first_stamps(session, [each.id for each in readable])
    answered: dict[tuple[str, str], int] = {}
    for each in readable:
        for told in list_said_to_record(every, [each]):
            answered[told] = min(answered.get(told, MAX_STAMP), first.get(each.id, 0))
    no = _find_last_word(session, same)

    def is_gone(name: str, head: Write) -> bool:
        """Does it say an answer, and did it rest on that? Whoever had written the same before knew it otherwise; so does whoever
        writes it after the no, but a phone that brings something else too, which may know of none."""
        since = answered.get((name, _as_text(bytes(head.value)).strip()))
        if since is None or head.eff < since - AHEAD:
            return False
        if head.dev == no.device:
            return head.n < no.n
        return head.eff < no.stamp + AHEAD or head.dev in heard.phones

    merged = list_merged_fields(session, same)
    found = {entity: _without(fields, is_gone) for entity, fields in merged.items()}
    return {entity: sets for entity, sets in found.items() if sets}


def _find_last_word(session: Session, same: Sequence[Id]) -> LastWord:
    stored = [each for person_id in same for each in list_changes(session, person_id) if each.type == "consent.said"]
    words = [
        LastWord(stamp=each.eff, device=each.device, n=each.n)
        for each in stored
        if (said := each.change) and not said.erased and read_fact(said).what is Shareable.ASSESSMENT
    ]
    return max(words, key=lambda each: (each.stamp, each.n), default=LastWord())


def _without(fields: Mapping[str, Field], is_gone: Callable[[str, Write], bool]) -> dict[str, str]:
    """What is left of each field that says an answer word for word: where two versions stand, the other."""
    left = {}
    for name, field in fields.items():
        others = [head for head in field.heads if not is_gone(name, head)]
        if len(others) < len(field.heads):
            left[name] = join_careful(_as_text(bytes(head.value)) for head in others)
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
