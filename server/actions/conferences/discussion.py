"""While a conference is held: what is typed about each case, the actions agreed, who came; and how it ends."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from enum import Enum
from typing import Any

import msgspec

from server.access import Access
from server.actions.cases.machine import Step, move_case
from server.actions.conferences.conferences import PURPOSE, as_review, open_conference
from server.actions.conferences.readers import list_readers
from server.actions.operation.outbox import Outbox
from server.actions.people.notes import flag_own_relation
from server.problems import CONFLICTING, Failure, Invalid, NotFound
from server.queries.cases import case_actions, cases
from server.queries.conferences import conferences
from server.queries.conferences import discussion as meeting
from server.queries.conferences.conferences import Note
from server.queries.conferences.discussion import Sitting
from server.queries.partnership import agencies
from server.queries.partnership.districts import find_district
from server.queries.people import subjects
from shared.model.case import Action, Case
from shared.model.codes import CaseOutcome, CaseState, CaseStep
from shared.model.conference import AgendaItem, CaseConference
from shared.model.mail import MailFacts, MailKind
from shared.model.value import Id, Value
from shared.policy import Act
from shared.rules.days import say_day
from shared.rules.lines import is_merged, merge_lines
from shared.rules.mail import MINUTES_USEFUL_FOR

LONGEST_NOTES = 20_000
LONGEST_OUTCOME = 200
TOOK_BACK = "took an action back"
CHANGED = "The agenda has changed since you opened this page. Look at what follows, and finish again."


class Saved(Value, frozen=True, kw_only=True):
    """What is stored now. `merged`: somebody else typed too, so that the notes are not just what was sent. `stale`: the outcome
    that was sent began from an older one and was not stored; `outcome` is the newer. `off`: why the case is off the agenda.
    `agenda`: a mark that is another once the agenda is.
    """

    version: int
    notes: str
    outcome: str
    outcome_version: int = 0
    outcome_code: str = ""
    merged: bool = False
    stale: bool = False
    off: str = ""
    agenda: str = ""


class CaseEnd(str, Enum):
    """What becomes of a case when its conference ends."""

    NEXT = "next"
    NOT_REACHED = "not_reached"
    CLOSE = "close"


class Ending(Value, frozen=True, kw_only=True):
    """One case as the page of Finish shows it. `is_over`: its case has ended already and stays so. `agreed` are the actions
    that were agreed for it at this conference."""

    item: AgendaItem
    case: Case
    note: Note
    agreed: int

    @property
    def is_over(self) -> bool:
        """Has the case ended before the conference did?"""
        return self.case.state not in (CaseState.LISTED, CaseState.OPEN)

    @property
    def has_words(self) -> bool:
        """Was anything typed, chosen or agreed?"""
        return self.note.has_words or self.agreed > 0


def open_item(access: Access, conference_id: Id, item_id: Id) -> tuple[Sitting, AgendaItem]:
    """A conference that may be run, with its agenda, and one item of it, also one taken off since.

    Raises NotFound or Forbidden.
    """
    sitting = open_sitting(access, conference_id)
    found = next((item for item in sitting.items if item.id == item_id), None)
    found = found or conferences.find_item(access.session, conference_id, item_id)
    if found is None:
        raise NotFound
    return sitting, found


def open_sitting(access: Access, conference_id: Id) -> Sitting:
    """A conference that may be run, with its agenda. Raises NotFound or Forbidden."""
    sitting = meeting.find_sitting(access.session, conference_id)
    subject = None if sitting is None else conferences.subject_of(sitting.conference)
    access.require(Act.RUN_CONFERENCE, subject, purpose=PURPOSE)
    if sitting is None:
        raise NotFound
    return sitting


def mark_of(items: Sequence[AgendaItem]) -> str:
    """A short mark of an agenda: another once a case was added, taken off or put elsewhere."""
    return hashlib.sha256(" ".join(item.id for item in items).encode()).hexdigest()[:16]


def read_saved(access: Access, conference_id: Id, item_id: Id) -> Saved:
    """What is stored of an item now, for a screen that shows it."""
    sitting, item = open_item(access, conference_id, item_id)
    return _saved(sitting, item, conferences.look_at_note(access.session, item.id))


def save_note(access: Access, conference_id: Id, item_id: Id, *, base: str, notes: str) -> Saved:
    """Store the notes typed about a case.

    `base` is the text that the typing began from: whatever others stored since then is kept beside it, line by line.
    Raises Invalid for more than 20,000 characters, Failure when the conference has ended.
    """
    sitting, item, stored = _hold(access, conference_id, item_id)
    base, notes = _plain_lines(base), _plain_lines(notes)
    together = merge_lines(base, notes, stored.notes)
    if len(together) > LONGEST_NOTES:
        raise Invalid(
            "That is more than 20,000 characters. Bullets are enough: nothing of what was stored has changed."
        )
    merged = is_merged(base, notes, stored.notes)
    if together == stored.notes:
        return msgspec.structs.replace(_saved(sitting, item, stored), merged=merged)
    note = _next(access, stored, notes=together)
    conferences.set_note(access.session, note)
    return msgspec.structs.replace(_saved(sitting, item, note), merged=merged)


def save_outcome(
    access: Access, conference_id: Id, item_id: Id, *, based_on: int, outcome: str, code: str | None = None
) -> Saved:
    """Store the outcome of a case, in words and by its code (None: as it is). One that began from an older outcome than is
    stored is not stored: the newer is answered.

    Raises Invalid for more than 200 characters, Failure when the conference has ended.
    """
    sitting, item, stored = _hold(access, conference_id, item_id)
    said = outcome.strip()
    if len(said) > LONGEST_OUTCOME:
        raise Invalid("Say the outcome in 200 characters or fewer. The notes hold the rest.")
    code = stored.outcome_code if code is None else code
    if code and code not in {str(each) for each in CaseOutcome}:
        raise Invalid("Choose one of the outcomes.")
    if (said, code) == (stored.outcome, stored.outcome_code):
        return _saved(sitting, item, stored)
    if based_on != stored.outcome_version:
        return msgspec.structs.replace(_saved(sitting, item, stored), stale=True)
    note = _next(access, stored, outcome=said, outcome_code=code, outcome_version=stored.outcome_version + 1)
    conferences.set_note(access.session, note)
    return _saved(sitting, item, note)


def save_next_date(
    access: Access, conference_id: Id, item_id: Id, *, based_on: int, next_on: date | None
) -> tuple[Note, bool]:
    """Store when a case comes back; returns the note, and whether somebody else had said so since (then nothing was stored)."""
    _, _, stored = _hold(access, conference_id, item_id)
    if next_on == stored.next_on:
        return stored, False
    if based_on != stored.next_version:
        return stored, True
    if next_on is not None and next_on < access.today:
        raise Invalid(f"That day is past: {say_day(next_on, access.today)}.")
    note = _next(access, stored, next_on=next_on, next_version=stored.next_version + 1)
    conferences.set_note(access.session, note)
    return note, False


def _hold(access: Access, conference_id: Id, item_id: Id) -> tuple[Sitting, AgendaItem, Note]:
    """An item of a conference that has not ended, and its note, for this writer alone."""
    sitting, item = open_item(access, conference_id, item_id)
    _still_on(conferences.hold_conference(access.session, conference_id))
    conferences.lock_item(access.session, item.id)
    return sitting, item, conferences.find_note(access.session, item.id)


def _next(access: Access, stored: Note, **typed: Any) -> Note:
    return msgspec.structs.replace(
        stored, version=stored.version + 1, changed_at=access.now, changed_by=access.actor.worker_id, **typed
    )


def _saved(sitting: Sitting, item: AgendaItem, note: Note) -> Saved:
    off = "" if item.off_at is None else item.off_reason or "Taken off the agenda"
    return Saved(
        version=note.version, notes=note.notes, outcome=note.outcome, outcome_version=note.outcome_version, off=off,
        outcome_code=note.outcome_code,
        agenda=mark_of(sitting.items),
    )  # fmt: skip


def agree_action(
    access: Access,
    conference_id: Id,
    item_id: Id,
    *,
    text: str,
    agency_id: Id | None,
    due_on: date | None,
    key: Id | None = None,
) -> Action:
    """Keep an action agreed for a case:

    a bullet with an owner agency and a day. `key` is the id that a screen gave it: sent twice it is one action. Raises Invalid
    where something is missing.
    """
    _, item = open_item(access, conference_id, item_id)
    known = case_actions.hold_key(access.session, key) if key else None  # a record before the row
    _still_on(conferences.hold_conference(access.session, conference_id))
    if known is not None:
        if known.action.case_id != item.case_id or known.action.agreed_by != access.actor.worker_id:
            raise Failure(CONFLICTING, "Load the page again: this screen's number is another action's.")
        return known.action
    owner = agencies.find_agency(access.session, agency_id) if agency_id else None
    case = cases.get_case(access.session, item.case_id)
    wrong = _what_is_wrong(text, owner is not None, due_on, access.today)
    if wrong or owner is None or due_on is None:
        raise Invalid(*wrong)
    action = Action(
        id=key or access.new_id(),
        case_id=item.case_id,
        agency_id=owner.id,
        text=text.strip(),
        due_on=due_on,
        agreed_at=access.now,
        agreed_by=access.actor.worker_id,
        mdt_number=case.mdt_number,
        conference_id=conference_id,
    )
    flag_own_relation(access, [case.person_id], "own_action", owner.id)
    case_actions.add_action(access.session, action)
    return action


def take_back_action(access: Access, conference_id: Id, action_id: Id) -> None:
    """Take away an action typed by mistake. Only one of this conference, and only until it has ended."""
    open_conference(access, conference_id, Act.RUN_CONFERENCE)
    _still_on(conferences.hold_conference(access.session, conference_id))
    found = case_actions.hold_action(access.session, action_id)
    on_agenda = set(conferences.list_item_ids(access.session, conference_id))
    if found is None or found.action.case_id not in on_agenda:
        raise NotFound
    if found.action.conference_id != conference_id or found.action.done_at is not None:
        raise Failure(CONFLICTING, "This action was agreed before, or is done. It stays on record.")
    case_subject = subjects.find_case(access.session, found.action.case_id)
    access.require(Act.RUN_CONFERENCE, case_subject, purpose=TOOK_BACK, detail=found.action.agency_id)
    case_actions.remove_action(access.session, action_id)


def list_endings(access: Access, conference_id: Id) -> tuple[CaseConference, list[Ending], str]:
    """What Finish is about: each case of the agenda with what was made of it, and a mark of all that the page shows.

    Whoever finishes sends the mark back (`finish_conference`), so that it is done to what they saw and to nothing else.
    """
    conference = open_conference(access, conference_id, Act.RUN_CONFERENCE)
    endings = _list_endings(access, conference)
    return conference, endings, _mark_endings(endings)


def _list_endings(access: Access, conference: CaseConference) -> list[Ending]:
    items = conferences.list_items(access.session, conference.id)
    notes = conferences.list_notes(access.session, conference.id)
    found = {case.id: case for case in cases.list_cases_by_id(access.session, [item.case_id for item in items])}
    agreed = Counter(each.action.case_id for each in case_actions.list_agreed_at(access.session, conference.id))
    return [
        Ending(
            item=item, case=found[item.case_id], note=notes.get(item.id, Note(agenda_item_id=item.id)),
            agreed=agreed[item.case_id],
        )
        for item in items
    ]  # fmt: skip


def _mark_endings(endings: Sequence[Ending]) -> str:
    shown = [
        (each.item.id, each.case.state.value, each.case.mdt_number, each.note.version, each.agreed) for each in endings
    ]
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:32]


def finish_conference(
    access: Access, conference_id: Id, ends: Mapping[Id, CaseEnd], seen: str | None = None
) -> CaseConference:
    """End a conference:

    each case gets its review and moves to its next MDT number, stays for the next conference because it was not
    reached, or is closed. Cases that `ends` does not name were discussed; a case that has ended meanwhile stays ended. Ending
    twice changes nothing. `seen` is the mark of what its reader was shown. Raises Invalid when that has changed since.
    """
    open_conference(access, conference_id, Act.RUN_CONFERENCE)
    conference = conferences.hold_conference(access.session, conference_id, alone=True)
    if conference.finished_at is not None:
        return conference
    endings = _list_endings(access, conference)
    if seen is not None and seen != _mark_endings(endings):
        raise Invalid(CHANGED)
    _mail_actions(access, conference, [each.item for each in endings])
    for each in endings:
        _end_case(access, each, ends.get(each.item.case_id, CaseEnd.NEXT))
    _keep_words_of_those_off(access, conference_id)
    conferences.set_conference(access.session, conference_id, finished_at=access.now)
    return msgspec.structs.replace(conference, finished_at=access.now)


def _keep_words_of_those_off(access: Access, conference_id: Id) -> None:
    """What was typed of a case that was taken off the agenda is a review of it too: no word is lost with its place."""
    notes = conferences.list_notes(access.session, conference_id)
    typed = {item_id for item_id, note in notes.items() if note.has_words}
    off = [item for item in conferences.list_off(access.session, conference_id) if item.id in typed]
    numbers = {
        case.id: case.mdt_number for case in cases.list_cases_by_id(access.session, [item.case_id for item in off])
    }
    for item in off:
        review = as_review(access, item, notes[item.id], numbers[item.case_id], reached=False)
        conferences.add_review(access.session, review)


def _mail_actions(access: Access, conference: CaseConference, items: Sequence[AgendaItem]) -> None:
    """Each agency hears by e-mail what it took on here and has not done: the number on the agenda (0 for a case that has left it)
    and the day, nothing of the case."""
    positions = {item.case_id: item.position for item in items}
    owed: dict[Id, list[tuple[int, date]]] = {}
    for each in case_actions.list_agreed_at(access.session, conference.id):
        action = each.action
        if action.done_at is None:
            owed.setdefault(action.agency_id, []).append((positions.get(action.case_id, 0), action.due_on))
    district = find_district(access.session, conference.district_id)
    withheld = {reader.agency.id for reader in list_readers(access, conference) if reader.withheld}
    outbox = Outbox(access.session, access.now, access.new_id)
    for agency_id, due in owed.items():
        if agency_id not in withheld:
            facts = MailFacts(
                count=len(due), positions=tuple(sorted(due)), starts_at=conference.starts_at,
                district=district.name if district else "", conference_id=conference.id,
            )  # fmt: skip
            outbox.tell_agency(
                agency_id, MailKind.CONFERENCE_ACTIONS, f"agreed/{conference.id}", facts, about_id=conference.id,
                useful_until=access.now + MINUTES_USEFUL_FOR, district_id=conference.district_id,
            )  # fmt: skip


def _end_case(access: Access, ending: Ending, end: CaseEnd) -> None:
    case, note = ending.case, ending.note
    if end is CaseEnd.NOT_REACHED and not ending.is_over:
        if note.has_words:
            review = as_review(access, ending.item, note, case.mdt_number, reached=False)
            conferences.add_review(access.session, review)
        return
    if ending.is_over and not ending.has_words:
        return
    conferences.add_review(access.session, as_review(access, ending.item, note, case.mdt_number))
    if ending.is_over:
        return
    closes = end is CaseEnd.CLOSE
    reason = note.outcome or ("Closed at the case conference" if closes else "")
    step = Step(
        step=CaseStep.CLOSED if closes else CaseStep.DISCUSSED, at=access.now, worker_id=access.actor.worker_id,
        reason=reason, conference_id=ending.item.conference_id,
    )  # fmt: skip
    changed = {"reason": reason, "outcome": note.outcome} if closes else {"mdt_number": case.mdt_number + 1}
    move_case(access.session, case.id, step, access.new_id, **changed)


def _still_on(conference: CaseConference) -> None:
    if conference.finished_at is not None:
        raise Failure(CONFLICTING, "This conference has ended, so nothing more can be typed into it.")


def _what_is_wrong(text: str, has_owner: bool, due_on: date | None, today: date) -> list[str]:
    wrong = []
    if not text.strip():
        wrong.append("Say what will be done.")
    if not has_owner:
        wrong.append("Name the agency that will do it, such as “CGL: assessment by 28 Nov”.")
    if due_on is None:
        wrong.append("Say by which day, such as “by 28 Nov”.")
    elif due_on < today:
        wrong.append("The day it is due is past.")
    return wrong


def _plain_lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
