"""What a system's agency owes: read, and answered as on the agency's own page."""

from collections.abc import Callable
from datetime import date, datetime

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from server.access import Access, Door
from server.actions.cases import answers
from server.problems import NotFound
from server.queries.cases import case_actions
from server.queries.cases.case_actions import OwnedAction
from server.queries.partnership.systems import Scope
from server.web.api.shape import BASE, After, Limit, Told, check_text, last_of, own, reading, writing
from shared.model.case import Action
from shared.model.person import LongText
from shared.model.value import Id
from shared.policy import Act, SubjectKind
from shared.rules.actions import is_overdue

ONE = f"{BASE}/actions/{{action_id:str}}"


class ActionReply(Struct, frozen=True, forbid_unknown_fields=True):
    """What was done, or why not."""

    text: LongText = ""


class ToldAction(Told, frozen=True, kw_only=True):
    """An action that the agency owes or has done. `refused`: why it said that it is not its own."""

    id: Id
    case_id: Id
    person_id: Id
    text: str
    due_on: date
    is_overdue: bool
    agreed_at: datetime
    mdt_number: int
    done_at: datetime | None
    done_note: str
    explained: str
    refused: str


class ActionPage(Told, frozen=True, kw_only=True):
    """A page of them, by id; `after` begins the next."""

    actions: list[ToldAction]
    after: str | None


@get(f"{BASE}/actions", **reading(Act.SEE_ACTIONS, Scope.ACTIONS))
def list_actions(door: NamedDependency[Door], after: After = "", limit: Limit = 100) -> ActionPage:
    """What your agency owes for current cases, and has done."""
    with door.open() as access:
        access.require(Act.SEE_ACTIONS, own(access), purpose="own actions")
        mark = check_text(after)
        owed = case_actions.list_agency_actions(access.session, access.actor.agency_id, None)
        found = sorted((each for each in owed if each.action.id > mark), key=lambda each: each.action.id)
        shown = found[:limit]
        access.note_seen(SubjectKind.CASE, sorted({each.action.case_id for each in shown}), purpose="own actions")
        told = [_tell(each, access.today) for each in shown]
        return ActionPage(actions=told, after=last_of([each.id for each in told], limit, len(found) > limit))


@get(ONE, **reading(Act.SEE_ACTIONS, Scope.ACTIONS, 404))
def show_action(door: NamedDependency[Door], action_id: FromPath[Id]) -> ToldAction:
    """One of them."""
    with door.open() as access:
        return _tell_one(access, action_id)


@post(f"{ONE}/done", status_code=200, **writing(Act.ANSWER_ACTION, Scope.ACTIONS, 404, 409))
def mark_done(door: NamedDependency[Door], action_id: FromPath[Id], data: JSONBody[ActionReply]) -> ToldAction:
    """Say that it is done, and in `text` what was done."""
    return _answer(door, action_id, lambda access: answers.finish_action(access, action_id, data.text))


@post(f"{ONE}/reopen", status_code=200, **writing(Act.ANSWER_ACTION, Scope.ACTIONS, 404, 409))
def reopen(door: NamedDependency[Door], action_id: FromPath[Id]) -> ToldAction:
    """Take back that it is done."""
    return _answer(door, action_id, lambda access: answers.reopen_action(access, action_id))


@post(f"{ONE}/explain", status_code=200, **writing(Act.ANSWER_ACTION, Scope.ACTIONS, 404))
def explain(door: NamedDependency[Door], action_id: FromPath[Id], data: JSONBody[ActionReply]) -> ToldAction:
    """Say in `text` why it was missed: all partners read it."""
    return _answer(door, action_id, lambda access: answers.explain_action(access, action_id, data.text))


@post(f"{ONE}/not-ours", status_code=200, **writing(Act.ANSWER_ACTION, Scope.ACTIONS, 404, 409))
def refuse(door: NamedDependency[Door], action_id: FromPath[Id], data: JSONBody[ActionReply]) -> ToldAction:
    """Say in `text` why it is another service's: the coordinator hears so."""
    return _answer(door, action_id, lambda access: answers.refuse_action(access, action_id, data.text))


def _answer(door: Door, action_id: Id, act: Callable[[Access], Action]) -> ToldAction:
    with door.open() as access:
        act(access)
        return _tell_one(access, action_id)


def _tell_one(access: Access, action_id: Id) -> ToldAction:
    """Raises NotFound for another agency's, as for none."""
    found = case_actions.find_action(access.session, action_id)
    if found is not None and found.action.agency_id != access.actor.agency_id:
        found = None
    access.require(Act.SEE_ACTIONS, found.subject if found else None, purpose="own action")
    if found is None:
        raise NotFound
    return _tell(found, access.today)


def _tell(owned: OwnedAction, today: date) -> ToldAction:
    action = owned.action
    return ToldAction(
        id=action.id, case_id=action.case_id, person_id=owned.person_id, text=action.text,
        due_on=action.due_on, is_overdue=is_overdue(action, today), agreed_at=action.agreed_at,
        mdt_number=action.mdt_number, done_at=action.done_at, done_note=action.done_note, explained=action.explained,
        refused=action.refused,
    )  # fmt: skip
