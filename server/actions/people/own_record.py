"""A person reads their own record with a worker beside them: what is wrong is corrected, and what it said before is kept (A7)."""

from datetime import date, datetime
from typing import Any

import msgspec

from server.access import Access
from server.actions.sync.saying import say
from server.actions.sync.validation import read_field
from server.database.sql import storable_words
from server.problems import Invalid
from server.queries.partnership import workers
from server.queries.people import notes, subjects
from server.queries.people.notes import PersonNote
from server.queries.sync.store import Project, find_scopes, list_changes
from shared.model.person import SAFETY_PLAN, Person
from shared.model.value import NO_JSON, Id, Value
from shared.policy import Act, Subject
from shared.rules.days import read_written_date
from sync.authoring import NewChange

PURPOSE = "own record, with the person"
CORRECTABLE = (
    "wants_first", "name", "alias", "date_of_birth", "gender_self_described", "language", "strengths", "safety_needs",
    *SAFETY_PLAN, "best_way",
    "description",
)  # fmt: skip
"""The fields a person is asked about, their own words first."""
DATES = frozenset({"date_of_birth"})
FIRST_YEAR = 1900


class SaidBefore(Value, frozen=True, kw_only=True):
    """What a field said once: kept for ever beside what it says now."""

    field: str
    value: str
    at: datetime
    by: str


def list_own_notes(access: Access, person_id: Id) -> list[PersonNote]:
    """The notes of the actor's own service, for reading together; those of other services are asked for there."""
    subject, same = subjects.find_person_and_same(access.session, person_id)
    if subject is None or not access.allows(Act.SEE_NOTES, subject):
        return []
    access.require(Act.SEE_NOTES, subject, purpose=PURPOSE)
    return [note for note in notes.list_notes(access.session, same) if note.agency_id == access.actor.agency_id]


def list_said_before(access: Access, person: Person) -> list[SaidBefore]:
    """What the fields that a person is asked about said before, the newest first. The caller has opened the record."""
    shown = {field: _say(getattr(person, field)) for field in CORRECTABLE}
    said, authors = [], set()
    for stored in list_changes(access.session, person.id):
        change = stored.change
        for field, (raw, _) in ((change.set_ or {}) if change else {}).items():
            value = _say(_read_as_it_came(bytes(raw))) if field in shown else ""
            if value and value != shown[field]:
                by = (change.who or "") if change else ""
                authors.add(by)
                said.append((field, value, datetime.fromtimestamp(stored.received_at_ms / 1000, access.now.tzinfo), by))
    names = workers.list_short_names(access.session, authors)
    return [
        SaidBefore(field=field, value=value, at=at, by=names.get(by, "")) for field, value, at, by in reversed(said)
    ]


def _read_as_it_came(raw: bytes) -> Any:
    """What a phone wrote in a field; nothing where nobody can read it."""
    try:
        return msgspec.json.decode(raw)
    except NO_JSON:
        return ""


def correct_person(access: Access, project: Project, person_id: Id, field: str, value: str) -> None:
    """Write what is right into one field; what it said before stays on record, and the phones hear of it.

    Raises NotFound, Forbidden, or Invalid for a field that is none and for a value that it cannot hold.
    """
    subject = access.require(
        Act.EDIT_PERSON, subjects.find_person(access.session, person_id), purpose=PURPOSE, detail=field
    )
    right = _read(field, value, access.today)
    now_ms = int(access.now.timestamp() * 1000)
    new = NewChange(
        id=access.new_id(), type="person.patched", scope=scope_of(access, subject), entity=person_id,
        who=access.actor.worker_id, at_ms=now_ms, sets={field: right},
    )  # fmt: skip
    say(access.session, project, [new], access.now)


def _read(field: str, value: str, today: date) -> str | None:
    if field not in CORRECTABLE:
        raise Invalid("Choose what is wrong.")
    text = storable_words(value)
    if field in DATES and text:
        found = read_written_date(text, today)
        if found is None or found > today or found.year < FIRST_YEAR:
            raise Invalid("Give a day of the past with its year, such as 2 April 1979 or 2/4/79.")
        text = found.isoformat()
    right = None if field in DATES and not text else text
    try:
        read_field("person.patched", field, msgspec.json.encode(right))
    except msgspec.ValidationError as error:
        raise Invalid("That is too long to be kept there.") from error
    return right


def scope_of(access: Access, subject: Subject) -> str:
    """Where the person is heard already, else of nobody: their district's feed, which no phone follows."""
    known = sorted(find_scopes(access.session, subject.id))
    return known[0] if known else f"district:{next(iter(sorted(subject.district_ids)), '')}"


def _say(value: object) -> str:
    return "" if value is None else str(value)
