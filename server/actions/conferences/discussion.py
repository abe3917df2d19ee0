"""While a conference is held: what is typed about each case, the actions agreed, who came; and how it ends."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from enum import Enum

import msgspec

from server.access import Access
from server.actions.conferences.conferences import PURPOSE, list_readers, open_conference
from server.actions.operation.outbox import Outbox
from server.problems import CONFLICTING, Failure, Invalid, NotFound
from server.queries.cases import case_actions, cases
from server.queries.conferences import conferences
from server.queries.conferences import discussion as meeting
from server.queries.conferences.conferences import Note
from server.queries.conferences.discussion import Sitting
from server.queries.partnership import agencies
from server.queries.partnership.districts import find_district
from shared.model.case import Action, Case, CaseReview
from shared.model.codes import CaseState
from shared.model.conference import AgendaItem, Attendance, CaseConference
from shared.model.mail import MailFacts, MailKind
from shared.model.value import Id, Value
from shared.policy import Act
from shared.rules.lines import is_merged, merge_lines

LONGEST_NOTES = 10_000
LONGEST_OUTCOME = 200
MINUTES_USEFUL_FOR = timedelta(days=14)


class Saved(Value, frozen=True, kw_only=True):
    """What is stored now. `merged` when somebody else typed too, so that the text is not just what was sent."""

    version: int
    notes: str
    outcome: str
    merged: bool = False


class CaseEnd(str, Enum):
    """What becomes of a case when its conference ends."""

    NEXT = "next"
    NOT_REACHED = "not_reached"
    CLOSE = "close"


def open_item(access: Access, conference_id: Id, position: int) -> tuple[Sitting, AgendaItem]:
    """A conference that may be run, with its agenda, and the item at a position. Raises NotFound or Forbidden."""
    sitting = meeting.find_sitting(access.session, conference_id)
    subject = None if sitting is None else conferences.subject_of(sitting.conference)
    access.require(Act.RUN_CONFERENCE, subject, purpose=PURPOSE)
    items = () if sitting is None else sitting.items
    found = next((item for item in items if item.position == position), None)
    if sitting is None or found is None:
        raise NotFound
    return sitting, found


def save_note(access: Access, conference_id: Id, position: int, *, base: str, notes: str, outcome: str) -> Saved:
    """Store what was typed about a case.

    `base` is the text that the typing began from: whatever others stored since then is kept beside it, line by line.
    Raises Invalid for more than 10,000 characters, Failure when the conference has ended.
    """
    sitting, item = open_item(access, conference_id, position)
    _still_on(sitting.conference)
    conferences.lock_item(access.session, item.id)
    stored = conferences.find_note(access.session, item.id)
    base, notes = _plain_lines(base), _plain_lines(notes)
    together = merge_lines(base, notes, stored.notes)
    if len(together) > LONGEST_NOTES:
        raise Invalid(
            "That is more than 10,000 characters. Bullets are enough: nothing of what was stored has changed."
        )
    said = outcome.strip()[:LONGEST_OUTCOME]
    if (together, said) == (stored.notes, stored.outcome):
        return Saved(version=stored.version, notes=together, outcome=said, merged=is_merged(base, notes, stored.notes))
    note = Note(
        agenda_item_id=item.id,
        notes=together,
        outcome=said,
        version=stored.version + 1,
        changed_at=access.now,
        changed_by=access.actor.worker_id,
    )
    conferences.set_note(access.session, note)
    merged = is_merged(base, notes, stored.notes)
    return Saved(version=note.version, notes=together, outcome=said, merged=merged)


def agree_action(
    access: Access, conference_id: Id, position: int, *, text: str, agency_id: Id | None, due_on: date | None
) -> Action:
    """Keep an action agreed for a case:

    a bullet with an owner agency and a day. Raises Invalid where one is missing.
    """
    sitting, item = open_item(access, conference_id, position)
    _still_on(sitting.conference)
    owner = agencies.find_agency(access.session, agency_id) if agency_id else None
    case = cases.get_case(access.session, item.case_id)
    wrong = _what_is_wrong(text, owner is not None, due_on, access.today)
    if wrong or owner is None or due_on is None:
        raise Invalid(*wrong)
    action = Action(
        id=access.new_id(),
        case_id=item.case_id,
        agency_id=owner.id,
        text=text.strip(),
        due_on=due_on,
        agreed_at=access.now,
        agreed_by=access.actor.worker_id,
        mdt_number=case.mdt_number,
    )
    case_actions.add_action(access.session, action)
    return action


def take_back_action(access: Access, conference_id: Id, action_id: Id) -> None:
    """Take away an action typed by mistake. Only one of this conference, and only until it has ended."""
    conference = open_conference(access, conference_id, Act.RUN_CONFERENCE)
    _still_on(conference)
    found = case_actions.find_action(access.session, action_id)
    on_agenda = {item.case_id for item in conferences.list_items(access.session, conference_id)}
    if found is None or found.action.case_id not in on_agenda:
        raise NotFound
    case = cases.get_case(access.session, found.action.case_id)
    if found.action.mdt_number != case.mdt_number or found.action.done_at is not None:
        raise Failure(CONFLICTING, "This action was agreed before, or is done. It stays on record.")
    case_actions.remove_action(access.session, action_id)


def note_attendance(
    access: Access, conference_id: Id, agency_id: Id, *, attended: bool, apologies: bool, name: str
) -> None:
    """Say whether an agency came, who spoke for it, or that it sent apologies."""
    open_conference(access, conference_id, Act.RUN_CONFERENCE)
    if agencies.find_agency(access.session, agency_id) is None:
        raise NotFound
    record = Attendance(
        id=access.new_id(),
        conference_id=conference_id,
        agency_id=agency_id,
        attended=attended,
        apologies=apologies and not attended,
        name=name.strip()[:200],
    )
    conferences.set_attendance(access.session, record)


def finish_conference(access: Access, conference_id: Id, ends: Mapping[Id, CaseEnd]) -> CaseConference:
    """End a conference:

    each case gets its review and moves to its next MDT number, stays for the next conference because it was not
    reached, or is closed. Cases that `ends` does not name were discussed. Ending twice changes nothing.
    """
    conference = open_conference(access, conference_id, Act.RUN_CONFERENCE)
    if conference.finished_at is not None:
        return conference
    notes = conferences.list_notes(access.session, conference_id)
    items = conferences.list_items(access.session, conference_id)
    _mail_actions(access, conference, items)
    for item in items:
        _end_case(access, item, notes.get(item.id, Note(agenda_item_id=item.id)), ends.get(item.case_id, CaseEnd.NEXT))
    finished = msgspec.structs.replace(conference, finished_at=access.now)
    conferences.set_conference(access.session, finished)
    return finished


def _mail_actions(access: Access, conference: CaseConference, items: Sequence[AgendaItem]) -> None:
    """Each agency hears by e-mail what it took on: the number on the agenda and the day, and nothing of the case."""
    found = {case.id: case for case in cases.list_cases_by_id(access.session, [item.case_id for item in items])}
    positions = {item.case_id: item.position for item in items}
    owed: dict[Id, list[tuple[int, date]]] = {}
    for each in case_actions.list_actions(access.session, found):
        action = each.action
        if action.mdt_number == found[action.case_id].mdt_number:
            owed.setdefault(action.agency_id, []).append((positions[action.case_id], action.due_on))
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


def _end_case(access: Access, item: AgendaItem, note: Note, end: CaseEnd) -> None:
    if end is CaseEnd.NOT_REACHED:
        return
    case = cases.get_case(access.session, item.case_id)
    review = CaseReview(
        id=access.new_id(),
        case_id=case.id,
        conference_id=item.conference_id,
        mdt_number=case.mdt_number,
        at=access.now,
        outcome=note.outcome,
        notes=note.notes,
    )
    conferences.add_review(access.session, review)
    after = _after(case, note, end, access)
    changed = {name: getattr(after, name) for name in Case.__struct_fields__ if name not in {"id", "state"}}
    cases.set_case(access.session, case.id, state=str(after.state), **changed)


def _after(case: Case, note: Note, end: CaseEnd, access: Access) -> Case:
    if end is CaseEnd.CLOSE:
        return msgspec.structs.replace(
            case,
            state=CaseState.CLOSED,
            closed_at=access.now,
            outcome=note.outcome,
            reason=note.outcome or "Closed at the case conference",
        )
    return msgspec.structs.replace(case, state=CaseState.OPEN, mdt_number=case.mdt_number + 1)


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
