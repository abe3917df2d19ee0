"""The directory of services: looked through by word, place, hours and whom they take; one service in full."""

from datetime import datetime
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from server.access import Access, Door
from server.actions.partnership.services import OWN_SOURCE
from server.http.local_time import to_local
from server.places.postcodes import find_position
from server.problems import NotFound
from server.queries.partnership import services, workers
from server.queries.partnership.services import Kept
from server.web.layout.forms import Errors, Form, Several, as_tuple
from server.web.layout.page import AnyRequest, page
from server.web.layout.words import say, say_day
from shared.geo.distance import say_distance
from shared.model.service import BankHolidays, Service, ServiceOffer, ServiceStatus, ServiceWelcome
from shared.model.value import Id, Value
from shared.policy import Act
from shared.rules.bank_holidays import BANK_HOLIDAYS
from shared.rules.finding_services import Found, OpenWhen, Wanted, find_services, has_left_feed, is_stale
from shared.rules.names import words_of
from shared.rules.opening_hours import Opening, find_opening, is_round_the_clock, say_hours

PATH = "/services"
SHOWN = 50
SHOWN_NAMED = 8
LONGEST_WORDS = 60
OPEN_WORDS = {OpenWhen.ANY: "At any time", OpenWhen.NOW: "Now", OpenWhen.TONIGHT: "Tonight"}


class SearchForm(Form, frozen=True, kw_only=True):
    """What is looked for. A search is sent, not linked to: the postcode may be where somebody sleeps, and an address is
    logged."""

    words: str = ""
    offer: str = ""
    welcomes: Several = ""
    open_when: str = ""
    near: str = ""


class NameForm(Form, frozen=True, kw_only=True):
    """What stands behind an @. It is sent, as a search is: somebody may type a person's name there."""

    words: str = ""


class Named(Value, frozen=True, kw_only=True):
    """A service by its name, and whose it is."""

    name: str
    provider: str


class Line(Value, frozen=True, kw_only=True):
    """One service on the list."""

    id: Id
    name: str
    provider: str
    where: str
    is_open: str
    offers: str
    telephone: str
    notice: str
    checked: str
    is_stale: bool
    left: str


@get(PATH, opt={"action": Act.SEE_SERVICES}, sync_to_thread=True, include_in_schema=False)
def show_services(request: AnyRequest, door: NamedDependency[Door]) -> Response[str]:
    """The directory, by name."""
    with door.open() as access:
        return _list(request, access, SearchForm())


@post(PATH, opt={"action": Act.SEE_SERVICES}, sync_to_thread=True, include_in_schema=False, status_code=200)
def search_services(
    request: AnyRequest, door: NamedDependency[Door], data: URLEncodedBody[SearchForm]
) -> Response[str]:
    """Those that fit, the nearest first where a postcode is given."""
    with door.open() as access:
        return _list(request, access, data)


@post(PATH + "/named", opt={"action": Act.SEE_SERVICES}, sync_to_thread=True, include_in_schema=False, status_code=200)
def list_named(door: NamedDependency[Door], data: URLEncodedBody[NameForm]) -> Response[list[Named]]:
    """The services that an @ in an action line could mean."""
    with door.open() as access:
        access.require(Act.SEE_SERVICES)
        words = words_of(data.words[:LONGEST_WORDS])
        found = services.list_named(access.session, words, SHOWN_NAMED) if words else []
    return Response(
        [Named(name=each.name, provider=each.provider) for each in found], headers={"cache-control": "no-store"}
    )


@get(PATH + "/{service_id:str}", opt={"action": Act.SEE_SERVICES}, sync_to_thread=True, include_in_schema=False)
def show_service(request: AnyRequest, door: NamedDependency[Door], service_id: FromPath[Id]) -> Response[str]:
    """All that is known of a service."""
    with door.open() as access:
        access.require(Act.SEE_SERVICES)
        kept = services.find_kept(access.session, service_id)
        if kept is None:
            raise NotFound
        now = to_local(access.now).replace(tzinfo=None)
        told = kept.service
        return page(
            request, "everyone/service.html", title=told.name, section=PATH, worker=access.worker, service=told,
            hours=say_hours(told.hours), ages=say_ages(told), is_open=say_open(told, find_opening(told, now), now),
            bank_holidays=_say_bank_holidays(told, now), is_stale=is_stale(told, now), came_from=_say_source(access, kept),
            may_edit=access.allows(Act.EDIT_SERVICES), is_own=kept.source == OWN_SOURCE,
        )  # fmt: skip


