"""The one assessment: what is known and from whom, what is still to ask; a form for each section; the whole on paper, and a form
that takes what was written on it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath

from server.access import Access, Door
from server.actions.people import assessments
from server.actions.people.assessments import Asked, Assessment, Typed
from server.http.services import Services
from server.problems import Invalid, InvalidFields, NotFound
from server.queries.partnership import agencies, workers
from server.queries.people.assessments import Answer
from server.web.layout.assessment_pdf import make_assessment_pdf
from server.web.layout.forms import Errors
from server.web.layout.page import AnyRequest, go_to, page
from server.web.layout.words import say, say_day
from shared.model.assessment import AnswerGiven, Question
from shared.model.telling import AnswerState, AskedVia, Section
from shared.model.value import Id, Value
from shared.policy import Act
from shared.rules.assessment import is_to_ask, lives_until, options_of, say_value
from shared.rules.questions import by_version

PATH = "/people/{person_id:str}/assessment"
FROM_PAPER = "/people/{person_id:str}/assessment-from-paper"
VIAS = ((str(AskedVia.DESK), "Together, now"), (str(AskedVia.PAPER), "On paper, typed in"))
HEAD = ("via", "asked_by", "place", "asked_on")
PARTS = ("value", "words", "note", "rather_not", "shown", "version")
MEANWHILE = "Meanwhile somebody else was told otherwise: it stands above. Save again to keep yours as the newest."
HOW_ASKED = {AskedVia.PHONE: "on the street", AskedVia.PAPER: "on paper"}
RATHER_NOT = "Would rather not say"


class Told(Value, frozen=True, kw_only=True):
    """An answer in words."""

    says: str
    words: str
    note: str
    asked: str
    wording: str = ""


class Shown(Value, frozen=True, kw_only=True):
    """A question with what is known of it. `boxes` are what its form holds."""

    question: Question
    told: Told | None
    known: str
    earlier: tuple[Told, ...]
    to_ask: bool
    until: str
    options: tuple[tuple[str, str], ...]
    boxes: Mapping[str, Any] = {}


@get(PATH, opt={"action": Act.SEE_ASSESSMENT}, sync_to_thread=True, include_in_schema=False)
def show_assessment(request: AnyRequest, door: NamedDependency[Door], person_id: FromPath[Id]) -> Response[str]:
    """All sections, with what is known and what is still to ask."""
    with door.open() as access:
        told = assessments.read_assessment(access, person_id)
        tell = _Teller(access, told)
        sections = _list_sections(told, tell)
        return page(
            request, "agency/assessment.html", title="Assessment", worker=access.worker, now=access.now,
            person=told.person, is_shared=told.is_shared, may_answer=told.may_answer, sections=sections,
            asked=len(told.questions), to_ask=sum(open_ for *_, open_ in sections), no_more=tell.list_asked_no_more(),
        )  # fmt: skip


@get(
    "/people/{person_id:str}/assessment-paper",
    opt={"action": Act.SEE_ASSESSMENT},
    sync_to_thread=True,
    include_in_schema=False,
)
def print_assessment(door: NamedDependency[Door], person_id: FromPath[Id]) -> Response[bytes]:
    """The same on paper."""
    with door.open() as access:
        told = assessments.read_assessment(access, person_id, "assessment printed")
    headers = {"content-disposition": 'attachment; filename="assessment.pdf"', "cache-control": "no-store"}
    return Response(make_assessment_pdf(told), media_type="application/pdf", headers=headers)


@get(PATH + "/{section:str}", opt={"action": Act.RECORD_ASSESSMENT}, sync_to_thread=True, include_in_schema=False)
def show_section(
    request: AnyRequest, door: NamedDependency[Door], person_id: FromPath[Id], section: FromPath[str]
) -> Response[str]:
    """The form of one section."""
    with door.open() as access:
        return _answer(request, access, person_id, section)


@post(PATH + "/{section:str}", opt={"action": Act.RECORD_ASSESSMENT}, sync_to_thread=True, include_in_schema=False)
def save_section(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    person_id: FromPath[Id],
    section: FromPath[str],
    data: Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[Any]:
    """Keeps each answer that was given. What somebody else was told meanwhile is shown beside, never written over."""

    def again(access: Access, typed: Sequence[Typed], errors: Errors) -> Response[str]:
        return _answer(request, access, person_id, section, typed, errors, data)

    return _save(door, services, person_id, data, _read_asked, again)


@get(FROM_PAPER, opt={"action": Act.RECORD_ASSESSMENT}, sync_to_thread=True, include_in_schema=False)
def show_from_paper(request: AnyRequest, door: NamedDependency[Door], person_id: FromPath[Id]) -> Response[str]:
    """The form that is laid out as the paper is."""
    with door.open() as access:
        return _answer_from_paper(request, access, person_id)


@post(FROM_PAPER, opt={"action": Act.RECORD_ASSESSMENT}, sync_to_thread=True, include_in_schema=False)
def save_from_paper(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    person_id: FromPath[Id],
    data: Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[Any]:
    """Keeps what stands on a paper, as of whoever asked, when and where it says."""

    def again(access: Access, typed: Sequence[Typed], errors: Errors) -> Response[str]:
        return _answer_from_paper(request, access, person_id, typed, errors, data)

    return _save(door, services, person_id, data, _read_paper, again)


def _save(
    door: Door,
    services: Services,
    person_id: Id,
    data: Mapping[str, Any],
    read_asked: Callable[[Mapping[str, Any]], Asked],
    again: Callable[[Access, Sequence[Typed], Errors], Response[str]],
) -> Response[Any]:
    """Keeps the answers, or shows the form `again` with what is wrong or newer."""
    typed: list[Typed] = []
    try:
        with door.open() as access:
            assessments.require_answering(access, person_id)
            typed = read_typed(data)
            newer = assessments.give_answers(access, services.project, person_id, typed, read_asked(data))
        errors: Errors = {f"value_{each.question}": MEANWHILE for each in newer}
    except InvalidFields as refused:
        errors = dict(refused.by_field)
    except Invalid as refused:
        errors = {"answers": refused.errors[0]}
    if errors:
        with door.open() as access:
            return again(access, typed, errors)
    return go_to(f"/people/{person_id}/assessment", "saved")


def read_typed(data: Mapping[str, Any]) -> list[Typed]:
    """What the form sends of each question. Raises Invalid for what no form of ours sends."""
    keys = [name.removeprefix("version_") for name in data if name.startswith("version_")]
    named = {f"{part}_{key}" for key in keys for part in PARTS} | {"_csrf_token", "_draft", *HEAD}
    if not set(data) <= named or not all(_as_text(data[f"version_{key}"]).isdecimal() for key in keys):
        raise Invalid("That is not a form of this page. Load it again.")
    return [
        Typed(
            question=key, version=int(_as_text(data[f"version_{key}"])[:6]), value=_as_text(data.get(f"value_{key}", "")),
            words=_as_text(data.get(f"words_{key}", "")), note=_as_text(data.get(f"note_{key}", "")),
            rather_not=bool(data.get(f"rather_not_{key}")), shown=_as_text(data.get(f"shown_{key}", "")),
        )
        for key in keys
    ]  # fmt: skip


def _as_text(sent: Any) -> str:
    """Boxes of one name come as a list: codes, with a space between them."""
    return " ".join(map(str, sent)) if isinstance(sent, list) else str(sent)


def _read_asked(data: Mapping[str, Any]) -> Asked:
    day = _as_text(data.get("asked_on", "")).strip()
    try:
        on = date.fromisoformat(day) if day else None
    except ValueError:
        raise InvalidFields({"asked_on": "Give the day as day, month and year."}) from None
    via, by, place = (_as_text(data.get(name, "")) for name in ("via", "asked_by", "place"))
    return Asked(via=via or AskedVia.DESK.value, by=by, place=place, on=on)


def _read_paper(data: Mapping[str, Any]) -> Asked:
    """What its head says: a paper without a day would pass for asked today."""
    asked = _read_asked({**data, "via": AskedVia.PAPER.value})
    if asked.on is None:
        raise InvalidFields({"asked_on": "Give the day that stands on the paper."})
    return asked


def _find_section(name: str) -> Section:
    found = next((each for each in Section if each.value == name), None)
    if found is None:
        raise NotFound
    return found


def _list_sections(told: Assessment, tell: "_Teller") -> list[tuple[Section, str, list[Shown], int]]:
    found = []
    for section in Section:
        shown = [tell.question(each) for each in told.questions if each.section is section]
        if shown:
            found.append((section, say(section), shown, sum(each.to_ask for each in shown)))
    return found


def _answer(
    request: AnyRequest,
    access: Access,
    person_id: Id,
    section_name: str,
    typed: Sequence[Typed] = (),
    errors: Errors | None = None,
    data: Mapping[str, Any] | None = None,
) -> Response[str]:
    assessments.require_answering(access, person_id)
    section = _find_section(section_name)
    told = assessments.read_assessment(access, person_id)
    tell = _Teller(access, told, {each.question: each for each in typed})
    shown = [tell.question(each) for each in told.questions if each.section is section]
    return page(
        request, "agency/assessment_section.html", title=say(section), worker=access.worker, now=access.now,
        status=422 if errors else 200, errors=errors or {}, person=told.person, part=section, title_words=say(section),
        questions=[each for each in shown if each.to_ask or f"value_{each.question.key}" in (errors or {})],
        answered=[each for each in shown if not (each.to_ask or f"value_{each.question.key}" in (errors or {}))],
        vias=VIAS, rather_not=RATHER_NOT, **_tell_head(access, data or {}),
    )  # fmt: skip


def _answer_from_paper(
    request: AnyRequest,
    access: Access,
    person_id: Id,
    typed: Sequence[Typed] = (),
    errors: Errors | None = None,
    data: Mapping[str, Any] | None = None,
) -> Response[str]:
    assessments.require_answering(access, person_id)
    told = assessments.read_assessment(access, person_id)
    tell = _Teller(access, told, {each.question: each for each in typed})
    return page(
        request, "agency/assessment_from_paper.html", title="From the paper", worker=access.worker, now=access.now,
        status=422 if errors else 200, errors=errors or {}, person=told.person, rather_not=RATHER_NOT,
        sections=[(section, title, questions) for section, title, questions, _ in _list_sections(told, tell)],
        **_tell_head(access, data or {}),
    )  # fmt: skip


def _tell_head(access: Access, sent: Mapping[str, Any]) -> dict[str, Any]:
    """Who may have asked, and what was typed of how it was asked."""
    askers = [(each.id, each.short_name) for each in assessments.list_askers(access)]
    typed = {name: _as_text(sent.get(name, "")) for name in HEAD}
    return typed | {"askers": askers, "asked_by": typed["asked_by"] or access.actor.worker_id}


class _Teller:
    """Says questions and answers in words, with who asked."""

    def __init__(self, access: Access, told: Assessment, typed: Mapping[str, Typed] | None = None) -> None:
        """`typed` is what a form sent, none for one that is opened; None: nothing is typed there, it is read."""
        self._told, self._typed, self._is_form = told, typed or {}, typed is not None
        self._newest = told.newest
        self._versions = by_version(told.every)
        self._current = {each.key: each for each in told.questions}
        self._by_question: dict[str, list[Answer]] = {}
        for each in told.answers:
            self._by_question.setdefault(each.given.question, []).append(each)
        self._who = workers.list_short_names(access.session, {each.given.worker_id for each in told.answers})
        self._agencies = {each.id: each.name for each in agencies.list_agencies(access.session)} if told.answers else {}

    def question(self, question: Question) -> Shown:
        """One question, with the answer today, those before it, and what its form holds."""
        every = sorted(
            self._by_question.get(question.key, ()), key=lambda each: (each.given.at, each.given.id), reverse=True
        )
        last = every[0] if every else None
        known = self._told.known.get(question.key, "")
        to_ask = is_to_ask(question, self._newest, self._told.known, self._told.today, self._told.zone)
        return Shown(
            question=question, told=self._tell(last) if last else None, options=options_of(question),
            known=dict(options_of(question)).get(known, known) if known and last is None else "",
            earlier=tuple(map(self._tell, every[1:])),
            to_ask=to_ask,
            until=say_day(lives_until(question, last.given, self._told.zone)) if last and self._is_form else "",
            boxes=self._boxes(question, last.given if last else None, known, to_ask=to_ask) if self._is_form else {},
        )  # fmt: skip

    def list_asked_no_more(self) -> list[tuple[str, Told]]:
        """Answers to questions that nobody asks now: retired, or of a newer app."""
        asked = {each.key for each in self._told.questions}
        return [
            (self._wording(every[-1].given), self._tell(every[-1]))
            for key, every in self._by_question.items()
            if key not in asked
        ]

    def _boxes(self, question: Question, last: AnswerGiven | None, known: str, *, to_ask: bool) -> Mapping[str, Any]:
        """What is asked again is put anew: the old answer stands above, and would pass for a new one in the boxes."""
        typed = self._typed.get(question.key)
        if typed is not None:
            held = {"value": typed.value, "words": typed.words, "note": typed.note, "rather_not": typed.rather_not}
        elif last is not None and not to_ask:
            rather_not = last.state is AnswerState.RATHER_NOT
            held = {"value": last.value, "words": last.words, "note": last.note, "rather_not": rather_not}
        else:
            held = {"value": "" if last else known, "words": "", "note": "", "rather_not": False}
        return held | {"shown": last.id if last else "", "chosen": str(held["value"]).split()}

    def _tell(self, answer: Answer) -> Told:
        given = answer.given
        question = self._versions.get((given.question, given.version))
        newest = self._current.get(given.question)
        says = RATHER_NOT if given.state is AnswerState.RATHER_NOT else say_value(question, given)
        how = HOW_ASKED.get(given.via, "")
        asked = [self._who.get(given.worker_id, "Somebody"), self._agencies.get(answer.agency_id or "", "")]
        asked += [say_day(given.at), given.place, how]
        reworded = question is not None and newest is not None and question.text != newest.text
        return Told(
            says=says, words=given.words, note=given.note, asked=", ".join(each for each in asked if each),
            wording=question.text if question is not None and reworded else "",
        )  # fmt: skip

    def _wording(self, given: AnswerGiven) -> str:
        question = self._versions.get((given.question, given.version))
        return question.text if question else "A question that this server does not know yet"
