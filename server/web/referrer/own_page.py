"""A person's own page, for themselves: opened by their link and PIN, in sentences, in two languages, with what they say to it.

What opens the page is in forms and in no address but the link's own; nothing of it is kept by a browser.
"""

from datetime import date, timedelta
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, URLEncodedBody
from sqlalchemy.orm import Session

from server.actions.people import own_page
from server.database.context import Kind
from server.http.local_time import to_local
from server.http.services import Services
from server.problems import Invalid, NotFound, TooManyTries
from server.queries.operation.rate_limits import Limit, count_try
from server.queries.partnership import agencies
from server.queries.people import (
    access_log,
    assessments,
    consents,
    doors,
    health,
    own_pages,
    person_page,
    plans,
    wellbeing,
)
from server.security.tokens import hash_token
from server.web.layout.forms import Form
from server.web.layout.own_words import (
    ANSWERS_IN_POLISH,
    LANGUAGES,
    NEEDS_IN_POLISH,
    QUESTIONS_IN_POLISH,
    SHARED_IN,
    SUPPORT,
    Words,
)
from server.web.layout.page import AnyRequest, page
from server.web.layout.wellbeing_words import tell_series
from server.web.layout.words import say
from shared.model.assessment import AnswerGiven, Question
from shared.model.consent import ConsentSaid
from shared.model.door import DoorFact, DoorKind
from shared.model.person import SAFETY_FIELDS, Person
from shared.model.plan import Goal, Step
from shared.model.telling import AnswerState, ConsentAnswer, GoalEnd, LawfulBasis
from shared.model.value import Id
from shared.policy import Act
from shared.rules.assessment import find_newest, options_of, say_value
from shared.rules.consent import lets_show, list_standing
from shared.rules.health import find_doctor
from shared.rules.questions import STANDARD, by_version
from shared.rules.wellbeing import Series, set_in_series

OPEN: dict[str, Any] = {"action": Act.PUBLIC, "kind": Kind.POLICY}
"""Nobody is signed in: the PIN is asked before anything of anybody is read."""
OF_AN_ADDRESS = Limit(purpose="own page", tries=20, window=timedelta(minutes=10))
TOLD = ("name", "alias", "date_of_birth", "language", "strengths", "description", "best_way")
SHOWN_STEPS = 50


class PinForm(Form, frozen=True, kw_only=True):
    """The PIN, and the language of the page."""

    pin: str = ""
    lang: str = "en"


class VisitForm(Form, frozen=True, kw_only=True):
    """What the open page sends: what keeps it open, the language, and what somebody says."""

    visit: str = ""
    lang: str = "en"
    kind: str = ""
    words: str = ""
    press: str = ""


@get("/own/{token:str}", opt=OPEN, sync_to_thread=True, include_in_schema=False)
def show_own_door(
    request: AnyRequest, services: NamedDependency[Services], token: FromPath[str], lang: FromQuery[str] = "en"
) -> Response[str]:
    """Asks for the PIN. Following the link opens nothing and uses nothing up."""
    with services.database.writing() as session:
        try:
            own_page.find_waiting(session, token, services.keys.secret, services.clock())
        except NotFound:
            return _over(request, lang)
    return _door(request, token, lang)


@post("/own/{token:str}", opt=OPEN, sync_to_thread=True, include_in_schema=False, status_code=200)
def open_own_page(
    request: AnyRequest, services: NamedDependency[Services], token: FromPath[str], data: URLEncodedBody[PinForm]
) -> Response[str]:
    """Opens the page with its PIN, once."""
    _count(request, services)
    with services.database.writing() as session:
        try:
            visit = own_page.open_once(
                session, services.signin.passwords, token, data.pin.strip(), services.keys.secret, services.clock(),
                services.new_id,
            )  # fmt: skip
        except NotFound:
            return _over(request, data.lang)
    if visit is None:
        return _door(request, token, data.lang, {"pin": _words(data.lang)["wrong_pin"]})
    return _show(request, services, VisitForm(visit=visit, lang=data.lang))


@post("/own-page", opt=OPEN, sync_to_thread=True, include_in_schema=False, status_code=200)
def use_own_page(
    request: AnyRequest, services: NamedDependency[Services], data: URLEncodedBody[VisitForm]
) -> Response[str]:
    """Shows the open page in the other language, or keeps what they say to it."""
    if data.press != "say":
        return _show(request, services, data)
    try:
        with services.database.writing() as session:
            own_page.say_wish(
                session, data.visit, data.kind, data.words, services.keys.secret, services.clock(), services.new_id
            )
    except Invalid:
        return _show(request, services, data, {"words": _words(data.lang)["say_words"]})
    except own_page.TooMuch:
        return _show(request, services, data, {"words": _words(data.lang)["enough"]})
    except NotFound:
        return _over(request, data.lang)
    return _show(request, services, VisitForm(visit=data.visit, lang=data.lang), is_sent=True)


