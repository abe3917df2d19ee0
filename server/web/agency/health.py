"""Health and harm on a person's record: a doctor, hospital and the plan for leaving it, safeguarding and its answers, harm,
and death."""

from datetime import date
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from server.access import Access, Door
from server.actions.people import health
from server.database.sql import storable_words
from server.http.services import Services
from server.problems import InvalidFields
from server.queries.partnership import agencies, workers
from server.web.layout.forms import Errors, Form
from server.web.layout.page import AnyRequest, go_to, page
from server.web.layout.words import say, say_day
from shared.model.health import CODES_OF, Discharge, HealthFact, HealthKind
from shared.model.value import Id, Value
from shared.policy import Act
from shared.rules.days import read_written_date
from shared.rules.health import find_doctor

PATH = "/people/{person_id:str}/health"
HEADINGS = {
    HealthKind.DOCTOR: "Doctor",
    HealthKind.HOSPITAL: "Hospital",
    HealthKind.SAFEGUARDING: "Adult safeguarding referral",
    HealthKind.ANSWER: "Answer to a safeguarding referral",
    HealthKind.HARM: "Harm, or a near miss",
    HealthKind.DEATH: "Death",
}


class FactForm(Form, frozen=True, kw_only=True):
    """A new fact of one kind, or one word about a fact that stands."""

    kind: str = ""
    code: str = ""
    on: str = ""
    until: str = ""
    expected_on: str = ""
    words: str = ""
    learning: str = ""
    about: str = ""
    fact: str = ""
    shown: str = ""
    press: str = ""


class Line(Value, frozen=True, kw_only=True):
    """One fact in words. `answers` are those to a safeguarding referral."""

    id: Id
    kind: str
    heading: str
    code: str
    days: str
    words: str
    learning: str
    recorded: str
    is_struck: bool
    is_in_hospital: bool = False
    answers: tuple["Line", ...] = ()


@get(PATH, opt={"action": Act.SEE_HEALTH}, sync_to_thread=True, include_in_schema=False)
def show_health(request: AnyRequest, door: NamedDependency[Door], person_id: FromPath[Id]) -> Response[str]:
    """What is recorded, and the forms for more."""
    with door.open() as access:
        return _answer(request, access, person_id)


@post(PATH, opt={"action": Act.RECORD_HEALTH}, sync_to_thread=True, include_in_schema=False)
def record_health(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    person_id: FromPath[Id],
    data: URLEncodedBody[FactForm],
) -> Response[Any]:
    """Keeps a fact, what was learnt from one, the day somebody left hospital, or strikes one out."""
    try:
        with door.open() as access:
            _do(access, services, person_id, data)
    except InvalidFields as refused:
        with door.open() as access:
            return _answer(request, access, person_id, refused.by_field, data)
    return go_to(f"/people/{person_id}/health", "kept_health")


def _do(access: Access, services: Services, person_id: Id, form: FactForm) -> None:
    if form.press == "strike":
        health.strike_out(access, services.project, person_id, form.fact)
    elif form.press == "learning":
        health.say_learning(access, person_id, form.fact, storable_words(form.learning), storable_words(form.shown))
    elif form.press == "left":
        health.end_hospital(access, person_id, form.fact, _read_days(access.today, until=form.until)["until"])
    else:
        health.record_fact(access, services.project, _read(access, person_id, form))


def _read(access: Access, person_id: Id, form: FactForm) -> HealthFact:
    kind = next((each for each in HealthKind if str(each) == form.kind), None)
    if kind is None:
        raise InvalidFields({"kind": "Choose what you want to record."})
    days = _read_days(access.today, on=form.on, until=form.until, expected_on=form.expected_on)
    return HealthFact(
        id="", person_id=person_id, kind=kind, code=form.code if CODES_OF[kind] else "", words=storable_words(form.words),
        learning=storable_words(form.learning), about_id=form.about or None if kind is HealthKind.ANSWER else None, agency_id="",
        recorded_at=access.now, recorded_by="",
        on=days["on"], until=days["until"], expected_on=days["expected_on"],
    )  # fmt: skip


