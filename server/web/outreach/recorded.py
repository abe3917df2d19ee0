"""What a worker recorded, the newest first: each contact can be put right, struck out with a reason, and put back; a lead puts
back what somebody of their team struck out.
"""

from datetime import timedelta
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from server.access import Access, Door, of_theirs
from server.actions.street import amending
from server.actions.street.contacts import list_own_teams
from server.http.local_time import to_local
from server.http.services import Services
from server.problems import Invalid
from server.queries.partnership.workers import list_short_names
from server.queries.people import people, subjects
from server.queries.street import contact_form
from server.queries.street.contact_form import OwnRecord
from server.web.layout.clocks import say_clock
from server.web.layout.forms import Errors, Form, Several, as_tuple, require_choice
from server.web.layout.kept import kept_form
from server.web.layout.page import AnyRequest, go_to, page
from server.web.layout.words import say
from server.web.outreach.choices import list_sites
from server.web.outreach.contact_form import LONGEST_TEXT, MOST_PEOPLE, STATES, read_number, read_words
from server.web.outreach.typed_times import read_moment
from shared.model.contact import Contact
from shared.model.person import Person
from shared.model.value import Id, Value
from shared.policy import Act, SubjectKind

PATH, STOPS = "/recorded", "/stops"
TEXTS = ("safety_needs", "strengths", "next_step", "note")


class CorrectionForm(Form, frozen=True, kw_only=True):
    """A contact as it shall read. `press` says which button was pressed."""

    press: str = "save"
    state: str = ""
    seen_day: str = ""
    seen_time: str = ""
    search: str = ""
    people: Several = ""
    unidentified: str = ""
    site: str = ""
    safety_needs: str = ""
    strengths: str = ""
    next_step: str = ""
    note: str = ""
    reason: str = ""


class Line(Value, frozen=True, kw_only=True):
    """A record in the list: when, and what; `path` is where it is put right."""

    at: str
    words: str
    path: str = ""


@get(PATH, opt={"action": Act.CORRECT_CONTACT}, sync_to_thread=True, include_in_schema=False)
def show_recorded(request: AnyRequest, door: NamedDependency[Door]) -> Response[str]:
    """What the reader recorded tonight and last night, and what of their teams was struck out."""
    with door.open() as access:
        access.require(Act.CORRECT_CONTACT, of_theirs(access.actor), purpose="own records")
        struck = _list_struck(access) if access.allows(Act.PLAN_SHIFT, of_theirs(access.actor)) else []
        return page(
            request, "outreach/recorded.html", title="What you recorded", section="/my-shift", worker=access.worker,
            lines=say_own(access, nights=1), struck=struck,
        )  # fmt: skip


@get(f"{PATH}/{{contact_id:str}}", opt={"action": Act.CORRECT_CONTACT}, sync_to_thread=True, include_in_schema=False)
def show_contact(
    request: AnyRequest, door: NamedDependency[Door], services: NamedDependency[Services], contact_id: FromPath[Id]
) -> Response[str]:
    """One contact, as it reads now."""
    path = f"{PATH}/{contact_id}"
    with door.open() as access:
        told, struck = amending.open_contact(access, contact_id)
        form = kept_form(services, door.worker.id, path, path, _filled(told), is_on_record=True)
        return _form(request, access, told, struck, form, {})


@post(f"{PATH}/{{contact_id:str}}", opt={"action": Act.CORRECT_CONTACT}, sync_to_thread=True, include_in_schema=False)
def put_right(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    contact_id: FromPath[Id],
    data: URLEncodedBody[CorrectionForm],
) -> Response[Any]:
    """Writes the later word, or searches for whom it was."""
    errors: Errors = {}
    try:
        with door.open() as access:
            told, struck = amending.open_contact(access, contact_id)
            if data.press == "search":
                return _form(request, access, told, struck, data, errors, _search(access, data.search))
            fields = _read(data, told, access, errors)
            if errors:
                return _form(request, access, told, struck, data, errors)
            amending.correct(access, services.project, contact_id, fields, data.reason)
    except Invalid as refused:
        return _again(request, door, contact_id, data, {"reason": " ".join(refused.errors)})
    return go_to(PATH, "put_right")


