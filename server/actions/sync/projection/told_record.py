"""The record says what was answered to what it asks too, while every service may read the assessment, and no longer.

Asked wherever a word about sharing, or an answer, comes to count, and where records are joined or parted: written at a desk,
brought by a phone, opened from a sealed box, let in after it was held. An answer and what the record says of it stand in one
transaction, whatever the phone that brings either knows: phones write nothing of this themselves.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

import msgspec
from sqlalchemy.orm import Session

from server.actions.sync.projection.batch import Batch
from server.actions.sync.validation import read_field
from server.database.context import raised
from server.database.locks import lock_records
from server.queries.partnership.workers import list_agency_ids
from server.queries.people import assessments, people, person_page
from server.queries.people.assessments import Answer
from server.queries.people.consents import list_said
from server.queries.people.subjects import list_same_person
from server.queries.sync.merged_fields import list_merged_fields
from server.queries.sync.store import find_change, find_scopes, publish
from shared.geo.night import local_day
from shared.model.assessment import Question
from shared.model.person import NeedRecorded
from shared.model.telling import Shareable
from shared.model.value import Id
from shared.rules.assessment import (
    find_newest,
    find_told,
    is_for_services,
    list_said_to_record,
    say_told,
    was_for_services,
)
from shared.rules.careful import join_careful
from shared.rules.consent import is_shared_with_all, was_shared_with_all
from shared.rules.questions import choose_current
from sync.authoring import NewChange
from sync.merge import Field, Write
from sync.server import AcceptedChange
from sync.wire import SERVER_DEVICE

TOLD_BY = ("consent.said", "answer.given")
Told = Mapping[tuple[str, str], frozenset[Id | None]]
"""What answers say to fields of the record, (field, text), with every worker and service that asked."""


def tell_records(session: Session, batch: Batch, zone: str, new_id: Callable[[], Id]) -> list[AcceptedChange]:
    """The server's own changes that fill or empty those fields, stored and still to be projected. What another service asked is
    looked at too: it follows from what was allowed, whoever brought the word."""
    with raised(session):
        return _tell_records(session, batch, zone, new_id)


def _tell_records(session: Session, batch: Batch, zone: str, new_id: Callable[[], Id]) -> list[AcceptedChange]:
    told_by = {fact.value.person_id: fact.value.worker_id for kind in TOLD_BY for fact in batch.facts.get(kind, ())}
    merges = batch.values("person.merged")
    joined_by = {each: told.worker_id for told in merges for each in (told.from_id, told.into_id)}
    teller = _Teller(session, batch.received_at, zone, new_id) if told_by or joined_by else None
    if teller is None:
        return []
    for person_id, worker_id in sorted(told_by.items()):
        teller.tell(person_id, worker_id, may_add=True)
    for person_id, worker_id in sorted(joined_by.items()):
        teller.tell(person_id, worker_id, may_add=False)
    for told in {(each.from_id, each.into_id): each for each in merges}.values():
        if told.undone:
            teller.part(told.from_id, told.into_id, told.worker_id)
            teller.part(told.into_id, told.from_id, told.worker_id)
    return teller.publish()


def tell_anew(
    session: Session, person_ids: Iterable[Id], worker_id: Id, at: datetime, zone: str, new_id: Callable[[], Id]
) -> list[AcceptedChange]:
    """The same of these people where a question is put anew: who reads an answer may be others than before."""
    with raised(session):
        teller = _Teller(session, at, zone, new_id)
        for person_id in sorted(person_ids):
            teller.tell(person_id, worker_id, may_add=False)
        return teller.publish()


class _Teller:
    def __init__(self, session: Session, at: datetime, zone: str, new_id: Callable[[], Id]) -> None:
        self._session, self._at, self._zone, self._new_id = session, at, zone, new_id
        self._questions = assessments.list_questions(session)
        self._settled: set[Id] = set()
        self.new: list[NewChange] = []

    def publish(self) -> list[AcceptedChange]:
        """Store what is to be written."""
        if not self.new:
            return []
        stored = publish(self._session, self.new, self._now_ms)
        return [AcceptedChange(each, each.hlc, self._now_ms, SERVER_DEVICE) for each in stored]

    def tell(self, person_id: Id, worker_id: Id, *, may_add: bool) -> None:
        if person_id in self._settled:
            return
        same = list_same_person(self._session, person_id)
        self._settled.update(same)
        if len(same) > 1:  # the projection holds the record that the word names; a no may come under the other just now
            lock_records(self._session, same)
        said = list_said(self._session, same)
        if not was_shared_with_all(said, Shareable.ASSESSMENT):
            return
        is_shared = is_shared_with_all(said, Shareable.ASSESSMENT)
        every = self._list_once_readable(same)
        readable = [each for each in every if is_shared and is_for_services(each.given, self._questions)]
        stays = _list_told(self._questions, readable)
        gone = _list_told(self._questions, every)
        # While they agree, that goes which is for whoever asked alone, since its question was put anew.
        self._take_off(same, {key: by for key, by in gone.items() if key not in stays}, worker_id)
        if is_shared and may_add:
            self._add(person_id, same, readable)

    def part(self, one: Id, other: Id, worker_id: Id) -> None:
        """What came from the other record, or by its yes, while the two passed for one goes from this one."""
        ours, theirs = (list_same_person(self._session, each) for each in (one, other))
        if other in ours:
            return
        said, others_said = (list_said(self._session, each) for each in (ours, theirs))
        own, told = (_list_told(self._questions, self._list_once_readable(each)) for each in (ours, theirs))
        if is_shared_with_all(said, Shareable.ASSESSMENT):
            self._take_off(ours, {key: by for key, by in told.items() if key not in own}, worker_id)
        elif was_shared_with_all([*said, *others_said], Shareable.ASSESSMENT):
            self._take_off(ours, told | own, worker_id)

    def _list_once_readable(self, same: Sequence[Id]) -> list[Answer]:
        every = assessments.list_answers(self._session, same)
        return [each for each in every if was_for_services(each.given, self._questions)]

    def _add(self, person_id: Id, same: Sequence[Id], answers: Sequence[Answer]) -> None:
        """What the record does not say yet, as of whoever asked. Nothing that it says is written over, and of somebody who died
        nothing is added."""
        lock_records(self._session, same)
        records = people.list_people(self._session, same)
        if not records or any(each.died_on is not None for each in records):
            return
        newest = find_newest(each.given for each in answers)
        told = find_told(choose_current(self._questions), newest, local_day(self._at, self._zone), self._zone)
        by = {(question.known_by, say_told(answer)): answer.worker_id for question in self._questions
              if question.known_by and (answer := newest.get(question.key)) is not None}  # fmt: skip
        for name, text in told.fields.items():
            if not any(getattr(each, name) for each in records) and _fits(name, text):
                self._patch(person_id, {name: text}, by[name, text])
        known = {each.need for each in person_page.list_needs(self._session, same)}
        for question in choose_current(self._questions):
            need = question.known_by_need
            if need in told.needs - known and (answer := newest.get(question.key)) is not None:
                self._record_need(NeedRecorded(
                    id=self._new_id(), person_id=person_id, need=need, at=self._at, worker_id=answer.worker_id,
                ))  # fmt: skip

    def _take_off(self, same: Sequence[Id], told: Told, worker_id: Id) -> None:
        """Empty the fields that say an answer word for word and were written by the service that asked. Another service's own
        words stay, the same ones too: nobody told it to keep them to itself."""
        if not told:
            return
        lock_records(self._session, same)
        merged = list_merged_fields(self._session, same)
        for entity, fields in merged.items():
            sets = {
                name: left for name, field in fields.items() if (left := self._find_left(name, field, told)) is not None
            }
            if sets:
                self._patch(entity, sets, worker_id)

    def _find_left(self, name: str, field: Field, told: Told) -> str | None:
        """What is left of a field once what was answered is gone; None where it says no answer. Where two versions stand, the
        other."""
        others = [head for head in field.heads if not self._rests_on(head, told.get((name, _as_text(head).strip())))]
        return join_careful(map(_as_text, others)) if len(others) < len(field.heads) else None

    def _rests_on(self, head: Write, asked: frozenset[Id | None] | None) -> bool:
        if asked is None:
            return False
        stored = find_change(self._session, head.id)
        who = stored.change.who if stored is not None and stored.change is not None else None
        return who is None or who in asked or list_agency_ids(self._session, {who}).get(who) in asked

    def _record_need(self, fact: NeedRecorded) -> None:
        self.new.append(NewChange(
            id=self._new_id(), type="need.recorded", scope=self._find_scope(fact.person_id), entity=fact.person_id,
            who=fact.worker_id, at_ms=self._now_ms, payload=msgspec.Raw(msgspec.json.encode(fact)),
        ))  # fmt: skip

    def _patch(self, entity: Id, sets: Mapping[str, str], worker_id: Id) -> None:
        self.new.append(NewChange(
            id=self._new_id(), type="person.patched", scope=self._find_scope(entity), entity=entity, who=worker_id,
            at_ms=self._now_ms, sets=dict(sets),
        ))  # fmt: skip

    def _find_scope(self, entity: Id) -> str:
        """Where the person is heard already."""
        known = sorted(find_scopes(self._session, entity))
        return known[0] if known else "district:"

    @property
    def _now_ms(self) -> int:
        return int(self._at.timestamp() * 1000)


def _list_told(questions: Sequence[Question], answers: Iterable[Answer]) -> dict[tuple[str, str], frozenset[Id | None]]:
    told: dict[tuple[str, str], frozenset[Id | None]] = {}
    for each in answers:
        for key in list_said_to_record(questions, [each.given]):
            told[key] = told.get(key, frozenset()) | {
                each.given.worker_id,
                *([each.agency_id] if each.agency_id else []),
            }
    return told


def _fits(name: str, text: str) -> bool:
    """An answer that is too long for the record stands in the assessment alone."""
    try:
        read_field("person.patched", name, msgspec.json.encode(text))
    except msgspec.ValidationError:
        return False
    return True


def _as_text(head: Write) -> str:
    value = msgspec.json.decode(bytes(head.value))
    return value if isinstance(value, str) else ""
