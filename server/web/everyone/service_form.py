"""A service as it is typed on its page: read with everything that is wrong, shown again with nothing lost, saved, checked,
taken out."""

import re
from datetime import date
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody
from msgspec.structs import replace

from server.access import Access, Door
from server.actions.partnership import services as acts
from server.database.sql import storable_words
from server.importers.openreferral.parse import LONGEST_URL, MOST_AGE
from server.places.postcodes import find_position
from server.problems import Failure, NotFound
from server.queries.partnership import agencies, services
from server.web.layout.forms import EmptyForm, Errors, Form, Several, as_tuple, read_whole, require_choice, require_text
from server.web.layout.page import AnyRequest, go_to, page
from server.web.layout.words import say
from shared.model.service import BankHolidays, Place, Service, ServiceOffer, ServiceStatus, ServiceWelcome
from shared.model.value import Id
from shared.policy import Act
from shared.rules.reading_hours import read_hours, write_hours

PATH = "/services/{service_id:str}"
NEW = "new"
EMAIL = re.compile(r"[^\s@]{1,64}@[^\s@]{1,190}\.[^\s@]{2,}")
URL = re.compile(r"https?://\S+", re.IGNORECASE)
NOBODY = "Nobody here: whoever refers rings or writes"


class ServiceForm(Form, frozen=True, kw_only=True):
    """A service in the words of its page."""

    based_on: str = ""
    name: str = ""
    provider: str = ""
    status: str = "active"
    description: str = ""
    eligibility: str = ""
    minimum_age: str = ""
    maximum_age: str = ""
    offers: Several = ""
    welcomes: Several = ""
    fees: str = ""
    telephone: str = ""
    email: str = ""
    url: str = ""
    place: str = ""
    address: str = ""
    town: str = ""
    postcode: str = ""
    is_secret_address: str = ""
    hours: str = ""
    hours_note: str = ""
    bank_holidays: str = "not_known"
    notice: str = ""
    agency: str = ""
    checked_today: str = ""


@get(PATH + "/edit", opt={"action": Act.EDIT_SERVICES}, sync_to_thread=True, include_in_schema=False)
def edit_service(request: AnyRequest, door: NamedDependency[Door], service_id: FromPath[Id]) -> Response[str]:
    """The form, empty for a new one."""
    with door.open() as access:
        access.require(Act.EDIT_SERVICES)
        return _answer(request, access, service_id, _show(access, service_id))


@post(PATH + "/edit", opt={"action": Act.EDIT_SERVICES}, sync_to_thread=True, include_in_schema=False)
def save_service(
    request: AnyRequest, door: NamedDependency[Door], service_id: FromPath[Id], data: URLEncodedBody[ServiceForm]
) -> Response[Any]:
    """Saves it, or shows what is wrong."""
    errors: Errors = {}
    with door.open() as access:
        access.require(Act.EDIT_SERVICES)
        before = _find(access, service_id)
        told = _read(data, before, errors, access.today)
        partners = {each.id for each in agencies.list_agencies(access.session)}
        require_choice(errors, "agency", data.agency, {"", *partners}, "Choose a partner, or nobody.")
        if errors:
            return _answer(request, access, service_id, data, errors)
    try:
        with door.open() as access:
            receiver = _read_receiver(access, service_id, data)
            if service_id == NEW:
                return go_to(f"/services/{acts.add_service(access, told, receiver)}", "service_kept")
            acts.change_service(access, told, data.based_on, receiver)
    except Failure as refused:
        if refused.problem.status != 409:
            raise
        with door.open() as access:
            return _answer(request, access, service_id, data, {"name": refused.detail}, status=409)
    return go_to(f"/services/{service_id}", "service_kept")


@post(PATH + "/checked", opt={"action": Act.EDIT_SERVICES}, sync_to_thread=True, include_in_schema=False)
def say_checked(
    door: NamedDependency[Door], service_id: FromPath[Id], data: URLEncodedBody[EmptyForm]
) -> Response[Any]:
    """Somebody rang: all of it is so today."""
    with door.open() as access:
        acts.say_checked(access, service_id)
    return go_to(f"/services/{service_id}", "service_checked")


@post(PATH + "/remove", opt={"action": Act.EDIT_SERVICES}, sync_to_thread=True, include_in_schema=False)
def remove_service(
    door: NamedDependency[Door], service_id: FromPath[Id], data: URLEncodedBody[EmptyForm]
) -> Response[Any]:
    """Takes out one that was entered here."""
    with door.open() as access:
        acts.remove_service(access, service_id)
    return go_to("/services", "service_removed")


def _answer(
    request: AnyRequest,
    access: Access,
    service_id: Id,
    form: ServiceForm,
    errors: Errors | None = None,
    status: int = 422,
) -> Response[str]:
    is_new = service_id == NEW
    return page(
        request, "everyone/service_form.html", title="Add a service" if is_new else "Change a service", section="/services",
        worker=access.worker, status=status if errors else 200, errors=errors or {}, form=form, service_id=service_id,
        is_new=is_new, chosen_offers=as_tuple(form.offers), chosen_welcomes=as_tuple(form.welcomes),
        other_places=_find(access, service_id).places[1:],
        offers=[(str(each), say(each)) for each in ServiceOffer],
        welcomes=[(str(each), say(each)) for each in ServiceWelcome],
        states=[(str(each), say(each)) for each in ServiceStatus],
        agencies=[("", NOBODY), *((each.id, each.name) for each in agencies.list_agencies(access.session))],
        may_say_who_receives=acts.may_say_who_receives(access),
        holidays=[(str(each), say(each)) for each in BankHolidays],
    )  # fmt: skip