@post(
    f"{PATH}/{{contact_id:str}}/strike",
    opt={"action": Act.CORRECT_CONTACT},
    sync_to_thread=True,
    include_in_schema=False,
)
def strike(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    contact_id: FromPath[Id],
    data: URLEncodedBody[CorrectionForm],
) -> Response[Any]:
    """It did not happen."""
    try:
        with door.open() as access:
            amending.strike(access, services.project, contact_id, data.reason)
    except Invalid as refused:
        return _again(request, door, contact_id, None, {"strike-reason": " ".join(refused.errors)})
    return go_to(PATH, "struck_out")


@post(
    f"{PATH}/{{contact_id:str}}/put-back",
    opt={"action": Act.CORRECT_CONTACT},
    sync_to_thread=True,
    include_in_schema=False,
)
def put_back(
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    contact_id: FromPath[Id],
    data: URLEncodedBody[CorrectionForm],
) -> Response[Any]:
    """It did, after all."""
    with door.open() as access:
        amending.put_back(access, services.project, contact_id)
    return go_to(PATH, "put_back")


@get(f"{STOPS}/{{visit_id:str}}", opt={"action": Act.CORRECT_CONTACT}, sync_to_thread=True, include_in_schema=False)
def show_stop(request: AnyRequest, door: NamedDependency[Door], visit_id: FromPath[Id]) -> Response[str]:
    """One visit, to be struck out or put back."""
    with door.open() as access:
        return _stop(request, access, visit_id, {})


@post(
    f"{STOPS}/{{visit_id:str}}/strike",
    opt={"action": Act.CORRECT_CONTACT},
    sync_to_thread=True,
    include_in_schema=False,
)
def strike_stop(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    visit_id: FromPath[Id],
    data: URLEncodedBody[CorrectionForm],
) -> Response[Any]:
    """Nobody looked there."""
    try:
        with door.open() as access:
            amending.strike_visit(access, services.project, visit_id, data.reason)
    except Invalid as refused:
        with door.open() as access:
            return _stop(request, access, visit_id, {"reason": " ".join(refused.errors)})
    return go_to(PATH, "struck_out")


@post(
    f"{STOPS}/{{visit_id:str}}/put-back",
    opt={"action": Act.CORRECT_CONTACT},
    sync_to_thread=True,
    include_in_schema=False,
)
def put_stop_back(
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    visit_id: FromPath[Id],
    data: URLEncodedBody[CorrectionForm],
) -> Response[Any]:
    """Somebody did."""
    with door.open() as access:
        amending.put_back_visit(access, services.project, visit_id)
    return go_to(PATH, "put_back")


def _stop(request: AnyRequest, access: Access, visit_id: Id, errors: Errors) -> Response[str]:
    told = amending.open_visit(access, visit_id)
    by = list_short_names(access.session, {told.worker_id}).get(told.worker_id, "")
    place = dict(list_sites(access)).get(told.site_id or "", "")
    said = ", ".join(each for each in (by, say_clock(told.at, access.now), place) if each)
    return page(
        request, "outreach/stop.html", title="Nobody here", section="/my-shift", worker=access.worker, told=told, said=said,
        errors=errors, status=422 if errors else 200, path=f"{STOPS}/{visit_id}",
    )  # fmt: skip


def say_own(access: Access, nights: int = 0) -> list[Line]:
    """What the reader recorded tonight and so many nights before, the newest first."""
    since = access.tonight - timedelta(days=nights)
    return [_line(access, each) for each in contact_form.list_own_since(access.session, access.actor.worker_id, since)]


def _list_struck(access: Access) -> list[Line]:
    teams = [team.id for team in list_own_teams(access)]
    found = contact_form.list_struck_since(access.session, teams, access.tonight - timedelta(days=1))
    shown = [each for each in found if each.worker_id != access.actor.worker_id and _may_put_back(access, each)]
    names = list_short_names(access.session, {each.worker_id for each in shown})
    return [_line(access, each, names.get(each.worker_id, "")) for each in shown]


def _may_put_back(access: Access, told: OwnRecord) -> bool:
    find = subjects.find_contact if told.state else subjects.find_visit
    subject = find(access.session, told.id)
    return subject is not None and access.allows(Act.CORRECT_CONTACT, subject)


def _line(access: Access, told: OwnRecord, by: str = "") -> Line:
    what = say(told.state) if told.state is not None else "Nobody here"
    struck = "struck out" if told.is_struck and not by else ""
    asked = "to be confirmed" if told.is_to_confirm and not struck else ""
    words = ", ".join(each for each in (what, told.place, by, struck, asked) if each)
    return Line(at=say_clock(told.at, access.now), words=words, path=f"{PATH if told.state else STOPS}/{told.id}")


