"""A plan that is the person's: goals in their words, steps beside what agencies took on, and reaching them."""

from collections.abc import Callable
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from server.access import Access, Door
from server.actions.people import plans
from server.actions.people.plans import Plan, Written
from server.problems import CONFLICTING, Failure, Invalid
from server.queries.partnership import agencies, workers
from server.web.layout.forms import Errors, Form, read_day, read_whole
from server.web.layout.page import AnyRequest, go_to, page
from server.web.layout.plan_pdf import make_plan_pdf
from server.web.layout.words import say
from shared.model.telling import GoalEnd, TryEffect, TryMethod
from shared.model.value import Id
from shared.policy import Act, Subject

PATH = "/people/{person_id:str}/plan"
METHODS = (("", "Choose"), *((str(each), say(each)) for each in TryMethod))
EFFECTS = (("", "Choose"), *((str(each), say(each)) for each in TryEffect))
ENDS = tuple((str(each), say(each)) for each in GoalEnd)


class PlanForm(Form, frozen=True, kw_only=True):
    """What any of the page's forms may send; each sends its own part."""

    goal: str = ""
    version: str = ""
    words: str = ""
    works: str = ""
    celebration: str = ""
    target_on: str = ""
    ended: str = ""
    text: str = ""
    who: str = ""
    due_on: str = ""
    step: str = ""
    done: str = ""
    next_on: str = ""
    method: str = ""
    effect: str = ""


@get(PATH, opt={"action": Act.SEE_PLAN}, sync_to_thread=True, include_in_schema=False)
def show_plan(request: AnyRequest, door: NamedDependency[Door], person_id: FromPath[Id]) -> Response[str]:
    """The plan, with its forms for whoever may write in it."""
    with door.open() as access:
        return _answer(request, access, person_id)


@get("/people/{person_id:str}/plan-paper", opt={"action": Act.SEE_PLAN}, sync_to_thread=True, include_in_schema=False)
def print_plan(door: NamedDependency[Door], person_id: FromPath[Id]) -> Response[bytes]:
    """The same on paper, for the person."""
    with door.open() as access:
        told = plans.read_plan(access, person_id, "plan printed")
        today = access.today
    headers = {"content-disposition": 'attachment; filename="plan.pdf"', "cache-control": "no-store"}
    return Response(make_plan_pdf(told, today), media_type="application/pdf", headers=headers)


@post(PATH + "/goal", opt={"action": Act.CHANGE_PLAN}, sync_to_thread=True, include_in_schema=False)
def set_goal(
    request: AnyRequest, door: NamedDependency[Door], person_id: FromPath[Id], data: URLEncodedBody[PlanForm]
) -> Response[Any]:
    """Keeps a goal, or its new wording."""

    def do(access: Access) -> None:
        written = Written(
            words=data.words, works=data.works, celebration=data.celebration, target_on=read_day(data.target_on),
            version=read_whole(data.version, 1_000_000) or 0,
        )  # fmt: skip
        plans.set_goal(access, person_id, written, data.goal)

    return _do(request, door, person_id, do, f"words_{data.goal}" if data.goal else "words", data)


@post(PATH + "/end", opt={"action": Act.CHANGE_PLAN}, sync_to_thread=True, include_in_schema=False)
def end_goal(
    request: AnyRequest, door: NamedDependency[Door], person_id: FromPath[Id], data: URLEncodedBody[PlanForm]
) -> Response[Any]:
    """Ends a goal: reached and celebrated, or let go."""
    return _do(
        request,
        door,
        person_id,
        lambda access: plans.end_goal(access, person_id, data.goal, data.ended, data.words),
        f"ended_{data.goal}",
        data,
    )


@post(PATH + "/step", opt={"action": Act.CHANGE_PLAN}, sync_to_thread=True, include_in_schema=False)
def add_step(
    request: AnyRequest, door: NamedDependency[Door], person_id: FromPath[Id], data: URLEncodedBody[PlanForm]
) -> Response[Any]:
    """Keeps a step."""

    def do(access: Access) -> None:
        plans.add_step(access, person_id, data.goal, data.text, data.who, read_day(data.due_on))

    return _do(request, door, person_id, do, f"text_{data.goal}", data)


