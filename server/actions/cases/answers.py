"""What an agency says of an action it owes:

that it is done, or why it was missed; what it writes before a conference, and that it cannot come.
"""

from datetime import timedelta

import msgspec

from server.access import Access
from server.actions.cases.letters import tell_action_refused
from server.actions.conferences.conferences import open_conference
from server.actions.conferences.readers import find_reader
from server.actions.conferences.seating import check_name
from server.database.locks import lock_records
from server.problems import CONFLICTING, Failure, Invalid, NotFound, uncut
from server.queries.cases import case_actions
from server.queries.cases.case_actions import OwnedAction
from server.queries.conferences import conferences, updates
from server.queries.partnership.workers import find_worker
from shared.model.case import Action
from shared.model.conference import Attendance, CaseConference, WrittenUpdate
from shared.model.value import Id
from shared.policy import Act

LONGEST_TEXT = 10_000
PRESSED_TWICE = timedelta(minutes=1)


def finish_action(access: Access, action_id: Id, note: str) -> Action:
    """Say that an action is done, with a note. Raises Failure when somebody said so before."""
    found = _open(access, action_id)
    if found.action.done_at is not None:
        raise Failure(CONFLICTING, "This action was marked as done before.")
    done = msgspec.structs.replace(
        found.action, done_at=access.now, done_by=access.actor.worker_id, done_note=check_length(note)
    )
    case_actions.set_action(access.session, done)
    return done


def reopen_action(access: Access, action_id: Id) -> Action:
    """Take back that an action is done: it is owed again, by the same day. Raises Failure for one that nobody finished."""
    found = _open(access, action_id)
    if found.action.done_at is None:
        raise Failure(CONFLICTING, "This action is not marked as done.")
    owed = msgspec.structs.replace(found.action, done_at=None, done_by=None, done_note="")
    case_actions.set_action(access.session, owed)
    return owed


def explain_action(access: Access, action_id: Id, why: str) -> Action:
    """Say why an action was missed:

    it is late still, and no longer red for everyone. Raises Invalid without a reason.
    """
    found = _open(access, action_id)
    if not why.strip():
        raise Invalid("Say in a sentence why it was missed. All partners read it.")
    explained = msgspec.structs.replace(found.action, explained=check_length(why))
    case_actions.set_action(access.session, explained)
    return explained


def refuse_action(access: Access, action_id: Id, why: str) -> Action:
    """Say that an action is not one's own agency's: the coordinator hears so, and gives it to whose it is.

    Raises Invalid without a reason, Failure for one that is done.
    """
    found = _open(access, action_id)
    if found.action.done_at is not None:
        raise Failure(CONFLICTING, "This action was marked as done before.")
    if not why.strip():
        raise Invalid("Say why it is not yours, and whose it is if you know.")
    refused = msgspec.structs.replace(found.action, refused=check_length(why), holder_id=None)
    case_actions.set_action(access.session, refused)
    tell_action_refused(access, found)
    return refused


def hold_action(access: Access, action_id: Id, holder_id: Id) -> Action:
    """Say who of one's own agency has an action. Raises Invalid for somebody who is not of it."""
    found = _open(access, action_id)
    holder = find_worker(access.session, holder_id)
    if holder is None or not holder.active or holder.agency_id != access.actor.agency_id:
        raise Invalid("Choose a colleague of your own service.")
    held = msgspec.structs.replace(found.action, holder_id=holder_id, refused="")
    case_actions.set_action(access.session, held)
    return held


def write_update(access: Access, conference_id: Id, case_id: Id, text: str) -> WrittenUpdate:
    """Send a written update on a case of the agenda, for an agency that cannot attend; a second press sends nothing twice.

    Raises Invalid for an empty one and for one that is too long: nothing is ever cut.
    """
    conference = open_conference(access, conference_id, Act.WRITE_UPDATE)
    if case_id not in _list_askable(access, conference):
        raise NotFound
    if conference.finished_at is not None:
        raise Failure(CONFLICTING, "This conference has ended. Tell the coordinator instead.")
    if not text.strip():
        raise Invalid("Write at least a line: what your service has done, and what it will do.")
    update = WrittenUpdate(
        id=access.new_id(),
        conference_id=conference_id,
        case_id=case_id,
        agency_id=access.actor.agency_id,
        worker_id=access.actor.worker_id,
        at=access.now,
        text=check_length(text),
    )
    lock_records(access.session, [access.actor.agency_id])
    sent = updates.list_updates(access.session, conference_id)
    pressed = next((each for each in sent if _is_pressed_twice(each, update)), None)
    if pressed is not None:
        return pressed
    updates.add_update(access.session, update)
    return update


