"""Where somebody has stayed off the streets: the kind of place and the days, never an address. The return counts from it."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from server.access import Access, Door
from server.actions.people import stays
from server.problems import Invalid
from server.queries.partnership import districts, workers
from server.web.layout.forms import Form, read_day
from server.web.layout.page import AnyRequest, go_to, page
from server.web.layout.words import lower_first, say, say_day
from shared.model.codes import Destination, StayKind
from shared.model.person import Person
from shared.model.stay import Stay
from shared.model.value import Id, Value
from shared.policy import Act

PATH = "/people/{person_id:str}/stays"


class StayForm(Form, frozen=True, kw_only=True):
    """A new stay."""

    district: str = ""
    kind: str = ""
    moved_in_on: str = ""
    left_on: str = ""
    left_for: str = ""


class EndForm(Form, frozen=True, kw_only=True):
    """Of one stay: when they left, or that it was never so."""

    stay: str = ""
    left_on: str = ""
    left_for: str = ""
    struck_out: str = ""


class Line(Value, frozen=True, kw_only=True):
    """One stay in words."""

    id: Id
    place: str
    days: str
    recorded: str
    is_open: bool
    is_struck: bool


@get(PATH, opt={"action": Act.EDIT_PERSON}, sync_to_thread=True, include_in_schema=False)
def show_stays(request: AnyRequest, door: NamedDependency[Door], person_id: FromPath[Id]) -> Response[str]:
    """The stays, and the form for another."""
    with door.open() as access:
        return _answer(request, access, person_id)


@post(PATH, opt={"action": Act.EDIT_PERSON}, sync_to_thread=True, include_in_schema=False)
def add_stay(
    request: AnyRequest, door: NamedDependency[Door], person_id: FromPath[Id], data: URLEncodedBody[StayForm]
) -> Response[Any]:
    """Keeps another stay."""
    try:
        with door.open() as access:
            days = read_day(data.moved_in_on), read_day(data.left_on)
            stays.record_stay(access, person_id, data.district, data.kind, *days, data.left_for)
    except Invalid as refused:
        with door.open() as access:
            return _answer(request, access, person_id, {"moved_in_on": " ".join(refused.errors)}, data)
    return go_to(f"/people/{person_id}/stays", "saved")


@post(PATH + "/end", opt={"action": Act.EDIT_PERSON}, sync_to_thread=True, include_in_schema=False)
def end_stay(
    request: AnyRequest, door: NamedDependency[Door], person_id: FromPath[Id], data: URLEncodedBody[EndForm]
) -> Response[Any]:
    """Ends a stay, or strikes it out."""
    try:
        with door.open() as access:
            if data.struck_out:
                stays.strike_out_stay(access, person_id, data.stay)
            else:
                stays.end_stay(access, person_id, data.stay, read_day(data.left_on), data.left_for)
    except Invalid as refused:
        with door.open() as access:
            return _answer(request, access, person_id, {f"left_{data.stay}": " ".join(refused.errors)})
    return go_to(f"/people/{person_id}/stays", "saved")


def _answer(
    request: AnyRequest,
    access: Access,
    person_id: Id,
    errors: dict[str, str] | None = None,
    form: StayForm | None = None,
) -> Response[str]:
    person, every = stays.read_stays(access, person_id)
    names = {each.id: each.name for each in districts.list_districts(access.session)}
    who = workers.list_short_names(access.session, {each.recorded_by for each in every})
    own = sorted(access.actor.district_ids, key=lambda each: names.get(each, ""))
    return page(
        request, "coordinator/stays.html", title="Where they have stayed", section="/cases", worker=access.worker,
        status=422 if errors else 200, errors=errors or {}, person=person,
        lines=[_line(each, names, who, person) for each in every],
        form=form or StayForm(district=own[0] if len(own) == 1 else ""),
        districts=[("", "Choose"), *((each, names.get(each, "")) for each in own)],
        kinds=[("", "Choose"), *((str(each), say(each)) for each in StayKind)],
        destinations=[("", "Not said"), *((str(each), say(each)) for each in Destination)],
    )  # fmt: skip


def _line(told: Stay, names: dict[Id, str], who: dict[Id, str], person: Person) -> Line:
    until = f"to {say_day(told.left_on)}" if told.left_on else "until they died" if person.died_on else "until now"
    until += f". Then: {lower_first(say(told.left_for))}" if told.left_for else ""
    return Line(
        id=told.id, place=f"{say(told.kind)}, {names.get(told.district_id, '')}", days=f"{say_day(told.moved_in_on)} {until}",
        recorded=f"{who.get(told.recorded_by, '')}, {say_day(told.recorded_at)}",
        is_open=told.left_on is None and told.struck_at is None, is_struck=told.struck_at is not None,
    )  # fmt: skip
