"""The actions of the reader's agency: due, missed and done; and every agency's missed ones, red until explained."""

from collections.abc import Callable, Mapping
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, URLEncodedBody

from server.access import Access, Door
from server.actions.cases.answers import explain_action, finish_action, hold_action, refuse_action, reopen_action
from server.http.gate import has_action
from server.problems import Invalid
from server.queries.cases import case_actions
from server.queries.cases.case_actions import OwnedAction
from server.queries.partnership import agencies, workers
from server.web.layout.forms import Errors, Form
from server.web.layout.page import AnyRequest, go_to, page
from shared.model.value import Id
from shared.policy import Act, Subject, SubjectKind
from shared.rules.actions import is_overdue, is_red_flag

SECTION = "/actions"
TODAY = "/today"
DONE_SHOWN = 20


class HolderForm(Form, frozen=True, kw_only=True):
    """Who of the reader's service has an action."""

    holder: str = ""
    text: str = ""
    back: str = ""


class AnswerForm(Form, frozen=True, kw_only=True):
    """What was done, or why it was missed. `back`: on which page it was pressed."""

    text: str = ""
    back: str = ""


@get(SECTION, opt={"action": Act.SEE_ACTIONS}, sync_to_thread=True, include_in_schema=False)
def show_actions(request: AnyRequest, door: NamedDependency[Door], every: FromQuery[bool] = False) -> Response[str]:
    """The agency's actions; of those that are done the newest, or `every` one."""
    with door.open() as access:
        return _answer(request, access, every=every)


@post(
    SECTION + "/{action_id:str}/done", opt={"action": Act.ANSWER_ACTION}, sync_to_thread=True, include_in_schema=False
)
def mark_done(
    request: AnyRequest, door: NamedDependency[Door], action_id: FromPath[Id], data: URLEncodedBody[AnswerForm]
) -> Response[Any]:
    """Says that an action is done."""
    return _act(
        request, door, action_id, "action_done", data, lambda access: finish_action(access, action_id, data.text)
    )


@post(
    SECTION + "/{action_id:str}/reopen", opt={"action": Act.ANSWER_ACTION}, sync_to_thread=True, include_in_schema=False
)
def reopen(
    request: AnyRequest, door: NamedDependency[Door], action_id: FromPath[Id], data: URLEncodedBody[AnswerForm]
) -> Response[Any]:
    """Takes back that an action is done."""
    return _act(request, door, action_id, "action_reopened", data, lambda access: reopen_action(access, action_id))


@post(
    SECTION + "/{action_id:str}/explain",
    opt={"action": Act.ANSWER_ACTION},
    sync_to_thread=True,
    include_in_schema=False,
)
def explain(
    request: AnyRequest, door: NamedDependency[Door], action_id: FromPath[Id], data: URLEncodedBody[AnswerForm]
) -> Response[Any]:
    """Says why an action was missed."""
    return _act(
        request,
        door,
        action_id,
        "action_explained",
        data,
        lambda access: explain_action(access, action_id, data.text),
    )


@post(
    SECTION + "/{action_id:str}/not-ours",
    opt={"action": Act.ANSWER_ACTION},
    sync_to_thread=True,
    include_in_schema=False,
)
def refuse(
    request: AnyRequest, door: NamedDependency[Door], action_id: FromPath[Id], data: URLEncodedBody[AnswerForm]
) -> Response[Any]:
    """Says that an action is another service's."""
    return _act(
        request,
        door,
        action_id,
        "action_refused",
        data,
        lambda access: refuse_action(access, action_id, data.text),
    )


@post(
    SECTION + "/{action_id:str}/holder",
    opt={"action": Act.ANSWER_ACTION},
    sync_to_thread=True,
    include_in_schema=False,
)
def hold(
    request: AnyRequest, door: NamedDependency[Door], action_id: FromPath[Id], data: URLEncodedBody[HolderForm]
) -> Response[Any]:
    """Says who of the service has an action."""
    return _act(
        request, door, action_id, "action_held", data,
        lambda access: hold_action(access, action_id, data.holder or access.actor.worker_id),
    )  # fmt: skip


def _act(
    request: AnyRequest,
    door: Door,
    action_id: Id,
    done: str,
    form: AnswerForm | HolderForm,
    act: Callable[[Access], object],
) -> Response[Any]:
    try:
        with door.open() as access:
            act(access)
        return go_to(TODAY if form.back == TODAY else SECTION, done)
    except Invalid as refused:
        with door.open() as access:
            return _answer(request, access, {f"text-{action_id}": refused.problem.errors[0]}, {action_id: form.text})


def _answer(
    request: AnyRequest,
    access: Access,
    errors: Errors | None = None,
    typed: Mapping[Id, str] | None = None,
    *,
    every: bool = False,
) -> Response[str]:
    agency_id, districts = access.actor.agency_id, access.actor.district_ids
    require_own_actions(access)
    owed = case_actions.list_agency_actions(access.session, agency_id, None)
    missed = case_actions.list_missed(access.session, districts, access.today)
    red = [each for each in missed if is_red_flag(each.action, access.today) and each.action.agency_id != agency_id]
    done = _newest_done(owed)
    case_ids = sorted({each.action.case_id for each in (*owed, *red)})
    access.note_seen(SubjectKind.CASE, case_ids, purpose="actions")
    agency = agencies.find_agency(access.session, agency_id)
    return page(
        request, "agency/actions.html", title="Actions", section=SECTION, worker=access.worker, errors=errors or {},
        typed=typed or {}, status=422 if errors else 200, today=access.today, now=access.now,
        agency_name=agency.name if agency else "",
        missed=[each for each in owed if is_overdue(each.action, access.today)],
        due=[each for each in owed if not is_overdue(each.action, access.today) and each.action.done_at is None],
        done=done if every else done[:DONE_SHOWN],
        more_done=0 if every else max(0, len(done) - DONE_SHOWN), red=red, me=access.actor.worker_id,
        reachable=access.list_open_cases(case_ids), **who_answers(access, owed),
    )  # fmt: skip


def require_own_actions(access: Access) -> None:
    """Let the reader through to what their agency owes. Both reaches of this action are met: the reader's own agency, and the
    districts they act for."""
    agency_id, districts = access.actor.agency_id, access.actor.district_ids
    access.require(
        Act.SEE_ACTIONS,
        Subject(kind=SubjectKind.AGENCY, id=agency_id, owner_agency_id=agency_id, district_ids=districts),
        purpose="actions",
    )


def who_answers(access: Access, owed: list[OwnedAction]) -> dict[str, Any]:
    """What the boxes of answers are told of the reader's service: who may take an action over, and who has one."""
    ours = [each for each in workers.list_workers(access.session) if each.agency_id == access.actor.agency_id]
    able = [each for each in ours if each.active and has_action(each, Act.ANSWER_ACTION)]
    return {
        "colleagues": [("", "Choose"), *((each.id, each.short_name) for each in able)],
        "holders": workers.list_short_names(access.session, {h for each in owed if (h := each.action.holder_id)}),
        "back_field": "",
    }


def _newest_done(owed: list[OwnedAction]) -> list[OwnedAction]:
    done = [each for each in owed if each.action.done_at is not None]
    return sorted(done, key=lambda each: (each.action.done_at, each.action.id), reverse=True)