def _count(request: AnyRequest, services: Services) -> None:
    address = request.client.host if request.client else ""
    now_ms = int(services.clock().timestamp() * 1000)
    with services.database.writing() as session:
        wait_ms = count_try(session, OF_AN_ADDRESS, hash_token(f"own page {address}"), now_ms)
    if wait_ms:
        raise TooManyTries(wait_ms // 1000 + 1)


def _words(lang: str) -> Words:
    return LANGUAGES.get(lang, LANGUAGES["en"])


def _spoken(lang: str) -> str:
    return lang if lang in LANGUAGES else "en"


def _over(request: AnyRequest, lang: str) -> Response[str]:
    words = _words(lang)
    return page(request, "referrer/own_over.html", title=words["title"], status=404, words=words, lang=_spoken(lang))


def _door(request: AnyRequest, token: str, lang: str, errors: dict[str, str] | None = None) -> Response[str]:
    words = _words(lang)
    return page(
        request, "referrer/own_door.html", title=words["title"], status=422 if errors else 200, errors=errors or {},
        words=words, lang=_spoken(lang), other="pl" if _spoken(lang) == "en" else "en", token=token,
    )  # fmt: skip


def _show(
    request: AnyRequest,
    services: Services,
    data: VisitForm,
    errors: dict[str, str] | None = None,
    *,
    is_sent: bool = False,
) -> Response[str]:
    words, now = _words(data.lang), services.clock()
    with services.database.reading() as session:
        try:
            _, person, same = own_page.find_visit(session, data.visit, services.keys.secret, now)
        except NotFound:
            return _over(request, data.lang)
        return page(
            request, "referrer/own_page.html", title=words["title"], status=422 if errors else 200, errors=errors or {},
            words=words, lang=_spoken(data.lang), other="pl" if _spoken(data.lang) == "en" else "en", form=data,
            person=person, is_sent=is_sent, told=_tell(person, words), safety=_tell_safety(person, words),
            needs=_tell_needs(session, same, words, data.lang), doctor=_tell_doctor(session, same, words),
            with_them=sorted({each.agency_name for each in person_page.list_who_works_with(session, same, now)}),
            answers=_tell_answers(session, same, words, data.lang),
            plan=_tell_plan(session, same, words), way=_tell_way(session, same, words),
            drawn=[tell_series(each, _day, words) for each in _list_series(session, same)],
            consents=_tell_consents(session, same, words, data.lang, to_local(now).date()),
            looked=[
                words["looked_line"].format(name=each.name, day=_day(to_local(each.last_at).date()))
                for each in access_log.list_agencies_that_looked(session, same)
            ],
            wishes=own_pages.list_wishes(session, person_ids=same),
        )  # fmt: skip


def _day(day: date) -> str:
    """A day that both languages read."""
    return f"{day.day}.{day.month}.{day.year}"


def _tell(person: Person, words: Words) -> list[str]:
    values = {name: getattr(person, name) for name in TOLD}
    return [
        words[name].format(value=_day(value) if isinstance(value, date) else value)
        for name, value in values.items()
        if value
    ]


def _tell_safety(person: Person, words: Words) -> list[str]:
    return [words[name].format(value=value) for name in SAFETY_FIELDS if (value := getattr(person, name))]


def _tell_needs(session: Session, same: list[Id], words: Words, lang: str) -> list[str]:
    return [
        words[SUPPORT.get(each.receiving_support, "support_not_known")].format(
            need=NEEDS_IN_POLISH.get(each.need, say(each.need)) if _spoken(lang) == "pl" else say(each.need)
        )
        for each in person_page.list_needs(session, same)
    ]


def _tell_doctor(session: Session, same: list[Id], words: Words) -> str:
    doctor = find_doctor(health.list_facts(session, same))
    if doctor is None or doctor.code not in ("yes", "no"):
        return ""
    return words[f"doctor_{doctor.code}"].format(where=f": {doctor.words}" if doctor.words else "")


def _tell_answers(session: Session, same: list[Id], words: Words, lang: str) -> list[str]:
    """What they told once: each question as it was put, and what they answered last; no worker's words beside it."""
    versions = by_version(assessments.list_questions(session))
    newest = find_newest(each.given for each in assessments.list_answers(session, same))
    asked = [
        (versions[found], given) for given in newest.values() if (found := (given.question, given.version)) in versions
    ]
    order = {key: number for number, key in enumerate(dict.fromkeys(each.key for each in versions.values()))}
    return [
        words["said"].format(question=_ask(question, lang), answer=_tell_answer(question, given, words, lang))
        for question, given in sorted(asked, key=lambda each: order[each[0].key])
    ]


def _ask(question: Question, lang: str) -> str:
    is_ours = question in STANDARD
    return QUESTIONS_IN_POLISH.get(question.key, question.text) if _spoken(lang) == "pl" and is_ours else question.text


def _tell_answer(question: Question, given: AnswerGiven, words: Words, lang: str) -> str:
    if given.state is AnswerState.RATHER_NOT:
        return words["rather_not"]
    said = say_value(question, given)
    if _spoken(lang) == "pl" and question in STANDARD and options_of(question):
        said = ", ".join(ANSWERS_IN_POLISH.get(code, code) for code in given.value.split())
    theirs = words["in_words"].format(words=given.words) if given.words else ""
    return " ".join(each for each in (said, theirs) if each)


def _tell_plan(session: Session, same: list[Id], words: Words) -> list[str]:
    """Their goals: those that stand, each with what works already and the steps that are still to be taken, and those that
    they reached."""
    steps = [each for each in plans.list_steps(session, same) if each.done_at is None]
    goals = [each for each in plans.list_goals(session, same) if each.ended is not GoalEnd.LET_GO]
    return [_tell_goal(goal, [each for each in steps if each.goal_id == goal.id], words) for goal in goals]


def _tell_goal(goal: Goal, steps: list[Step], words: Words) -> str:
    said = words["goal"].format(words=f"“{goal.words}”")
    if goal.ended is not None:
        said = words["reached"].format(goal=said)
    elif goal.works:
        said = words["works"].format(goal=said, words=goal.works)
    if steps and goal.ended is None:
        said = words["step"].format(goal=said, words="; ".join(_tell_goal_step(each, words) for each in steps))
    return words["celebration"].format(goal=said, words=goal.celebration) if goal.celebration else said


def _tell_goal_step(step: Step, words: Words) -> str:
    said = f"{step.text} ({step.who})" if step.who else step.text
    return words["by"].format(words=said, day=_day(step.due_on)) if step.due_on else said


def _list_series(session: Session, same: list[Id]) -> tuple[Series, ...]:
    return set_in_series(wellbeing.list_questionnaires(session), wellbeing.list_filled(session, same))


def _tell_way(session: Session, same: list[Id], words: Words) -> list[str]:
    names = {each.id: each.name for each in agencies.list_agencies(session)}
    every = [each for each in doors.list_facts(session, same) if each.struck_at is None]
    told = [_tell_step(each, names, words) for each in every[:SHOWN_STEPS]]
    before = len(every) - len(told)
    return [*told, words["way_before"].format(count=before)] if before else told


def _tell_step(fact: DoorFact, names: dict[Id, str], words: Words) -> str:
    answer = words.get(f"answer_{fact.code}", fact.code) if fact.kind is DoorKind.ANSWERED else ""
    where = fact.service or names.get(fact.agency_id, "")
    return words[str(fact.kind)].format(day=_day(fact.on), where=where, words=fact.words, answer=answer).strip()


def _tell_consents(session: Session, same: list[Id], words: Words, lang: str, today: date) -> list[str]:
    """What stands. An agreement that has ended, or that a later no has overruled, shares nothing any more."""
    names = {each.id: each.name for each in agencies.list_agencies(session)}
    said = consents.list_said(session, same)
    told = {each.id: each for each in consents.list_as_said(session, same)}
    return [
        _tell_consent(told[each.id], names, words, lang)
        for each in list_standing(said)
        if each.answer is not ConsentAnswer.AGREED or lets_show(each, said, today)
    ]


def _tell_consent(word: ConsentSaid, names: dict[Id, str], words: Words, lang: str) -> str:
    is_by_law = word.basis is not LawfulBasis.CONSENT and str(word.answer) == "agreed"
    told = words["by_law" if is_by_law else str(word.answer)].format(
        day=_day(to_local(word.at).date()), what=SHARED_IN[_spoken(lang)].get(word.what, str(word.what)), words=word.words,
        whom=names.get(word.agency_id, "") if word.agency_id else words["everybody"],
    ).strip()  # fmt: skip
    return f"{told} {words['agreed_until'].format(day=_day(word.until))}" if word.until else told