@post(PATH + "/done", opt={"action": Act.CHANGE_PLAN}, sync_to_thread=True, include_in_schema=False)
def mark_step(
    request: AnyRequest, door: NamedDependency[Door], person_id: FromPath[Id], data: URLEncodedBody[PlanForm]
) -> Response[Any]:
    """Marks a step as done, or as not done after all."""
    return _do(
        request,
        door,
        person_id,
        lambda access: plans.mark_step(access, person_id, data.step, data.done == "yes"),
        "plan",
        data,
    )


@post(PATH + "/review", opt={"action": Act.CHANGE_PLAN}, sync_to_thread=True, include_in_schema=False)
def review_plan(
    request: AnyRequest, door: NamedDependency[Door], person_id: FromPath[Id], data: URLEncodedBody[PlanForm]
) -> Response[Any]:
    """Keeps that they looked at it together."""
    return _do(
        request,
        door,
        person_id,
        lambda access: plans.review_plan(access, person_id, data.words, read_day(data.next_on)),
        "review",
        data,
    )


@post(PATH + "/try", opt={"action": Act.CHANGE_PLAN}, sync_to_thread=True, include_in_schema=False)
def log_try(
    request: AnyRequest, door: NamedDependency[Door], person_id: FromPath[Id], data: URLEncodedBody[PlanForm]
) -> Response[Any]:
    """Keeps what was tried to reach them."""
    return _do(
        request,
        door,
        person_id,
        lambda access: plans.log_try(access, person_id, data.method, data.effect, data.words),
        "method",
        data,
    )


PAGES = (show_plan, print_plan, set_goal, end_goal, add_step, mark_step, review_plan, log_try)


def _do(
    request: AnyRequest, door: Door, person_id: Id, do: Callable[[Access], Any], field: str, data: PlanForm
) -> Response[Any]:
    """Does one thing, or shows the page again with what was typed and what is wrong with it."""
    try:
        with door.open() as access:
            plans.require_planning(access, person_id)
            do(access)
    except Invalid as refused:
        with door.open() as access:
            return _answer(request, access, person_id, {field: " ".join(refused.errors)}, data)
    except Failure as failed:
        if failed.kind is not CONFLICTING:
            raise
        with door.open() as access:
            return _answer(request, access, person_id, {field: failed.detail}, data, status=409)
    return go_to(f"/people/{person_id}/plan", "saved")


def _answer(
    request: AnyRequest,
    access: Access,
    person_id: Id,
    errors: Errors | None = None,
    form: PlanForm | None = None,
    status: int = 422,
) -> Response[str]:
    plan = plans.read_plan(access, person_id)
    subject = access.find_person_and_same(person_id)[0] or Subject()
    return page(
        request, "agency/plan.html", title="Their plan", worker=access.worker, now=access.now, today=access.today,
        status=status if errors else 200, errors=errors or {}, form=form or PlanForm(), blank=PlanForm(),
        person=plan.person, plan=plan,
        who=workers.list_short_names(access.session, _list_writers(plan)),
        agencies={each.id: each.name for each in agencies.list_agencies(access.session)},
        may_change=plan.person.died_on is None and access.allows(Act.CHANGE_PLAN, subject),
        may_edit=access.allows(Act.EDIT_PERSON, subject),
        methods=METHODS, effects=EFFECTS, ends=ENDS,
    )  # fmt: skip


def _list_writers(plan: Plan) -> set[Id]:
    steps = [step for each in plan.steps.values() for step in each]
    named = [each.set_by for each in plan.goals] + [each.ended_by for each in plan.goals]
    named += [each.done_by for each in steps] + [each.worker_id for each in plan.reviews]
    named += [each.worker_id for each in plan.tries]
    return {each for each in named if each}
