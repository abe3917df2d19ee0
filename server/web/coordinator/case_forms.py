"""Two forms about a case that stand on pages of their own: who leads on it, and handing it over to another district."""

from collections.abc import Callable
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from server.access import Access, Door
from server.actions.cases.caseload import set_lead
from server.actions.cases.moves import hand_over
from server.problems import Invalid, NotFound
from server.queries.cases import case_moves, caseload, cases
from server.queries.conferences import seats
from server.queries.maps.boundaries import list_districts_on
from server.queries.partnership import workers
from server.queries.people import subjects
from server.web.coordinator.case_panel import say_lead
from server.web.layout.forms import Errors, Form, require_choice, require_text
from server.web.layout.page import AnyRequest, go_to, page
from server.web.layout.words import say, say_short_day
from shared.model.case import Case
from shared.model.codes import SupportPhase
from shared.model.value import Id
from shared.policy import Act
from shared.rules.home_district import home_district, say_whereabouts

PURPOSE = "coordination"


class LeadForm(Form, frozen=True, kw_only=True):
    """Who leads, in which phase. `was` is the lead that the page showed."""

    district: str = ""
    was: str | None = None
    lead_agency: str = ""
    lead_worker: str = ""
    phase: str = ""
    lead_reason: str = ""


class HandOverForm(Form, frozen=True, kw_only=True):
    """Where the case goes, and why."""

    district: str = ""
    to_district: str = ""
    move_reason: str = ""


@get("/people/{person_id:str}/lead", opt={"action": Act.CHANGE_CASE}, sync_to_thread=True, include_in_schema=False)
def show_lead(request: AnyRequest, door: NamedDependency[Door], person_id: FromPath[Id]) -> Response[str]:
    """Who leads, who led before, and the form to change it."""
    with door.open() as access:
        return _answer_lead(request, access, person_id)


@post("/people/{person_id:str}/lead", opt={"action": Act.CHANGE_CASE}, sync_to_thread=True, include_in_schema=False)
def lead(
    request: AnyRequest, door: NamedDependency[Door], person_id: FromPath[Id], data: URLEncodedBody[LeadForm]
) -> Response[Any]:
    """Names the agency, and the worker, who lead on the case, and the phase of support."""
    errors: Errors = {}
    phases = {str(phase) for phase in SupportPhase}
    require_choice(errors, "phase", data.phase, phases, "Choose the phase of support.")

    def act(access: Access) -> None:
        case = find_live_case(access, person_id, data.district)
        phase = SupportPhase(data.phase)
        _refuse_newer(access, case.id, data.was)
        set_lead(access, case.id, data.lead_agency, data.lead_worker or None, phase, data.lead_reason)

    refusal = _try(door, errors, act, "lead_agency")
    if refusal is None:
        return go_to(f"/people/{person_id}", "lead_set")
    with door.open() as access:
        return _answer_lead(request, access, person_id, data, refusal)


def _refuse_newer(access: Access, case_id: Id, was: str | None) -> None:
    """Raises Invalid where somebody else leads by now than the page showed: they are never written over unread."""
    cases.lock_case(access.session, case_id)
    now = caseload.list_leads(access.session, [case_id]).get(case_id)
    if was is not None and was != (now.lead.id if now else ""):
        raise Invalid(
            f"Meanwhile somebody else named {say_lead(now) or 'nobody'}. Save again to put yours in its place."
        )


@get("/people/{person_id:str}/hand-over", opt={"action": Act.CHANGE_CASE}, sync_to_thread=True, include_in_schema=False)
def show_hand_over(request: AnyRequest, door: NamedDependency[Door], person_id: FromPath[Id]) -> Response[str]:
    """Where the person beds down, and the form to hand their case over."""
    with door.open() as access:
        return _answer_hand_over(request, access, person_id)


@post(
    "/people/{person_id:str}/hand-over", opt={"action": Act.CHANGE_CASE}, sync_to_thread=True, include_in_schema=False
)
def give(
    request: AnyRequest, door: NamedDependency[Door], person_id: FromPath[Id], data: URLEncodedBody[HandOverForm]
) -> Response[Any]:
    """Hands the case over to another district. The reader may know the person no longer, so they go to their own list."""
    errors: Errors = {}
    require_text(errors, "to_district", data.to_district, "Choose the district that the case goes to.")
    require_text(errors, "move_reason", data.move_reason, "Say why, in a few words: the other district reads it first.")

    def act(access: Access) -> None:
        hand_over(access, find_live_case(access, person_id, data.district).id, data.to_district, data.move_reason)

    refusal = _try(door, errors, act, "to_district")
    if refusal is None:
        return go_to(f"/cases?district={data.district}", "handed_over")
    with door.open() as access:
        return _answer_hand_over(request, access, person_id, data, refusal)