def say_ages(told: Service) -> str:
    """Whom it takes by age."""
    if told.minimum_age and told.maximum_age is not None:
        return f"{told.minimum_age} to {told.maximum_age} years"
    if told.minimum_age:
        return f"{told.minimum_age} years and over"
    return f"Up to {told.maximum_age} years" if told.maximum_age is not None else ""


def say_open(told: Service, opening: Opening | None, now: datetime) -> str:
    """Whether it is open, in a few words; nothing where no hours are known."""
    if told.status is not ServiceStatus.ACTIVE:
        return say(told.status)
    if has_left_feed(told):
        return "Perhaps closed for good"
    if opening is None:
        return "Closed now" if told.hours else ""
    sure = "" if opening.is_sure else ", if it opens on a bank holiday: ring first"
    if opening.opens > now:
        return f"Opens at {opening.opens:%H:%M}{sure}"
    if is_round_the_clock(opening, now):
        return f"Open day and night{sure}"
    return f"Open until {opening.closes:%H:%M}{sure}"


def _list(request: AnyRequest, access: Access, asked: SearchForm) -> Response[str]:
    access.require(Act.SEE_SERVICES)
    errors: Errors = {}
    found = _find(access, asked, errors)
    now = to_local(access.now)
    return page(
        request, "everyone/services.html", title="Services", section=PATH, worker=access.worker, errors=errors,
        status=422 if errors else 200, asked=asked, chosen=as_tuple(asked.welcomes), is_cut=len(found) > SHOWN,
        lines=[_line(each, now) for each in found[:SHOWN]], shown=SHOWN, may_edit=access.allows(Act.EDIT_SERVICES),
        offers=[("", "Anything"), *((str(each), say(each)) for each in ServiceOffer)],
        welcomes=[(str(each), say(each)) for each in ServiceWelcome],
        open_when=[(each.value, words) for each, words in OPEN_WORDS.items()],
    )  # fmt: skip


def _find(access: Access, asked: SearchForm, errors: Errors) -> list[Found]:
    here = None
    if asked.near.strip():
        position = find_position(asked.near)
        if position is None:
            errors["near"] = "Give a whole postcode, such as WD17 2AB."
        else:
            here = (position.latitude, position.longitude)
    wanted = Wanted(
        words=asked.words,
        offer=next((each for each in ServiceOffer if str(each) == asked.offer), None),
        welcomes=frozenset(each for each in ServiceWelcome if str(each) in as_tuple(asked.welcomes)),
        open_when=next((each for each in OpenWhen if each.value == asked.open_when), OpenWhen.ANY),
        here=here,
    )
    listed = services.list_indexed(access.session, words_of(asked.words))
    return find_services(listed, wanted, to_local(access.now).replace(tzinfo=None), SHOWN + 1)


def _line(found: Found, now: datetime) -> Line:
    told = found.service
    place = next(iter(told.places), None)
    address = ", ".join(part for part in (place.address, place.town) if part) if place else ""
    where = "Address not told" if told.is_secret_address else address
    away = "" if found.distance_m is None else say_distance(found.distance_m)
    wall = now.replace(tzinfo=None)
    return Line(
        id=told.id, name=told.name, provider=told.provider, where=", ".join(part for part in (away, where) if part),
        is_open=say_open(told, found.opening, wall), offers=", ".join(say(each) for each in (*told.offers, *told.welcomes)),
        telephone=told.telephone, notice=told.notice, is_stale=is_stale(told, wall),
        checked=say_day(told.checked_on) if told.checked_on else "", left=say_day(told.left_feed_on) if told.left_feed_on else "",
    )  # fmt: skip


def _say_bank_holidays(told: Service, now: datetime) -> str:
    if not told.hours:
        return ""
    known = {BankHolidays.CLOSED: "Closed", BankHolidays.AS_USUAL: "Open as usual"}
    said = known.get(told.bank_holidays, "Not known: ring first")
    coming = min((day for day in BANK_HOLIDAYS if day >= to_local(now).date()), default=None)
    return f"{said}. The next is {say_day(coming)}." if coming else said


def _say_source(access: Access, kept: Kept) -> str:
    names: dict[str, Any] = workers.list_short_names(access.session, {kept.edited_by} if kept.edited_by else set())
    edited = f"Changed or checked here {say_day(kept.edited_at)}" if kept.edited_at else ""
    by = f" by {names.get(kept.edited_by or '', '')}" if names else ""
    origin = "" if kept.source == OWN_SOURCE else f"From the feed {kept.source}. "
    if kept.service.left_feed_on is not None:
        origin += f"No longer in the feed since {say_day(kept.service.left_feed_on)}. "
    return origin + (f"{edited}{by}." if edited else "")
