"""Chasing what was agreed: a coordinator says that something is done because somebody told them so, asks an agency for what it
owes, and adds an action between two conferences.

What an agency says of its own actions is in `server.actions.cases.answers`.
"""

from collections.abc import Collection, Sequence
from datetime import date, timedelta

import msgspec

from server.access import Access
from server.actions.cases.answers import check_length
from server.actions.conferences.readers import why_withheld
from server.actions.operation.outbox import Outbox
from server.actions.partnership.systems import tell_of_given
from server.actions.people.notes import flag_own_relation
from server.problems import CONFLICTING, Failure, Invalid, NotFound
from server.queries.cases import case_actions, cases
from server.queries.cases.case_actions import OwnedAction
from server.queries.partnership import agencies
from server.queries.partnership.districts import find_district
from server.queries.people import subjects
from shared.model.case import Action
from shared.model.codes import CaseState
from shared.model.mail import MailFacts, MailKind
from shared.model.value import Id
from shared.policy import Act
from shared.policy.actor import agreements_valid_until
from shared.rules.actions import is_overdue

PURPOSE = "chasing actions"
USEFUL_FOR = timedelta(days=2)
SOON = timedelta(days=7)
"""An agency is asked for what is missed, and for what is due within a week."""
DISCUSSED = (CaseState.LISTED, CaseState.OPEN)


def finish_for(access: Access, action_id: Id, who: str, what: str) -> Action:
    """Say that another agency's action is done, as `who` of theirs told it. Raises Invalid without who said so, Failure when
    somebody said so before."""
    found = case_actions.hold_action(access.session, action_id)
    access.require(Act.CHASE_ACTION, None if found is None else found.subject, purpose=PURPOSE)
    if found is None:
        raise NotFound
    if not who.strip():
        raise Invalid("Say who told you, such as “Ruth, on the telephone”.")
    if found.action.done_at is not None:
        raise Failure(CONFLICTING, "This action was marked as done before.")
    words = f"{who.strip()} says so{f': {what.strip()}' if what.strip() else '.'}"
    done = msgspec.structs.replace(
        found.action, done_at=access.now, done_by=access.actor.worker_id, done_note=check_length(words)
    )
    case_actions.set_action(access.session, done)
    return done


def nudge(access: Access, district_id: Id, agency_id: Id) -> int:
    """Ask an agency by e-mail, once a day, for what it has missed or owes within a week; returns how many. No name is in it.

    Raises Invalid where it owes nothing of the kind, or may be told nothing today.
    """
    access.require_district(Act.CHASE_ACTION, district_id, purpose=PURPOSE)
    owed = [each.action for each in list_board(access, district_id) if each.action.agency_id == agency_id]
    wanted = [each for each in owed if each.due_on <= access.today + SOON]
    if not wanted:
        raise Invalid("This agency owes nothing that is missed or due within a week.")
    if why := list_untold(access, [agency_id]).get(agency_id):
        raise Invalid(why)
    late = sum(is_overdue(each, access.today) for each in wanted)
    _write(access, district_id, agency_id, f"nudge/{district_id}/{access.today}", len(wanted) - late, late)
    return len(wanted)


def add_between(
    access: Access,
    district_id: Id,
    case_id: Id,
    *,
    text: str,
    agency_id: Id | None,
    due_on: date | None,
    key: Id | None = None,
) -> Action:
    """Agree an action between two conferences; its agency hears so by e-mail. `key` is the id that a form gave it: sent twice, as
    where the first answer was lost with the network, it is one action. Raises Invalid where something is missing."""
    access.require(Act.CHASE_ACTION, subjects.find_case(access.session, case_id), purpose=PURPOSE)
    case = cases.find_case(access.session, case_id)
    if case is None or case.district_id != district_id or case.state not in DISCUSSED:
        raise NotFound
    known = case_actions.hold_key(access.session, key) if key else None
    if known is not None:
        if known.action.case_id != case_id or known.action.agreed_by != access.actor.worker_id:
            raise Failure(CONFLICTING, "Load the page again: this form's number is another action's.")
        return known.action
    owner = agencies.find_agency(access.session, agency_id) if agency_id else None
    if owner is None or due_on is None or not text.strip():
        raise Invalid("Say who does what by when, such as “CGL: assessment by Friday”.")
    if due_on < access.today:
        raise Invalid("The day it is due is past.")
    action = Action(
        id=key or access.new_id(), case_id=case_id, agency_id=owner.id, text=check_length(text), due_on=due_on,
        agreed_at=access.now, agreed_by=access.actor.worker_id, mdt_number=case.mdt_number,
    )  # fmt: skip
    flag_own_relation(access, [case.person_id], "own_action", owner.id)
    case_actions.add_action(access.session, action)
    _write(access, district_id, owner.id, f"added/{action.id}", 1, 0, due_on)
    return action


def give_to(access: Access, action_id: Id, agency_id: Id) -> Action:
    """Give an action to the agency whose it is; that agency hears so by e-mail, and by its own system.

    Raises Invalid for an agency that is none.
    """
    found = case_actions.hold_action(access.session, action_id)
    access.require(Act.CHASE_ACTION, None if found is None else found.subject, purpose=PURPOSE)
    if found is None:
        raise NotFound
    owner = agencies.find_agency(access.session, agency_id)
    if owner is None or owner.id == found.action.agency_id:
        raise Invalid("Choose the service whose action it is.")
    if found.action.done_at is not None:
        raise Failure(CONFLICTING, "This action was marked as done before.")
    given = msgspec.structs.replace(found.action, agency_id=owner.id, refused="", explained="", holder_id=None)
    flag_own_relation(access, [found.person_id], "own_action", owner.id)
    case_actions.set_action(access.session, given)
    tell_of_given(access, given)
    _write(access, found.district_id, owner.id, f"given/{action_id}/{access.today}", 1, 0, given.due_on)
    return given


def list_board(access: Access, district_id: Id) -> Sequence[OwnedAction]:
    """Everything that is owed for the current cases of a district: the reader's own first, then by agency, by day."""
    access.require_district(Act.CHASE_ACTION, district_id, purpose=PURPOSE)
    owed = case_actions.list_undone_in(access.session, district_id)
    mine = access.actor.agency_id
    return sorted(owed, key=lambda each: (each.action.agency_id != mine, each.agency_name, each.action.due_on))


def list_untold(access: Access, agency_ids: Collection[Id]) -> dict[Id, str]:
    """Those of these agencies that are told nothing today, wherever they sit, with why (rule A2)."""
    if not agency_ids:
        return {}
    signed = agencies.list_every_agreement(access.session)
    names = {each.id: each.name for each in agencies.list_agencies(access.session)}
    found = {
        each: why_withheld(names[each], agreements_valid_until(signed.get(each, ()), access.today), access.today)
        for each in agency_ids
    }
    return {agency_id: why for agency_id, why in found.items() if why}


def _write(
    access: Access, district_id: Id, agency_id: Id, key: str, count: int, late: int, day: date | None = None
) -> None:
    if list_untold(access, [agency_id]):
        return  # the board says why
    district = find_district(access.session, district_id)
    facts = MailFacts(count=count, late=late, day=day, district=district.name if district else "")
    Outbox(access.session, access.now, access.new_id).tell_agency(
        agency_id, MailKind.ACTIONS_REMINDER, key, facts, useful_until=access.now + USEFUL_FOR, district_id=district_id
    )