def _find(access: Access, service_id: Id) -> Service:
    if service_id == NEW:
        return Service(id=NEW, name="")
    kept = services.find_kept(access.session, service_id)
    if kept is None:
        raise NotFound
    return kept.service


def _show(access: Access, service_id: Id) -> ServiceForm:
    kept = None if service_id == NEW else services.find_kept(access.session, service_id)
    if kept is None:
        _find(access, service_id)
        return ServiceForm()
    told = kept.service
    place = next(iter(told.places), Place(id=""))
    return ServiceForm(
        based_on=acts.version_of(kept), name=told.name, provider=told.provider, status=str(told.status),
        description=told.description, eligibility=told.eligibility, minimum_age=_say_age(told.minimum_age),
        maximum_age=_say_age(told.maximum_age), offers=[str(each) for each in told.offers],
        welcomes=[str(each) for each in told.welcomes], fees=told.fees, telephone=told.telephone, email=told.email,
        url=told.url, place=place.name, address=place.address, town=place.town, postcode=place.postcode,
        is_secret_address="yes" if told.is_secret_address else "", hours=write_hours(told.hours),
        hours_note=told.hours_note, bank_holidays=str(told.bank_holidays), notice=told.notice,
        agency=kept.agency_id or "",
    )  # fmt: skip


def _read_receiver(access: Access, service_id: Id, form: ServiceForm) -> Id | None:
    """Who receives referrals to it: as it was, where the form of this reader has no field for it."""
    if form.agency or acts.may_say_who_receives(access):
        return form.agency or None
    kept = None if service_id == NEW else services.find_kept(access.session, service_id)
    return kept.agency_id if kept is not None else None


def _say_age(age: int | None) -> str:
    return "" if age is None else str(age)


def _read(form: ServiceForm, before: Service, errors: Errors, today: date) -> Service:
    name = require_text(errors, "name", form.name, "Give the service its name.", longest=300)
    require_choice(errors, "status", form.status, {str(each) for each in ServiceStatus}, "Choose whether it runs.")
    require_choice(
        errors, "bank_holidays", form.bank_holidays, {str(each) for each in BankHolidays}, "Choose one of these."
    )
    ages = _read_age(errors, "minimum_age", form.minimum_age), _read_age(errors, "maximum_age", form.maximum_age)
    if ages[0] is not None and ages[1] is not None and ages[1] < ages[0]:
        errors["maximum_age"] = "The oldest is younger than the youngest."
    if form.email.strip() and not EMAIL.fullmatch(form.email.strip()):
        errors["email"] = "Write the e-mail address as name@example.org."
    if form.url.strip() and not URL.fullmatch(form.url.strip()):
        errors["url"] = "Write the whole address of the page, beginning with https://."
    if len(form.url.strip()) > LONGEST_URL:
        errors["url"] = f"Use {LONGEST_URL:,} characters or fewer."
    hours, wrong = read_hours(form.hours)
    if wrong:
        errors["hours"] = " ".join(wrong)
    words = {
        field: _text(errors, field, getattr(form, field), 10_000)
        for field in ("description", "eligibility", "fees", "notice", "hours_note")
    }
    lines = {field: _text(errors, field, getattr(form, field), 300) for field in ("provider", "telephone", "email")}
    places = _read_places(form, before, errors)
    if errors:
        return before
    return replace(
        before, name=name, status=ServiceStatus(form.status), minimum_age=ages[0], maximum_age=ages[1],
        offers=tuple(each for each in ServiceOffer if str(each) in as_tuple(form.offers)),
        welcomes=tuple(each for each in ServiceWelcome if str(each) in as_tuple(form.welcomes)),
        url=form.url.strip(), places=places, is_secret_address=bool(form.is_secret_address), hours=hours,
        bank_holidays=BankHolidays(form.bank_holidays), checked_on=today if form.checked_today else before.checked_on,
        provider_id=before.provider_id if lines["provider"] == before.provider else "", **words, **lines,
    )  # fmt: skip


def _read_places(form: ServiceForm, before: Service, errors: Errors) -> tuple[Place, ...]:
    """The first place as it was typed, where its postcode puts it; the others as they came."""
    told = next(iter(before.places), Place(id=""))
    postcode = " ".join(form.postcode.upper().split())
    spelled = {field: _text(errors, field, getattr(form, field), 300) for field in ("place", "address", "town")}
    point = told.latitude, told.longitude
    if postcode != told.postcode:
        found = find_position(postcode) if postcode else None
        if postcode and found is None:
            errors["postcode"] = "There is no such postcode. Leave it empty if you do not know it."
        point = (found.latitude, found.longitude) if found else (None, None)
    if not (postcode or any(spelled.values())):
        return before.places[1:]
    place = replace(
        told, name=spelled["place"], address=spelled["address"], town=spelled["town"], postcode=postcode[:20],
        latitude=point[0], longitude=point[1],
    )  # fmt: skip
    return (place, *before.places[1:])


def _read_age(errors: Errors, field: str, typed: str) -> int | None:
    if not typed.strip():
        return None
    age = read_whole(typed, MOST_AGE)
    if age is None:
        errors[field] = "Give an age in years, such as 18."
    return age


def _text(errors: Errors, field: str, typed: str, longest: int) -> str:
    text = storable_words(typed)
    if len(text) > longest:
        errors.setdefault(field, f"Use {longest:,} characters or fewer.")
    return text
