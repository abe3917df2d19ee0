"""Holding what changes are about before the feed counter is taken, as a push does: who takes the counter first, and then waits
for somebody's record, waits for a push that waits for the counter, and PostgreSQL ends one of the two."""

from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from datetime import date

from sqlalchemy.orm import Session

from server.actions.sync.projection.batch import Batch, read_batch
from server.actions.sync.validation import validate
from server.database.context import beyond_reader
from server.database.locks import holds_nothing, lock_records
from server.database.sql import Sql
from server.queries.people.verification import list_groups
from server.queries.street import contacts, looks
from shared.model.value import Id
from sync.authoring import NewChange, number
from sync.server import AcceptedChange
from sync.wire import SERVER_DEVICE, Change


@beyond_reader
def hold_people(session: Session, ids: Iterable[Id]) -> frozenset[Id]:
    """Hold these records and those that are one person with any of them, all at once in the order of their names; returns whom.

    A merge that was on its way meanwhile may have made them more: then they are let go, and all of them held in their order.
    """
    wanted = frozenset(ids)
    if holds_nothing(session) or not wanted:
        return wanted
    sql, wanted = Sql(session), _with_same(session, wanted)
    while True:
        with suppress(_More), sql.savepoint():
            lock_records(session, wanted)
            more = _with_same(session, wanted)
            if more == wanted:
                return wanted
            raise _More
        wanted = more


class _More(Exception):
    """Takes back what was held out of order."""


def _with_same(session: Session, ids: frozenset[Id]) -> frozenset[Id]:
    return ids.union(*list_groups(session, ids).values())


def hold_named(session: Session, batch: Batch) -> frozenset[Id]:
    """Hold the records from which something is derived once a batch counts."""
    return hold_people(session, batch.subjects() | _people_corrected(session, batch))


@beyond_reader
def hold_subjects(session: Session, changes: Sequence[Change], others: Collection[Id] = ()) -> None:
    """Hold all from which something is derived once these changes count, in the order in which a push does: the records that they
    name, with `others` and who is one person with them; then the nights."""
    sound = [each for each in changes if not each.erased and not isinstance(validate(each), str)]
    if not sound:
        lock_records(session, others)
        return
    batch = read_batch([AcceptedChange(each, 0, 0, each.dev) for each in sound])
    hold_people(session, {*others, *batch.subjects(), *_people_corrected(session, batch)})
    looks.hold_nights(session, _nights_of(session, batch))


def hold_new(session: Session, new: Sequence[NewChange]) -> None:
    """The same for what the server is about to publish itself."""
    hold_subjects(session, [number(each, SERVER_DEVICE, 1, 0, {}) for each in new])


def _people_corrected(session: Session, batch: Batch) -> set[Id]:
    """Whom corrected contacts named, and name now."""
    corrections = batch.values("contact.corrected")
    if not corrections:
        return set()
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
