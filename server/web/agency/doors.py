"""Somebody's way through services: that they came by, whom they were referred to and what was answered, and where they stayed."""

from datetime import date
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from server.access import Access, Door
from server.actions.people import doors
from server.actions.people.doors import Path
from server.problems import InvalidFields
from server.queries.partnership import agencies, services, workers
from server.queries.people import stays
from server.web.agency.actions import TODAY
from server.web.layout.forms import Errors, Form
from server.web.layout.page import AnyRequest, go_to, page
from server.web.layout.words import say, say_day
from shared.model.door import DoorFact, DoorKind, ServiceAnswer
from shared.model.service import ServiceStatus
from shared.model.value import Id, Value
from shared.policy import Act
from shared.rules.days import read_written_date

PATH = "/people/{person_id:str}/doors"
WAITING = "/waiting"
SERVICE_ANSWERS = (("", "Choose"), *((str(each), say(each)) for each in ServiceAnswer))
HEADINGS = {DoorKind.CAME_BY: "Came by", DoorKind.REFERRED: "Referred"}


class DoorForm(Form, frozen=True, kw_only=True):
    """A line, a referral, an answer, or the word that one was never so."""

    kind: str = ""
    on: str = ""
    words: str = ""
    code: str = ""
    service: str = ""
    about: str = ""
    fact: str = ""
    back: str = ""


class Line(Value, frozen=True, kw_only=True):
    """One step of the way in words, with when it stands in the order."""

    day: date
    said: str
    heading: str
    words: str = ""
    by: str = ""
    id: Id = ""
    is_struck: bool = False
    may_strike: bool = False
    may_answer: bool = False


@get(PATH, opt={"action": Act.RECORD_AT_DOOR}, sync_to_thread=True, include_in_schema=False)
def show_doors(request: AnyRequest, door: NamedDependency[Door], person_id: FromPath[Id]) -> Response[str]:
    """The way, the newest step first."""
    with door.open() as access:
        return _answer(request, access, person_id)


@post(PATH, opt={"action": Act.RECORD_AT_DOOR}, sync_to_thread=True, include_in_schema=False)
def record_door(
    request: AnyRequest, door: NamedDependency[Door], person_id: FromPath[Id], data: URLEncodedBody[DoorForm]
) -> Response[Any]:
    """Keeps a step, or strikes one out."""
    try:
        with door.open() as access:
            if data.fact:
                doors.strike_out(access, person_id, data.fact)
            else:
                doors.record(access, _read(access, person_id, data))
    except InvalidFields as refused:
        with door.open() as access:
            return _answer(request, access, person_id, refused.by_field, data)
    return go_to(data.back if data.back in (TODAY, WAITING) else f"/people/{person_id}/doors", "kept_health")


def _read(access: Access, person_id: Id, form: DoorForm) -> DoorFact:
    kind = next((each for each in DoorKind if str(each) == form.kind), None)
    day = read_written_date(form.on.strip(), access.today) if form.on.strip() else access.today
    if kind is None or day is None:
        raise InvalidFields(
            {"on": "Give the day, such as 3 November 2026."} if kind else {"kind": "Choose what happened."}
        )
    is_answer = kind is DoorKind.ANSWERED
    return DoorFact(
        id="", person_id=person_id, kind=kind, on=day, words=form.words.replace("\0", ""), agency_id="",
        code=form.code if is_answer else "", about_id=form.about or None if is_answer else None,
        service_id=None if is_answer else form.service or None, recorded_at=access.now, recorded_by="",
    )  # fmt: skip


def _answer(
    request: AnyRequest, access: Access, person_id: Id, errors: Errors | None = None, form: DoorForm | None = None
) -> Response[str]:
    path = doors.read_path(access, person_id)
    listed = [each for each in services.list_services(access.session) if each.status is ServiceStatus.ACTIVE]
    receivers = services.list_receivers(access.session)
    names = {each.id: each.name for each in agencies.list_agencies(access.session)}
    called = {each.id: f" ({names[by]} receives it here)" for each in listed if (by := receivers.get(each.id)) in names}
    subject, _ = access.find_person_and_same(person_id)
    return page(
        request, "agency/doors.html", title="Services", section="/cases", worker=access.worker, person=path.person,
        status=422 if errors else 200, errors=errors or {}, form=form or DoorForm(), unshared=path.unshared,
        lines=_list_lines(access, path, person_id), answers=SERVICE_ANSWERS,
        services=[("", "Choose"), *((each.id, each.name + called.get(each.id, "")) for each in listed)],
        may_see_person=subject is not None and access.allows(Act.SEE_PERSON, subject),
    )  # fmt: skip


def _list_lines(access: Access, path: Path, person_id: Id) -> list[Line]:
    names = {each.id: each.name for each in agencies.list_agencies(access.session)}
    who = workers.list_short_names(access.session, {each.recorded_by for each in path.facts})
    ended = doors.list_ended(path.facts)
    lines = [_line(access, each, path, names, who, ended) for each in path.facts]
    subject, same = access.find_person_and_same(person_id)
    if subject is not None and access.allows(Act.SEE_PERSON, subject):
        for each in stays.list_stays(access.session, same):
            if each.struck_at is None:
                still = "until they died" if path.person.died_on else "until now"
                until = f"until {say_day(each.left_on)}" if each.left_on else still
                lines.append(
                    Line(day=each.moved_in_on, said=say_day(each.moved_in_on), heading=f"{say(each.kind)}, {until}")
                )
    return sorted(lines, key=lambda each: each.day, reverse=True)


def _line(access: Access, fact: DoorFact, path: Path, names: dict[Id, str], who: dict[Id, str], ended: set[Id]) -> Line:
    is_own, is_struck = fact.agency_id == access.actor.agency_id, fact.struck_at is not None
    received = f", received by {names[fact.to_agency_id]}" if fact.to_agency_id in names else ""
    by = f"{who.get(fact.recorded_by, '')}, {names.get(fact.agency_id, '')}{received}"
    return Line(
        id=fact.id, day=fact.on, said=say_day(fact.on), heading=_heading(fact, path, names), words=fact.words, by=by,
        is_struck=is_struck, may_strike=is_own and not is_struck,
        may_answer=fact.kind is DoorKind.REFERRED and not is_struck and fact.id not in ended,
    )  # fmt: skip


def _heading(fact: DoorFact, path: Path, names: dict[Id, str]) -> str:
    if fact.kind is DoorKind.ANSWERED:
        about = next((each.service for each in path.facts if each.id == fact.about_id), "the service")
        known = {str(each): each for each in ServiceAnswer}
        return f"{about} answered: {say(known[fact.code]).lower() if fact.code in known else fact.code}"
    if fact.kind is DoorKind.REFERRED:
        return f"Referred to {fact.service}"
    return f"Came by {fact.service or names.get(fact.agency_id, '')}"
