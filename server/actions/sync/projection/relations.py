"""A pushed contact through which the notes that other services keep of somebody open to its worker's agency, which did not work
with them until now: it counts, and stands in the privacy reviewer's queue as a broken glass does (privacy rules A3, A4)."""

from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy.orm import Session

from server.actions.people.notes import SELF_MADE
from server.actions.sync.projection.batch import Batch, Fact
from server.queries.partnership.workers import list_agency_ids
from server.queries.people import notes
from server.queries.people.notes import BreakGlass
from server.queries.people.subjects import WORKS_WITH_DAYS
from server.queries.sync.touched import list_people
from shared.model.value import Id
from sync.wire import SERVER_DEVICE

CAUSE = "pushed_contact"


def flag_new_relations(session: Session, batch: Batch, new_id: Callable[[], Id]) -> None:
    """Call it before the batch's contacts are stored. A contact of the web form was flagged where it was written."""
    told = _people_met(batch)
    with_notes = notes.list_with_notes(session, told) if told else {}
    if not with_notes:
        return
    agency_ids = list_agency_ids(session, {fact.value.worker_id for each in with_notes for fact in told[each]})
    known = list_people(session, with_notes, batch.received_at - timedelta(days=WORKS_WITH_DAYS))
    flagged: set[tuple[Id, Id]] = set()
    for person_id, keepers in with_notes.items():
        for fact in told[person_id]:
            agency_id = agency_ids.get(fact.value.worker_id)
            subject = known.get(person_id)
            is_new = subject is not None and agency_id not in subject.working_agency_ids
            if agency_id is None or not is_new or not keepers - {agency_id} or (person_id, agency_id) in flagged:
                continue
            flagged.add((person_id, agency_id))
            notes.add_break_glass(session, _opening(fact, person_id, agency_id, new_id()))


def _people_met(batch: Batch) -> dict[Id, list[Fact]]:
    """The people whom contacts name, or corrections bring in, each with what names them."""
    told: dict[Id, list[Fact]] = defaultdict(list)
    for fact in batch.facts.get("contact.recorded", ()):
        if fact.device != SERVER_DEVICE:
            for person_id in fact.value.person_ids:
                told[person_id].append(fact)
    for fact in batch.facts.get("contact.corrected", ()):
        for person_id in fact.value.fields.get("person_ids", ()) if fact.device != SERVER_DEVICE else ():
            told[person_id].append(fact)
    return told


def _opening(fact: Fact, person_id: Id, agency_id: Id, opened_id: Id) -> BreakGlass:
    return BreakGlass(
        id=opened_id,
        person_id=person_id,
        worker_id=fact.value.worker_id,
        agency_id=agency_id,
        at=fact.received_at,
        ends_at=fact.received_at + timedelta(milliseconds=1),
        cause=CAUSE,
        reason=SELF_MADE[CAUSE],
    )
