"""Street contacts into their tables, and corrections applied to them:

the original is kept, what it reads now is derived.
"""

from collections.abc import Collection, Sequence

import msgspec
from sqlalchemy.orm import Session

from server.actions.sync.projection.batch import Batch, Fact
from server.actions.sync.projection.places import Districts, Place, Whereabouts, find_places
from server.database import bulk
from server.queries.street import contacts
from server.queries.street.contacts import StoredContact
from server.tables.people.person import person
from shared.model.contact import Contact, ContactCorrection
from shared.model.value import Id
from shared.rules.corrections import corrected

_read_original = msgspec.json.Decoder(Contact).decode


def project_contacts(session: Session, batch: Batch, districts: Districts, crs: str) -> set[Id]:
    """Store the batch's contacts and corrections; returns the people whose history they changed."""
    recorded = batch.facts.get("contact.recorded", [])
    corrections = batch.values("contact.corrected")
    fresh = _store(session, recorded, districts, crs)
    contacts.add_corrections(session, corrections)
    rewritten = _apply_corrections(session, _to_correct(session, recorded, corrections), districts, crs)
    touched = {person_id for each in fresh for person_id in each.contact.person_ids} | rewritten
    _note_district(session, fresh)
    return touched


def _store(session: Session, recorded: Sequence[Fact], districts: Districts, crs: str) -> list[StoredContact]:
    places = find_places(session, [_where(fact.value) for fact in recorded], districts, crs)
    fresh = [
        StoredContact(contact=fact.value, received_at=fact.received_at, district_id=place.district_id, cell=place.cell)
        for fact, place in zip(recorded, places, strict=True)
    ]
    contacts.add_contacts(session, fresh)
    return fresh


def _where(told: Contact) -> Whereabouts:
    return Whereabouts(told.position, told.site_id, told.referral_id, told.team_id)


def _to_correct(session: Session, recorded: Sequence[Fact], corrections: Sequence[ContactCorrection]) -> set[Id]:
    """The contacts that must be read anew: corrected in this batch, or corrected before they themselves arrived."""
    fresh = [fact.value.id for fact in recorded]
    return {each.contact_id for each in corrections} | set(contacts.list_corrections(session, fresh))


def _apply_corrections(session: Session, contact_ids: Collection[Id], districts: Districts, crs: str) -> set[Id]:
    """Rewrite contacts as all their corrections leave them; returns the people they named before or name now."""
    before = contacts.list_contacts(session, contact_ids)
    words = contacts.list_corrections(session, list(before))
    originals = {each: _original_of(stored) for each, stored in before.items()}
    after = {each: corrected(originals[each], words.get(each, ())) for each in before}
    places = find_places(session, [_where(told) for told in after.values()], districts, crs)
    rewritten = [
        _rewrite(before[each], originals[each], told, len(words.get(each, ())), place)
        for (each, told), place in zip(after.items(), places, strict=True)
    ]
    contacts.replace_contacts(session, rewritten)
    named = [*(stored.contact for stored in before.values()), *after.values()]
    return {person_id for told in named for person_id in told.person_ids}


def _original_of(stored: StoredContact) -> Contact:
    return stored.contact if stored.original is None else _read_original(stored.original)


def _rewrite(before: StoredContact, original: Contact, told: Contact, count: int, place: Place) -> StoredContact:
    return msgspec.structs.replace(
        before,
        contact=told,
        district_id=place.district_id,
        cell=place.cell,
        corrections=count,
        original=msgspec.json.encode(original).decode(),
    )


def _note_district(session: Session, fresh: Sequence[StoredContact]) -> None:
    """Where people were last met: who else may open their record follows from it."""
    newest = sorted((each for each in fresh if each.district_id), key=lambda each: each.contact.seen_at)
    met = {person_id: {"district_id": each.district_id} for each in newest for person_id in each.contact.person_ids}
    bulk.update_each(session, person, met)
