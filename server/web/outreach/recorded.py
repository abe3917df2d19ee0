"""What a worker recorded, the newest first: each contact can be put right, struck out with a reason, and put back; a lead puts
back what somebody of their team struck out.
"""

from datetime import timedelta
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from server.access import Access, Door, of_theirs
from server.actions.street import amending
from server.actions.street.contacts import list_own_teams
from server.http.services import Services
from server.problems import Invalid
from server.queries.partnership.workers import list_short_names, list_workers_of_team
from server.queries.people import subjects
from server.queries.street import contact_form
from server.queries.street.contact_form import OwnRecord
from server.web.layout.clocks import say_clock
from server.web.layout.forms import Errors, as_tuple
from server.web.layout.kept import kept_form
from server.web.layout.page import AnyRequest, go_to, page
from server.web.layout.words import say
from server.web.outreach.choices import list_sites
from server.web.outreach.contact_form import NEEDS, PHRASES, STATES, SUPPORT
from server.web.outreach.correction_form import CorrectionForm, fill_in, list_allowed, read_correction, say_newer
from shared.model.contact import Contact
from shared.model.person import Person
from shared.model.value import Id, Value
from shared.policy import Act, SubjectKind

PATH, STOPS = "/recorded", "/stops"


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
        told, struck, seen = amending.open_contact(access, contact_id)
        fresh = fill_in(told, seen)
        form = kept_form(services, door.worker.id, path, path, fresh, is_on_record=True)
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
            amending.hold_contact(access, contact_id)
            told, struck, seen = amending.open_contact(access, contact_id)
            if data.press == "search":
                return _form(request, access, told, struck, data, errors, _search(access, data.search))
            fields = read_correction(data, told, access, errors)
            if not errors and data.based_on not in ("", str(seen)):
                data = msgspec.structs.replace(data, based_on=str(seen))
                errors = say_newer(access, told, data)
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


def _list_along(access: Access, told: Contact) -> list[tuple[Id, str]]:
    """Who may have been along: the others of its team, and whoever it says was, also where they have left the team since."""
    team = {each.id: each.name for each in list_workers_of_team(access.session, told.team_id)}
    gone = list_short_names(access.session, set(told.colleague_ids) - set(team))
    found = {each: name for each, name in (team | gone).items() if each != told.worker_id}
    return sorted(found.items(), key=lambda each: each[1])


def _phrases(said: tuple[str, ...]) -> list[tuple[str, str]]:
    """What may have been offered or given, and what it says in other words."""
    return [*PHRASES, *((each, each) for each in said if (each, each) not in PHRASES)]


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
    return list_allowed(access, [each.id for each in found])


def _again(
    request: AnyRequest, door: Door, contact_id: Id, form: CorrectionForm | None, errors: Errors
) -> Response[str]:
    with door.open() as access:
        told, struck, seen = amending.open_contact(access, contact_id)
        return _form(request, access, told, struck, form or fill_in(told, seen), errors)


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
    shown = {each.id: each for each in (*list_allowed(access, list({*ticked, *told.person_ids})), *(found or ()))}
    access.note_seen(SubjectKind.PERSON, sorted(shown), purpose="put right on the web")
    by = list_short_names(access.session, {told.worker_id}).get(told.worker_id, "")
    return page(
        request, "outreach/correction.html", title="Put a contact right", section="/my-shift", worker=access.worker,
        status=422 if errors else 200, form=form, errors=errors, told=told, struck=struck, ticked=ticked,
        colleagues=_list_along(access, told), along=as_tuple(form.colleagues),
        needs=[(str(need), say(need)) for need in NEEDS], support=SUPPORT, offers=_phrases(told.offered),
        gifts=_phrases(told.given), offered=as_tuple(form.offered), given=as_tuple(form.given),
        people=list(shown.values()), found=found, states=STATES, sites=_list_sites(access, told.site_id),
        said=f"{by}, {say_clock(told.seen_at, access.now)}", path=f"{PATH}/{told.id}",
    )  # fmt: skip