def find_live_case(access: Access, person_id: Id, district_id: Id = "") -> Case:
    """The live case of a person in a district, or in any of the reader's own.

    Raises NotFound where there is nothing for this reader, Invalid when somebody has ended or moved the case meanwhile.
    """
    if subjects.find_person(access.session, person_id) is None:
        raise NotFound
    live = cases.list_live_cases_of(access.session, subjects.list_same_person(access.session, person_id))
    wanted = {district_id} if district_id else access.actor.district_ids
    found = next((case for case in live if case.district_id in wanted), None)
    if found is None:
        access.require_district(Act.CHANGE_CASE, district_id)
        raise Invalid("Somebody else has decided this case meanwhile. Load the page again.")
    return found


def _try(door: Door, errors: Errors, act: Callable[[Access], None], field: str) -> Errors | None:
    """Does it in one transaction; returns what is wrong, or None when it is done."""
    if errors:
        return errors
    try:
        with door.open() as access:
            act(access)
    except Invalid as refused:
        return {field: " ".join(refused.errors)}
    return None


def _answer_lead(
    request: AnyRequest, access: Access, person_id: Id, form: LeadForm | None = None, errors: Errors | None = None
) -> Response[str]:
    person = access.open_person(person_id, PURPOSE)
    case = _own_case(access, person_id)
    ever = caseload.list_leads_ever(access.session, case.id)
    now = ever[0].lead if ever else None
    names = workers.list_short_names(access.session, {each.lead.set_by for each in ever})
    shown = form or LeadForm(
        lead_agency=now.agency_id if now else "", lead_worker=(now.worker_id or "") if now else "",
        phase=str(now.phase) if now else "",
    )  # fmt: skip
    return page(
        request, "coordinator/lead.html", title="Who leads", section="/cases", worker=access.worker, person=person,
        status=422 if errors else 200, errors=errors or {}, form=shown, district_id=case.district_id,
        agency_options=[("", "Choose"), *((a.id, a.name) for a in seats.list_seats(access.session, case.district_id))],
        worker_options=[("", "Nobody named yet"), *caseload.list_possible_leads(access.session, case.district_id)],
        phase_options=[(str(phase), say(phase)) for phase in SupportPhase],
        was=next((each.lead.id for each in ever if each.lead.ended_at is None), ""),
        ever=[(say_lead(each), each.lead.reason, names.get(each.lead.set_by, "A coordinator"),
               say_short_day(each.lead.ended_at) if each.lead.ended_at else "") for each in ever],
    )  # fmt: skip


def _answer_hand_over(
    request: AnyRequest, access: Access, person_id: Id, form: HandOverForm | None = None, errors: Errors | None = None
) -> Response[str]:
    person = access.open_person(person_id, PURPOSE)
    case = _own_case(access, person_id)
    same = subjects.list_same_person(access.session, person_id)
    slept = case_moves.list_slept(access.session, {case.id: same}, access.today)[case.id]
    every = list_districts_on(access.session, access.today)
    home = home_district(slept)
    words = say_whereabouts(slept, {each.id: each.name for each in every})
    suggested = home.district_id if home and home.district_id != case.district_id else ""
    return page(
        request, "coordinator/hand_over.html", title="Hand over", section="/cases", worker=access.worker, person=person,
        status=422 if errors else 200, errors=errors or {}, form=form or HandOverForm(to_district=suggested),
        district_id=case.district_id, whereabouts=f"{words[:1].upper()}{words[1:]}." if words else "",
        options=[("", "Choose"), *((each.id, each.name) for each in every if each.id != case.district_id)],
    )  # fmt: skip


def _own_case(access: Access, person_id: Id) -> Case:
    """The live case of the reader's own districts that a form's page is about. Raises NotFound."""
    try:
        case = find_live_case(access, person_id)
    except Invalid as gone:
        raise NotFound from gone
    access.require(Act.CHANGE_CASE, subjects.find_case(access.session, case.id), purpose=PURPOSE)
    return case
