"""Reading and writing the notes of services; breaking the glass in need; reviewing that it was broken (privacy rules
A3, A4)."""

from collections.abc import Collection
from datetime import timedelta

import msgspec

from server.access import Access
from server.actions.people.pressing import find_pressed
from server.database.locks import lock_records
from server.problems import CONFLICTING, Failure, Invalid, NotFound, uncut
from server.queries.people import notes, subjects
from server.queries.people.notes import BreakGlass, PersonNote
from shared.model.value import Id
from shared.policy import Act, Subject, SubjectKind

OPEN_FOR = timedelta(hours=24)
SHORTEST_REASON = 10
LONGEST_TEXT = 10_000
REVIEW_WITHIN = timedelta(days=7)
PRESSED = "notes of"
CAUSES = {
    "risk_to_life": "Risk to life",
    "medical_emergency": "Medical emergency",
    "safeguarding": "Safeguarding concern",
    "duty_of_care": "Nobody of that service can be reached, and care cannot wait",
}


SELF_MADE = {
    "own_contact": "Works with them now, by a contact of their own on the web form",
    "own_action": "Works with them now, by an action agreed for their own agency",
    "pushed_contact": "Works with them now, by a contact sent from a phone",
}
"""Relations that somebody made for themselves. Nobody is kept from making one; every one is reviewed, as a broken glass is."""

EVERY_CAUSE = CAUSES | SELF_MADE


def flag_own_relation(access: Access, person_ids: Collection[Id], cause: str, agency_id: Id) -> None:
    """Put into the privacy reviewer's queue that the actor opens people to their own agency, which did not work with them.

    Call it before the write that makes it so. What is flagged stays on record, also when that write is taken back.
    """
    for person_id in person_ids if agency_id == access.actor.agency_id else ():
        subject = subjects.find_person(access.session, person_id)
        if subject is None or agency_id in subject.working_agency_ids:
            continue
        opened = BreakGlass(
            id=access.new_id(), person_id=person_id, worker_id=access.actor.worker_id, agency_id=agency_id, at=access.now,
            ends_at=access.now + timedelta(milliseconds=1), cause=cause, reason=SELF_MADE[cause],
        )  # fmt: skip
        notes.add_break_glass(access.session, opened)


def find_notes_subject(access: Access, person_id: Id) -> tuple[Subject | None, list[Id]]:
    """What a decision about a person's notes rests on: who works with them, for whom the glass is broken, whom to
    ask. With it, every id that is the same person."""
    subject, same = access.find_person_and_same(person_id)
    if subject is None:
        return None, same
    keepers = notes.list_keepers(access.session, same)
    with_notes = msgspec.structs.replace(
        subject,
        opened_for_worker_ids=notes.list_opened_for(access.session, same, access.now),
        ask_agency=" or ".join(keepers),
    )
    return with_notes, same


def read_notes(access: Access, person_id: Id) -> list[PersonNote]:
    """The notes about a person, for a service that works with them or broke the glass. Raises NotFound, or Forbidden
    with whom
    to ask; that refusal reaches the privacy officer's queue."""
    subject, same = find_notes_subject(access, person_id)
    access.require(Act.SEE_NOTES, subject, purpose="notes")
    return notes.list_notes(access.session, same)


def list_openings(access: Access, person_id: Id) -> list[BreakGlass]:
    """When and why others opened these notes in need, for whoever has been let through to read them."""
    return notes.list_openings(access.session, subjects.list_same_person(access.session, person_id))


def write_note(access: Access, person_id: Id, text: str) -> PersonNote:
    """Write a note for one's own service; a second press writes nothing twice. Raises Invalid for an empty one."""
    subject, same = find_notes_subject(access, person_id)
    access.require(Act.SEE_NOTES, subject, purpose="write a note")
    if not text.strip():
        raise Invalid("Write the note first.")
    if len(text.strip()) > LONGEST_TEXT:
        raise Invalid("Use 10,000 characters or fewer.")
    note = PersonNote(
        id=access.new_id(),
        person_id=person_id,
        agency_id=access.actor.agency_id,
        worker_id=access.actor.worker_id,
        at=access.now,
        text=text.strip(),
    )
    lock_records(access.session, [f"{PRESSED} {access.actor.worker_id}"])
    pressed = find_pressed(notes.list_notes(access.session, same), note, "at")
    if pressed is not None:
        return pressed
    notes.add_note(access.session, note)
    return note


def break_the_glass(access: Access, person_id: Id, cause: str, reason: str) -> BreakGlass:
    """Open one person's notes for 24 hours, with a cause of the list and a reason in words. Every use is reviewed; a second press
    is none.

    Raises Invalid without them.
    """
    access.require(
        Act.BREAK_GLASS, subjects.find_person(access.session, person_id), purpose="break-glass", detail=cause
    )
    wrong = []
    if cause not in CAUSES:
        wrong.append("Choose why it cannot wait.")
    if len(reason.strip()) < SHORTEST_REASON:
        wrong.append("Say in a sentence what has happened. It will be reviewed.")
    if wrong:
        raise Invalid(*wrong)
    opened = BreakGlass(
        id=access.new_id(),
        person_id=person_id,
        worker_id=access.actor.worker_id,
        agency_id=access.actor.agency_id,
        at=access.now,
        ends_at=access.now + OPEN_FOR,
        cause=cause,
        reason=uncut(reason, LONGEST_TEXT),
    )
    lock_records(access.session, [f"{PRESSED} {access.actor.worker_id}"])
    before = [
        msgspec.structs.replace(each, ends_at=opened.ends_at)
        for each in notes.list_openings(access.session, [person_id])
    ]
    pressed = find_pressed(before, opened, "at")
    if pressed is not None:
        return pressed
    notes.add_break_glass(access.session, opened)
    return opened


def review(access: Access, opened_id: Id, finding: str) -> None:
    """Keep what a review of a broken glass found. Nobody reviews their own."""
    found = notes.find_break_glass(access.session, opened_id)
    access.require(
        Act.REVIEW_ACCESS, None if found is None else Subject(kind=SubjectKind.NOTE, id=opened_id), purpose="review"
    )
    if found is None:
        raise NotFound
    if found.worker_id == access.actor.worker_id:
        raise Invalid("Somebody else has to review this: it was you who broke the glass.")
    if found.reviewed_at is not None:
        raise Failure(CONFLICTING, "This was reviewed before.")
    if not finding.strip():
        raise Invalid("Say what you found, in a few words.")
    notes.set_reviewed(access.session, opened_id, access.now, access.actor.worker_id, uncut(finding, LONGEST_TEXT))