def _is_pressed_twice(before: WrittenUpdate, new: WrittenUpdate) -> bool:
    """Did the same worker send the very same a moment ago? It is read out once."""
    said = (before.case_id, before.worker_id, before.text) == (new.case_id, new.worker_id, new.text)
    return said and new.at - before.at < PRESSED_TWICE


def withdraw_update(access: Access, conference_id: Id, update_id: Id) -> WrittenUpdate:
    """Take back what one's own agency wrote, before the conference has ended: it is not read out. Raises NotFound, Failure."""
    conference = open_conference(access, conference_id, Act.WRITE_UPDATE)
    every = updates.list_updates(access.session, conference_id)
    found = next((each for each in every if each.id == update_id and each.agency_id == access.actor.agency_id), None)
    if found is None:
        raise NotFound
    if conference.finished_at is not None:
        raise Failure(CONFLICTING, "This conference has ended. Tell the coordinator instead.")
    updates.withdraw_update(access.session, update_id, access.now, access.actor.worker_id)
    return found


def _list_askable(access: Access, conference: CaseConference) -> set[Id]:
    """The cases of the agenda on which the actor's agency may write: a guest's own alone."""
    listed = {item.case_id for item in conferences.list_items(access.session, conference.id)}
    reader = find_reader(access, conference, access.actor.agency_id)
    return listed if reader is None or reader.only is None else listed & reader.only


def send_apologies(access: Access, conference_id: Id) -> None:
    """Say that one's agency cannot come. Raises Failure when the conference has ended or the agency was noted as present."""
    conference = open_conference(access, conference_id, Act.WRITE_UPDATE)
    noted = conferences.hold_attendance(access.session, conference_id, access.actor.agency_id)
    if conference.finished_at is not None or (noted is not None and noted.attended):
        raise Failure(CONFLICTING, "This conference has begun or ended. Tell the coordinator instead.")
    record = Attendance(
        id=access.new_id(),
        conference_id=conference_id,
        agency_id=access.actor.agency_id,
        apologies=True,
        name=access.worker.short_name,
    )
    conferences.set_attendance(access.session, record)


def say_who_comes(access: Access, conference_id: Id, name: str) -> None:
    """Say who comes for one's agency; apologies that were sent are taken back by it.

    Raises Invalid without a name, Failure when the conference has ended or the agency was noted as present.
    """
    conference = open_conference(access, conference_id, Act.WRITE_UPDATE)
    noted = conferences.hold_attendance(access.session, conference_id, access.actor.agency_id)
    if conference.finished_at is not None or (noted is not None and noted.attended):
        raise Failure(CONFLICTING, "This conference has begun or ended. Tell the coordinator instead.")
    if not (comes := check_name(name)):
        raise Invalid("Write who comes.")
    record = Attendance(id=access.new_id(), conference_id=conference_id, agency_id=access.actor.agency_id, name=comes)
    conferences.set_attendance(access.session, record)


def take_apologies_back(access: Access, conference_id: Id) -> None:
    """Say that one's agency can come after all. Raises Failure when the conference has ended, or nobody had sent apologies."""
    conference = open_conference(access, conference_id, Act.WRITE_UPDATE)
    noted = conferences.hold_attendance(access.session, conference_id, access.actor.agency_id)
    if conference.finished_at is not None or noted is None or not noted.apologies:
        raise Failure(CONFLICTING, "There are no apologies of your service to take back.")
    conferences.delete_attendance(access.session, conference_id, access.actor.agency_id)


def check_length(text: str) -> str:
    """The words without the space around them. Raises Invalid where they would have to be cut."""
    return uncut(text, LONGEST_TEXT)


def _open(access: Access, action_id: Id) -> OwnedAction:
    """The action, for this writer alone. Raises NotFound or Forbidden."""
    found = case_actions.hold_action(access.session, action_id)
    access.require(Act.ANSWER_ACTION, None if found is None else found.subject, purpose="actions")
    if found is None:
        raise NotFound
    return found
