"""How somebody says they are: a small chart of their own, the questionnaires to fill in when they like, and both on paper."""

from collections.abc import Mapping
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath

from server.access import Access, Door
from server.actions.people import wellbeing
from server.problems import CONFLICTING, Failure, Invalid, InvalidFields, NotFound
from server.queries.partnership import agencies, workers
from server.web.layout.forms import Errors, read_day, read_whole
from server.web.layout.page import AnyRequest, go_to, page
from server.web.layout.wellbeing_pdf import make_wellbeing_pdf
from server.web.layout.wellbeing_words import tell_series
from server.web.layout.words import say_day
from shared.model.value import Id
from shared.model.wellbeing import Questionnaire
from shared.policy import Act, Subject

PATH = "/people/{person_id:str}/wellbeing"
MOST_ITEMS = 60
Typed = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)]


@get(PATH, opt={"action": Act.SEE_WELLBEING}, sync_to_thread=True, include_in_schema=False)
def show_wellbeing(request: AnyRequest, door: NamedDependency[Door], person_id: FromPath[Id]) -> Response[str]:
    """What they filled in, as their chart and in words."""
    with door.open() as access:
        return _answer(request, access, person_id)


@get(
    "/people/{person_id:str}/wellbeing-paper",
    opt={"action": Act.SEE_WELLBEING},
    sync_to_thread=True,
    include_in_schema=False,
)
def print_wellbeing(door: NamedDependency[Door], person_id: FromPath[Id]) -> Response[bytes]:
    """The same on paper, for the person, with each questionnaire to fill in alone."""
    with door.open() as access:
        told = wellbeing.read_wellbeing(access, person_id, "wellbeing printed")
        today = access.today
    headers = {"content-disposition": 'attachment; filename="wellbeing.pdf"', "cache-control": "no-store"}
    return Response(make_wellbeing_pdf(told, today), media_type="application/pdf", headers=headers)


@get(PATH + "/{key:str}", opt={"action": Act.RECORD_WELLBEING}, sync_to_thread=True, include_in_schema=False)
def show_questionnaire(
    request: AnyRequest, door: NamedDependency[Door], person_id: FromPath[Id], key: FromPath[str]
) -> Response[str]:
    """One questionnaire to fill in."""
    with door.open() as access:
        return _form(request, access, person_id, key)


@post(PATH + "/{key:str}", opt={"action": Act.RECORD_WELLBEING}, sync_to_thread=True, include_in_schema=False)
def fill_in(
    request: AnyRequest, door: NamedDependency[Door], person_id: FromPath[Id], key: FromPath[str], data: Typed
) -> Response[Any]:
    """Keeps it as it was filled in."""
    try:
        with door.open() as access:
            wellbeing.require_recording(access, person_id)
            told = {name: str(value) for name, value in data.items()}
            count = read_whole(told.get("count", ""), MOST_ITEMS) or 0
            chosen = [told.get(f"item_{at}", "") for at in range(1, count + 1)]
            version, on = read_whole(told.get("version", ""), 1_000_000) or 0, _read_on(told)
            wellbeing.fill_in(access, person_id, key, version, chosen, told.get("words", ""), on)
    except InvalidFields as refused:
        with door.open() as access:
            return _form(request, access, person_id, key, dict(refused.by_field), told)
    except Invalid as refused:
        with door.open() as access:
            return _form(request, access, person_id, key, {"item_1": refused.errors[0]}, told)
    return go_to(f"/people/{person_id}/wellbeing", "saved")


@post(
    PATH + "/{filled_id:str}/strike", opt={"action": Act.RECORD_WELLBEING}, sync_to_thread=True, include_in_schema=False
)
def strike_out(
    request: AnyRequest, door: NamedDependency[Door], person_id: FromPath[Id], filled_id: FromPath[Id], data: Typed
) -> Response[Any]:
    """It was never so."""
    try:
        with door.open() as access:
            wellbeing.strike_out(access, person_id, filled_id)
    except Failure as failed:
        if failed.kind is not CONFLICTING:
            raise
        with door.open() as access:
            return _answer(request, access, person_id, {"wellbeing": failed.detail})
    return go_to(f"/people/{person_id}/wellbeing", "saved")


PAGES = (show_wellbeing, print_wellbeing, show_questionnaire, fill_in, strike_out)


def _read_on(told: Mapping[str, str]) -> Any:
    try:
        return read_day(told.get("filled_on", ""))
    except Invalid as refused:
        raise InvalidFields({"filled_on": refused.errors[0]}) from refused


def _answer(request: AnyRequest, access: Access, person_id: Id, errors: Errors | None = None) -> Response[str]:
    told = wellbeing.read_wellbeing(access, person_id)
    subject = access.find_person_and_same(person_id)[0] or Subject()
    drawn = [tell_series(each, say_day) for each in told.series]
    return page(
        request, "agency/wellbeing.html", title="How they say they are", section="/cases", worker=access.worker,
        status=409 if errors else 200, errors=errors or {}, person=told.person, told=told, drawn=drawn,
        who=workers.list_short_names(access.session, {line.worker_id for each in drawn for line in each.lines}),
        agencies={each.id: each.name for each in agencies.list_agencies(access.session)},
        own=access.actor.agency_id, may_record=access.allows(Act.RECORD_WELLBEING, subject),
    )  # fmt: skip


def _form(
    request: AnyRequest,
    access: Access,
    person_id: Id,
    key: str,
    errors: Errors | None = None,
    typed: Mapping[str, str] | None = None,
) -> Response[str]:
    wellbeing.require_recording(access, person_id)
    told = wellbeing.read_wellbeing(access, person_id)
    asked: Questionnaire | None = next((each for each in told.asked if each.key == key), None)
    if asked is None:
        raise NotFound
    return page(
        request, "agency/wellbeing_form.html", title=asked.name, section="/cases", worker=access.worker,
        status=422 if errors else 200, errors=errors or {}, person=told.person, asked=asked, typed=typed or {},
    )  # fmt: skip
