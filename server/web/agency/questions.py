"""One door for whoever may not open a record: ask those who work with the person. And what others asked of one's own service."""

from collections.abc import Mapping
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from server.access import Access, Door, of_theirs
from server.actions.cases import questions
from server.http.services import Services
from server.problems import Invalid
from server.queries.cases.questions import AskedQuestion
from server.queries.partnership import agencies, workers
from server.web.agency.actions import TODAY
from server.web.layout.forms import Errors, Form
from server.web.layout.kept import kept_form
from server.web.layout.page import AnyRequest, go_to, page
from shared.model.value import Id
from shared.policy import Act, SubjectKind
from shared.rules.address_hint import PROMPT, find_hints

SECTION = "/questions"
ASK = "/people/{person_id:str}/ask"


class AskForm(Form, frozen=True, kw_only=True):
    """A question; `sure` when the prompt about an address was answered."""

    text: str = ""
    sure: str = ""


class ReplyForm(Form, frozen=True, kw_only=True):
    """An answer. `back`: on which page it was pressed."""

    text: str = ""
    back: str = ""


@get(ASK, opt={"action": Act.ASK_SERVICE}, sync_to_thread=True, include_in_schema=False)
def show_asking(
    request: AnyRequest, door: NamedDependency[Door], services: NamedDependency[Services], person_id: FromPath[Id]
) -> Response[str]:
    """The form, and what the reader's service asked about them before."""
    path = f"/people/{person_id}/ask"
    form = kept_form(services, door.worker.id, path, path, AskForm())
    with door.open() as access:
        return _answer_asking(request, access, person_id, form)


@post(ASK, opt={"action": Act.ASK_SERVICE}, sync_to_thread=True, include_in_schema=False)
def ask(
    request: AnyRequest, door: NamedDependency[Door], person_id: FromPath[Id], data: URLEncodedBody[AskForm]
) -> Response[Any]:
    """Asks. A question that seems to hold an address or a number is asked about once (privacy rule A12)."""
    try:
        with door.open() as access:
            if not data.sure and find_hints(data.text):
                questions.open_asking(access, person_id)
                raise Invalid(PROMPT)
            questions.ask(access, person_id, data.text)
    except Invalid as refused:
        with door.open() as access:
            return _answer_asking(request, access, person_id, data, {"text": refused.problem.errors[0]})
    return go_to(f"/people/{person_id}/ask", "asked")


@get(SECTION, opt={"action": Act.ASK_SERVICE}, sync_to_thread=True, include_in_schema=False)
def show_questions(request: AnyRequest, door: NamedDependency[Door]) -> Response[str]:
    """What others ask of the reader's service, and what it asked."""
    with door.open() as access:
        return _answer(request, access)


@post(
    SECTION + "/{question_id:str}/answer",
    opt={"action": Act.ANSWER_QUESTION},
    sync_to_thread=True,
    include_in_schema=False,
)
def answer(
    request: AnyRequest, door: NamedDependency[Door], question_id: FromPath[Id], data: URLEncodedBody[ReplyForm]
) -> Response[Any]:
    """Answers what another service asked."""
    try:
        with door.open() as access:
            questions.answer(access, question_id, data.text)
    except Invalid as refused:
        with door.open() as access:
            errors = {f"answer-{question_id}": refused.problem.errors[0]}
            return _answer(request, access, errors, {question_id: data.text})
    return go_to(TODAY if data.back == TODAY else SECTION, "answered")


def show_waiting(access: Access) -> dict[str, Any]:
    """What others ask of the reader's service, for a page that has the boxes of the answers."""
    waiting = questions.list_for(access)
    access.note_seen(SubjectKind.PERSON, sorted({each.person.id for each in waiting}), purpose=questions.PURPOSE)
    return {"waiting": waiting, "askers": _name_workers(access, waiting)}


def _answer_asking(
    request: AnyRequest, access: Access, person_id: Id, form: AskForm, errors: Errors | None = None
) -> Response[str]:
    about = questions.open_asking(access, person_id)
    return page(
        request, "agency/ask.html", title="Ask about somebody", worker=access.worker, status=422 if errors else 200,
        errors=errors or {}, form=form, person_id=person_id, about=about, now=access.now,
        asks_sure=bool(errors and find_hints(form.text)),
        names=_name_agencies(access), workers=_name_workers(access, about.asked),
    )  # fmt: skip


def _answer(
    request: AnyRequest, access: Access, errors: Errors | None = None, replies: Mapping[Id, str] | None = None
) -> Response[str]:
    access.require(Act.ASK_SERVICE, of_theirs(access.actor), purpose=questions.PURPOSE)
    ours = questions.list_ours(access)
    access.note_seen(SubjectKind.PERSON, sorted({each.person.id for each in ours}), purpose=questions.PURPOSE)
    return page(
        request, "agency/questions.html", title="Asked of us", section=SECTION, worker=access.worker,
        status=422 if errors else 200, errors=errors or {}, replies=replies or {}, ours=ours, now=access.now,
        names=_name_agencies(access), workers=_name_workers(access, ours), back_field="", **show_waiting(access),
    )  # fmt: skip


def _name_agencies(access: Access) -> dict[Id, str]:
    return {each.id: each.name for each in agencies.list_agencies(access.session)}


def _name_workers(access: Access, asked: tuple[AskedQuestion, ...] | list[AskedQuestion]) -> dict[Id, str]:
    named = {each.question.worker_id for each in asked} | {each.question.answered_by for each in asked}
    return workers.list_short_names(access.session, {each for each in named if each})
