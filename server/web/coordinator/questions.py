"""The questions of the assessment: what everybody asks, reworded or retired, and what this partnership asks besides."""

import re
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import URLEncodedBody

from server.access import Access, Door
from server.actions.people import assessments
from server.http.services import Services
from server.problems import Invalid
from server.web.layout.forms import Errors, Form, read_whole
from server.web.layout.page import AnyRequest, go_to, page
from server.web.layout.words import say
from shared.model.assessment import Question
from shared.model.telling import QuestionKind, Reading, Section
from shared.policy import Act

PATH = "/assessment-questions"
KINDS = tuple((str(each), say(each)) for each in QuestionKind)
READINGS = tuple((str(each), say(each)) for each in Reading)
LONGEST_KEY = 40


class QuestionForm(Form, frozen=True, kw_only=True):
    """A question; with a key it is a new wording of the one that is asked."""

    key: str = ""
    section: str = ""
    text: str = ""
    guidance: str = ""
    kind: str = str(QuestionKind.WORDS)
    options: str = ""
    reading: str = str(Reading.SERVICES)
    lives_months: str = "12"


class RetireForm(Form, frozen=True, kw_only=True):
    """Which question is asked no more."""

    key: str = ""


@get(PATH, opt={"action": Act.MANAGE_QUESTIONS}, sync_to_thread=True, include_in_schema=False)
def show_questions(request: AnyRequest, door: NamedDependency[Door]) -> Response[str]:
    """What is asked now, and the form for another."""
    with door.open() as access:
        return _answer(request, access)


@post(PATH, opt={"action": Act.MANAGE_QUESTIONS}, sync_to_thread=True, include_in_schema=False)
def keep_question(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    data: URLEncodedBody[QuestionForm],
) -> Response[Any]:
    """Keeps a question, or a new wording of one."""
    try:
        with door.open() as access:
            assessments.keep_question(access, services.project, _read(access, data))
    except Invalid as refused:
        with door.open() as access:
            field = f"text_{data.key}" if data.key else "text"
            return _answer(request, access, {field: " ".join(refused.errors)}, data)
    return go_to(PATH, "saved")


@post(PATH + "/retire", opt={"action": Act.MANAGE_QUESTIONS}, sync_to_thread=True, include_in_schema=False)
def retire_question(
    door: NamedDependency[Door], services: NamedDependency[Services], data: URLEncodedBody[RetireForm]
) -> Response[Any]:
    """Asks it no more; every answer stays."""
    with door.open() as access:
        assessments.retire_question(access, services.project, data.key)
    return go_to(PATH, "saved")


def _read(access: Access, form: QuestionForm) -> Question:
    """What was typed. A new wording keeps what its question is known by, and whether phones ask it. Raises Invalid."""
    asked = {each.key: each for each in assessments.list_asked(access)}
    if form.key and form.key not in asked:
        raise Invalid("That question is not asked any more.")
    before = asked.get(form.key)
    lines = [line.strip() for line in form.options.splitlines() if line.strip()]
    months = read_whole(form.lives_months, 60)
    try:
        section, kind, reading = Section(form.section), QuestionKind(form.kind), Reading(form.reading)
    except ValueError:
        raise Invalid("Choose one of the answers.") from None
    choosing = kind in (QuestionKind.ONE_OF, QuestionKind.SOME_OF)
    return Question(
        key=form.key or f"own_{_code_of(form.text)}_{access.new_id()[-6:]}", section=section, text=form.text.strip(),
        guidance=form.guidance.strip(), kind=kind, options=_read_options(lines) if choosing else (), reading=reading,
        lives_months=months or 0, on_phone=before.on_phone if before else False,
        known_by=before.known_by if before else "", known_by_need=before.known_by_need if before else None,
    )  # fmt: skip


def _read_options(lines: list[str]) -> tuple[tuple[str, str], ...]:
    """Each line an answer with a code of its own: equal lines are one."""
    found: dict[str, str] = {}
    for line in lines:
        found.setdefault(_code_of(line) or f"answer_{len(found) + 1}", line[:200])
    return tuple(found.items())


def _code_of(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:LONGEST_KEY].strip("_")


def _answer(
    request: AnyRequest, access: Access, errors: Errors | None = None, form: QuestionForm | None = None
) -> Response[str]:
    asked = assessments.list_asked(access)
    sections = [
        (say(section), [(each, _form_of(each, form)) for each in asked if each.section is section])
        for section in Section
    ]
    return page(
        request, "coordinator/questions.html", title="Questions of the assessment", section=PATH, worker=access.worker,
        status=422 if errors else 200, errors=errors or {}, sections=[each for each in sections if each[1]],
        form=form if form and not form.key else QuestionForm(), kinds=KINDS, readings=READINGS,
        choices=[("", "Choose"), *((str(each), say(each)) for each in Section)],
    )  # fmt: skip


def _form_of(question: Question, sent: QuestionForm | None) -> QuestionForm:
    if sent is not None and sent.key == question.key:
        return sent
    return QuestionForm(
        key=question.key, section=str(question.section), text=question.text, guidance=question.guidance,
        kind=str(question.kind), options="\n".join(words for _, words in question.options), reading=str(question.reading),
        lives_months=str(question.lives_months),
    )  # fmt: skip