def _filled(told: Contact) -> CorrectionForm:
    local = to_local(told.seen_at)
    return CorrectionForm(
        state=str(told.state), seen_day=local.date().isoformat(), seen_time=f"{local:%H:%M} {local.tzname()}",
        people=list(told.person_ids), unidentified=str(told.unidentified_people or ""), site=told.site_id or "",
        **{name: getattr(told, name) for name in TEXTS},
    )  # fmt: skip


def _read(form: CorrectionForm, told: Contact, access: Access, errors: Errors) -> dict[str, Any]:
    """The fields as they shall read. Whom the reader may not see stays: nobody is taken out unseen."""
    require_choice(errors, "state", form.state, {code for code, _ in STATES}, "Choose what you met.")
    seen_at = read_moment(form.seen_day, form.seen_time, access.now, errors)
    texts = {name: read_words(getattr(form, name), name, LONGEST_TEXT, errors) for name in TEXTS}
    unidentified = read_number(form.unidentified, errors)
    if errors:
        return {}
    unseen = set(told.person_ids) - {each.id for each in _allowed(access, told.person_ids)}
    named = [*as_tuple(form.people), *sorted(unseen)]
    fields: dict[str, Any] = {
        "unidentified_people": min(unidentified, MOST_PEOPLE),
        "site_id": form.site or None,
    } | texts
    if (form.site or None) != told.site_id:
        fields["position"] = None  # a record names one place
    if seen_at is not None and seen_at.replace(second=0, microsecond=0) != told.seen_at.replace(
        second=0, microsecond=0
    ):
        fields["seen_at"] = seen_at
    if set(named) != set(told.person_ids):
        fields["person_ids"] = tuple(named)
    if form.state != str(told.state):
        fields["state"] = form.state
    return fields


def _list_sites(access: Access, recorded: Id | None) -> list[tuple[str, str]]:
    """The places to choose from. Where it was recorded is among them, also when it is out of use or not for the reader to know:
    what cannot be chosen would be taken away unseen."""
    sites = [("", "Not at a known place"), *list_sites(access)]
    return sites if recorded is None or recorded in dict(sites) else [*sites, (recorded, "Where it says now")]


def _search(access: Access, words: str) -> list[Person]:
    teams = [team.id for team in list_own_teams(access)]
    found = contact_form.search_people(
        access.session, words.replace("\0", "")[:200], teams, access.actor.district_ids, access.today
    ) if words.strip() else []  # fmt: skip
    return _allowed(access, [each.id for each in found])


def _allowed(access: Access, person_ids: tuple[Id, ...] | list[Id]) -> list[Person]:
    found = people.list_people(access.session, person_ids)
    asked = [(each, subjects.find_person(access.session, each.id)) for each in found]
    return [each for each, subject in asked if subject and access.allows(Act.SEE_PERSON_LIST, subject)]


def _again(
    request: AnyRequest, door: Door, contact_id: Id, form: CorrectionForm | None, errors: Errors
) -> Response[str]:
    with door.open() as access:
        told, struck = amending.open_contact(access, contact_id)
        return _form(request, access, told, struck, form or _filled(told), errors)


def _form(
    request: AnyRequest,
    access: Access,
    told: Contact,
    struck: str,
    form: CorrectionForm,
    errors: Errors,
    found: list[Person] | None = None,
) -> Response[str]:
    ticked = as_tuple(form.people)
    shown = {each.id: each for each in (*_allowed(access, list({*ticked, *told.person_ids})), *(found or ()))}
    access.note_seen(SubjectKind.PERSON, sorted(shown), purpose="put right on the web")
    by = list_short_names(access.session, {told.worker_id}).get(told.worker_id, "")
    return page(
        request, "outreach/correction.html", title="Put a contact right", section="/my-shift", worker=access.worker,
        status=422 if errors else 200, form=form, errors=errors, told=told, struck=struck, ticked=ticked,
        people=list(shown.values()), found=found, states=STATES, sites=_list_sites(access, told.site_id),
        said=f"{by}, {say_clock(told.seen_at, access.now)}", path=f"{PATH}/{told.id}",
    )  # fmt: skip
