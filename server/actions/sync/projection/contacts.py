"""Street contacts into their tables, and corrections applied to them:

the original is kept, what it reads now is derived.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

import msgspec
from sqlalchemy.orm import Session

from server.actions.sync.projection.batch import Batch, Fact
from server.actions.sync.projection.places import Districts, Place, Whereabouts, find_places
from server.actions.sync.projection.wall import Verdicts
from server.queries.people.rebuilding import forget_districts
from server.queries.people.told_needs import settle_needs
from server.queries.street import contacts
from server.queries.street.contacts import StoredContact
from server.queries.sync.touched import list_people
from shared.geo.night import outreach_night
from shared.model.contact import Contact, ContactCorrection
from shared.model.value import Id
from shared.policy.held import OTHER_NIGHT, OUTSIDE
from shared.rules.corrections import corrected
from sync.past import Withheld

OUTSIDE_MAX = 5
"""So many contacts with somebody new there one worker may record of a night in districts where their team does not walk."""
OUTSIDE_DAY_MAX = 15
"""And so many in all that reach the server within a day, of whatever nights they tell."""

_read_original = msgspec.json.Decoder(Contact).decode


def project_contacts(session: Session, batch: Batch, districts: Districts, crs: str, verdicts: Verdicts) -> set[Id]:
    """Store the batch's contacts and corrections; returns the people whose history they changed.

    Raises Withheld for too many who are new in a district where the phone's team does not walk.
    """
    recorded = batch.facts.get("contact.recorded", [])
    told = batch.facts.get("contact.corrected", [])
    corrections = [fact.value for fact in told]
    fresh = _store(session, recorded, districts, crs, verdicts)
    contacts.add_corrections(session, corrections)
    rewritten = _apply_corrections(session, _to_correct(session, recorded, corrections), districts, crs, told)
    return {person_id for each in fresh for person_id in each.contact.person_ids} | rewritten


def _store(
    session: Session, recorded: Sequence[Fact], districts: Districts, crs: str, verdicts: Verdicts
) -> list[StoredContact]:
    places = find_places(session, [_where(fact.value) for fact in recorded], districts, crs)
    _check_outside(session, recorded, places, verdicts)
    fresh = [
        StoredContact(contact=fact.value, received_at=fact.received_at, district_id=place.district_id, cell=place.cell)
        for fact, place in zip(recorded, places, strict=True)
    ]
    contacts.add_contacts(session, fresh)
    return fresh


def _check_outside(session: Session, recorded: Sequence[Fact], places: Sequence[Place], verdicts: Verdicts) -> None:
    """Somebody new may be met across a boundary, on the way; nobody fills another district's list so."""
    outside: dict[Id, list[tuple[Fact, Id]]] = defaultdict(list)
    for fact, place in _list_outside(session, recorded, places, verdicts):
        outside[fact.value.worker_id].append((fact, place))
    held: dict[Id, str] = {}
    for worker_id, found in outside.items():
        districts = {district_id for _, district_id in found}
        too_many = set()
        for night, count in Counter(fact.value.night for fact, _ in found).items():
            if contacts.count_recorded(session, worker_id, districts, night=night) + count > OUTSIDE_MAX:
                too_many.add(night)
        a_day_ago = found[0][0].received_at - timedelta(days=1)
        of_the_day = contacts.count_recorded(session, worker_id, districts, received_since=a_day_ago) + len(found)
        told = (fact for fact, _ in found if fact.value.night in too_many or of_the_day > OUTSIDE_DAY_MAX)
        held |= {fact.change_id: OUTSIDE for fact in told}
    if held:
        raise Withheld(held)


def _list_outside(
    session: Session, recorded: Sequence[Fact], places: Sequence[Place], verdicts: Verdicts
) -> list[tuple[Fact, Id]]:
    """Contacts in a district where their worker does not walk, with somebody who is not known there yet, however well known
    elsewhere; each with that district."""
    outside = []
    for fact, place in zip(recorded, places, strict=True):
        walked = verdicts.walked.get(fact.device)
        if walked is not None and place.district_id is not None and place.district_id not in walked:
            outside.append((fact, place.district_id))
    named = {person_id for fact, _ in outside for person_id in fact.value.person_ids}
    known = list_people(session, named, outside[0][0].received_at) if named else {}
    return [
        (fact, district_id)
        for fact, district_id in outside
        if any(each not in known or district_id not in known[each].district_ids for each in fact.value.person_ids)
    ]


def _where(told: Contact) -> Whereabouts:
    return Whereabouts(told.position, told.site_id, told.referral_id, told.team_id, told.night)


def _to_correct(session: Session, recorded: Sequence[Fact], corrections: Sequence[ContactCorrection]) -> set[Id]:
    """The contacts that must be read anew: corrected in this batch, or corrected before they themselves arrived."""
    fresh = [fact.value.id for fact in recorded]
    return {each.contact_id for each in corrections} | set(contacts.list_corrections(session, fresh))


def _apply_corrections(
    session: Session, contact_ids: Collection[Id], districts: Districts, crs: str, told: Sequence[Fact]
) -> set[Id]:
    """Rewrite contacts as all their corrections leave them; returns the people they named before or name now.

    Raises Withheld for those of `told` that leave a contact with a night that is not its own.
    """
    before = contacts.list_contacts(session, contact_ids)
    words = contacts.list_corrections(session, list(before))
    originals = {each: _original_of(stored) for each, stored in before.items()}
    after = {each: corrected(originals[each], words.get(each, ())) for each in before}
    _check_nights(after, told)
    places = find_places(session, [_where(each) for each in after.values()], districts, crs)
    rewritten = [
        _rewrite(before[each], originals[each], reads, len(words.get(each, ())), place)
        for (each, reads), place in zip(after.items(), places, strict=True)
    ]
    contacts.replace_contacts(session, rewritten)
    settle_needs(session, list(before))
    named = {person_id for stored in before.values() for person_id in stored.contact.person_ids}
    names = {person_id for each in after.values() for person_id in each.person_ids}
    forget_districts(session, named - names)
    return named | names


def correct_again(session: Session, contact_ids: Collection[Id], districts: Districts, crs: str) -> None:
    """Write anew what corrected contacts read, from what they read at first. Where they were is looked up only for those that
    read another place now: boundaries may have been drawn anew since the others were."""
    before = contacts.list_contacts(session, contact_ids)
    words = contacts.list_corrections(session, list(before))
    originals = {each: _original_of(stored) for each, stored in before.items()}
    after = {each: corrected(originals[each], words.get(each, ())) for each in before}
    moved = [each for each in after if _where(after[each]) != _where(before[each].contact)]
    stays = {each: Place(cell=stored.cell, district_id=stored.district_id) for each, stored in before.items()}
    found = find_places(session, [_where(after[each]) for each in moved], districts, crs)
    places = stays | dict(zip(moved, found, strict=True))
    rewritten = [
        _rewrite(before[each], originals[each], reads, len(words.get(each, ())), places[each])
        for each, reads in after.items()
    ]
    contacts.replace_contacts(session, rewritten)
    settle_needs(session, list(before))


def _check_nights(after: Mapping[Id, Contact], told: Sequence[Fact]) -> None:
    wrong = {each for each, reads in after.items() if abs((reads.night - outreach_night(reads.seen_at)).days) > 1}
    held = {fact.change_id: OTHER_NIGHT for fact in told if fact.device > 0 and fact.value.contact_id in wrong}
    if held:
        raise Withheld(held)


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