def _read_days(today: date, **typed: str) -> dict[str, date | None]:
    days, wrong = {}, {}
    for name, text in typed.items():
        days[name] = read_written_date(text.strip(), today) if text.strip() else None
        if text.strip() and days[name] is None:
            wrong[name] = "Give the day with its month and year, such as 3 November 2026."
    if wrong:
        raise InvalidFields(wrong)
    return days


def _answer(
    request: AnyRequest, access: Access, person_id: Id, errors: Errors | None = None, form: FactForm | None = None
) -> Response[str]:
    person, facts = health.read_facts(access, person_id)
    subject, _ = access.find_person_and_same(person_id)
    names = {each.id: each.name for each in agencies.list_agencies(access.session)}
    who = workers.list_short_names(access.session, {each.recorded_by for each in facts})
    lines = [_line(each, facts, names, who) for each in facts if each.kind is not HealthKind.ANSWER]
    doctor = find_doctor(facts)
    referrals = [each for each in facts if each.kind is HealthKind.SAFEGUARDING and each.struck_at is None]
    return page(
        request, "agency/health.html", title="Health and harm", section="/cases", worker=access.worker, person=person,
        status=422 if errors else 200, errors=errors or {}, form=form or FactForm(), lines=lines,
        doctor=_say_doctor(doctor), may_record=subject is not None and access.allows(Act.RECORD_HEALTH, subject),
        kinds=[(str(kind), heading) for kind, heading in HEADINGS.items() if kind is not HealthKind.ANSWER or referrals],
        codes={str(kind): _choices(kind) for kind in HealthKind},
        referrals=[("", "Choose"), *((each.id, f"Of {say_day(each.on)}") for each in referrals)],
    )  # fmt: skip


def _choices(kind: HealthKind) -> list[tuple[str, str]]:
    vocabulary = CODES_OF[kind]
    return [("", "Choose"), *((str(each), say(each)) for each in vocabulary)] if vocabulary else []


def _say_doctor(doctor: HealthFact | None) -> str:
    if doctor is None:
        return "Nobody has asked yet whether they are registered with a doctor."
    asked = f"asked {say_day(doctor.recorded_at)}"
    where = f": {doctor.words}" if doctor.words else ""
    return f"{_say_code(doctor)}{where} ({asked})."


def _say_code(fact: HealthFact) -> str:
    vocabulary = CODES_OF[fact.kind]
    return say(vocabulary(fact.code)) if vocabulary and fact.code in {str(each) for each in vocabulary} else ""


def _line(fact: HealthFact, every: list[HealthFact], names: dict[Id, str], who: dict[Id, str]) -> Line:
    answers = sorted((each for each in every if each.about_id == fact.id), key=lambda each: (each.on, each.recorded_at))
    return Line(
        id=fact.id, kind=str(fact.kind), heading=HEADINGS[fact.kind], code=_say_code(fact), days=_say_days(fact),
        words=fact.words, learning=fact.learning, is_struck=fact.struck_at is not None,
        recorded=f"{who.get(fact.recorded_by, '')}, {names.get(fact.agency_id, '')}, {say_day(fact.recorded_at)}",
        is_in_hospital=fact.kind is HealthKind.HOSPITAL and fact.until is None and fact.struck_at is None,
        answers=tuple(_line(each, [], names, who) for each in answers),
    )  # fmt: skip


def _say_days(fact: HealthFact) -> str:
    if fact.on is None:
        return ""
    if fact.kind is not HealthKind.HOSPITAL:
        return say_day(fact.on)
    if fact.until is not None:
        return f"{say_day(fact.on)} to {say_day(fact.until)}"
    expected = f", expected to leave {say_day(fact.expected_on)}" if fact.expected_on else ""
    alarm = ", and nothing is planned for when they leave" if fact.code == str(Discharge.NOT_YET_PLANNED) else ""
    return f"since {say_day(fact.on)}{expected}{alarm}"
