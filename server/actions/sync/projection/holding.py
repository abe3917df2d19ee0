"""Holding what changes are about before the feed counter is taken, as a push does: who takes the counter first, and then waits
for somebody's record, waits for a push that waits for the counter, and PostgreSQL ends one of the two."""

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy.orm import Session

from server.actions.sync.projection.batch import Batch, read_batch
from server.actions.sync.validation import validate
from server.database.context import beyond_reader
from server.database.locks import lock_records
from server.queries.people.verification import list_groups
from server.queries.street import contacts, looks
from shared.model.value import Id
from sync.authoring import NewChange, number
from sync.server import AcceptedChange
from sync.wire import SERVER_DEVICE, Change


@beyond_reader
def hold_subjects(session: Session, changes: Sequence[Change], others: Collection[Id] = ()) -> None:
    """Hold all from which something is derived once these changes count, in the order in which a push does: the records that they
    name, with `others`; who is one person with them; the nights."""
    sound = [each for each in changes if not each.erased and not isinstance(validate(each), str)]
    if not sound:
        lock_records(session, others)
        return
    batch = read_batch([AcceptedChange(each, 0, 0, each.dev) for each in sound])
    named = batch.subjects()
    lock_records(session, {*others, *named})
    same = {
        each for group in list_groups(session, named | _people_corrected(session, batch)).values() for each in group
    }
    lock_records(session, same - named)
    looks.hold_nights(session, _nights_of(session, batch))


def hold_new(session: Session, new: Sequence[NewChange]) -> None:
    """The same for what the server is about to publish itself."""
    hold_subjects(session, [number(each, SERVER_DEVICE, 1, 0, {}) for each in new])


def _people_corrected(session: Session, batch: Batch) -> set[Id]:
    """Whom corrected contacts named, and name now."""
    corrections = batch.values("contact.corrected")
    stored = contacts.list_contacts(session, {each.contact_id for each in corrections})
    before = {each for one in stored.values() for each in one.contact.person_ids}
    return before | {each for one in corrections for each in one.fields.get("person_ids") or ()}


def _nights_of(session: Session, batch: Batch) -> set[date]:
    told = {each.night for kind in ("contact.recorded", "visit.recorded") for each in batch.values(kind)}
    corrections = batch.values("contact.corrected")
    moved = {date.fromisoformat(each.fields["night"]) for each in corrections if "night" in each.fields}
    outings = looks.list_outings(
        session,
        contact_ids={each.contact_id for each in corrections},
        visit_ids={each.visit_id for each in batch.values("visit.struck")},
        person_ids={each for one in batch.values("person.merged") for each in (one.from_id, one.into_id)},
    )
    return told | moved | {each.night for each in outings}
