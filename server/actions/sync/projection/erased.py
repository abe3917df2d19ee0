"""Erasure sticks to the person, not only to the changes that were there: what a phone still brings of somebody who was erased is
erased as it comes. A contact that met others too stays theirs, without the person.
"""

from collections.abc import Sequence
from typing import Any

from msgspec import structs
from sqlalchemy.orm import Session

from server.actions.operation.orders import PERSON_ERASED
from server.actions.sync.validation import read_fact
from server.queries.operation import audit
from server.queries.street import contacts
from server.queries.sync import store as sync
from shared.model.contact import Contact, ContactCorrection
from shared.model.value import Id
from sync.server import AcceptedChange

NAMING = ("person_id", "from_id", "into_id", "contact_id")


def without_erased(session: Session, accepted: Sequence[AcceptedChange]) -> list[AcceptedChange]:
    """Those of a batch that still say something; of the others the erasure is noted, so that no feed and no log says it."""
    read = [_with_meaning(each) for each in accepted]
    named = {i for each in read for i in _names(each)}
    erased = audit.find_subjects(session, PERSON_ERASED, named) | _gone(session, read) if named else frozenset()
    if not erased:
        return read
    kept = [_without(each, erased) for each in read]
    gone = [each for each, left in zip(read, kept, strict=True) if left is None]
    sync.note_erasures(session, [each.change.id for each in gone], gone[0].received_at_ms if gone else 0)
    return [each for each in kept if each is not None]


def _gone(session: Session, read: Sequence[AcceptedChange]) -> frozenset[Id]:
    """The contacts that went with somebody who was erased: a correction of one has nothing left to correct."""
    named = {each.meaning.contact_id for each in read if isinstance(each.meaning, ContactCorrection)}
    return (
        (sync.find_erased_entities(session, named) - contacts.list_contacts(session, named).keys())
        if named
        else frozenset()
    )


def _with_meaning(accepted: AcceptedChange) -> AcceptedChange:
    change = accepted.change
    if accepted.meaning is not None or change.is_patch or change.erased:
        return accepted
    try:
        return structs.replace(accepted, meaning=read_fact(change))
    except KeyError:  # a kind that nobody projects
        return accepted


def _names(accepted: AcceptedChange) -> set[Id]:
    """Whom a change is about, and which contact."""
    change, meaning = accepted.change, accepted.meaning
    if change.is_patch:
        return {change.e} if change.e else set()
    if isinstance(meaning, Contact):
        return set(meaning.person_ids)
    if isinstance(meaning, ContactCorrection):
        return {meaning.contact_id, *_corrected_to(meaning)}
    return {value for name in NAMING if (value := getattr(meaning, name, None))}


def _corrected_to(correction: ContactCorrection) -> list[Id]:
    """Whom a correction says that was met."""
    return [each for each in correction.fields.get("person_ids") or () if isinstance(each, str)]


def _without(accepted: AcceptedChange, erased: frozenset[str]) -> AcceptedChange | None:
    meaning: Any = accepted.meaning
    names = _names(accepted)
    if not names & erased:
        return accepted
    if isinstance(meaning, Contact) and names - erased:
        left = tuple(each for each in meaning.person_ids if each not in erased)
        return structs.replace(accepted, meaning=structs.replace(meaning, person_ids=left))
    if isinstance(meaning, ContactCorrection) and meaning.contact_id not in erased:
        met = [each for each in _corrected_to(meaning) if each not in erased]
        return structs.replace(accepted, meaning=structs.replace(meaning, fields=meaning.fields | {"person_ids": met}))
    return None
