"""Who leads on whom: the weighted caseload of each worker and each agency, whom nobody leads yet, and what a phase weighs."""

from datetime import date
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, URLEncodedBody

from server.access import Access, Door, day_of
from server.actions.cases.caseload import set_weight
from server.problems import Invalid
from server.queries.cases import caseload
from server.queries.cases.caseload import LedCase
from server.queries.partnership import workers
from server.queries.people.stays import list_stays
from server.queries.people.verification import list_groups
from server.web.coordinator.conferences import choose_district
from server.web.layout.forms import Errors, Form
from server.web.layout.page import AnyRequest, go_to, page
from server.web.layout.words import say, say_short_day
from shared.model.codes import SupportPhase
from shared.model.district import District
from shared.model.value import Id, Value
from shared.policy import Act, SubjectKind
from shared.rules.caseload import CTI_WEIGHTS, Carried, caseloads
from shared.rules.plan import find_phase_end
from shared.rules.stays import list_moves

PATH = "/caseloads"


class WeightsForm(Form, frozen=True, kw_only=True):
    """What each phase weighs, as it was typed."""

    district: str = ""
    pre_cti: str = ""
    transition: str = ""
    try_out: str = ""
    transfer_of_care: str = ""


class Load(Value, frozen=True, kw_only=True):
    """One line of the page: a worker's caseload within an agency's."""

    name: str
    people: int
    weight: str
    cases: tuple[LedCase, ...] = ()


class AgencyLoad(Value, frozen=True, kw_only=True):
    """An agency's caseload, and its workers', the heaviest first."""

    total: Load
    workers: tuple[Load, ...]


@get(PATH, opt={"action": Act.CHANGE_CASE}, sync_to_thread=True, include_in_schema=False)
def show_caseloads(request: AnyRequest, door: NamedDependency[Door], district: FromQuery[str] = "") -> Response[str]:
    """The caseloads of one district of the coordinator's."""
    with door.open() as access:
        return _answer(request, access, choose_district(access, district, Act.CHANGE_CASE))


@post(PATH + "/weights", opt={"action": Act.CHANGE_CASE}, sync_to_thread=True, include_in_schema=False)
def save_weights(request: AnyRequest, door: NamedDependency[Door], data: URLEncodedBody[WeightsForm]) -> Response[Any]:
    """Sets what each phase weighs in a district from now on."""
    try:
        with door.open() as access:
            chosen = choose_district(access, data.district, Act.CHANGE_CASE)
            for phase in SupportPhase:
                set_weight(access, chosen.id, phase, _read(getattr(data, phase.value)))
        return go_to(f"{PATH}?district={chosen.id}", "weights_set")
    except Invalid as refused:
        with door.open() as access:
            chosen = choose_district(access, data.district, Act.CHANGE_CASE)
            return _answer(request, access, chosen, data, {"pre_cti": refused.problem.errors[0]})


def _read(typed: str) -> float:
    """A number as it was typed, 1.5 or 1,5; what is none becomes one that no phase can weigh."""
    try:
        return float(typed.strip().replace(",", "."))
    except ValueError:
        return -1.0


def _answer(
    request: AnyRequest,
    access: Access,
    district: District,
    form: WeightsForm | None = None,
    errors: Errors | None = None,
) -> Response[str]:
    led = caseload.list_led_cases(access.session, district.id)
    access.note_seen(SubjectKind.PERSON, [each.person_id for each in led], purpose="caseloads")
    weights = caseload.list_weights(access.session, district.id)
    shown = form or WeightsForm(**{phase.value: f"{weights[phase]:g}" for phase in SupportPhase})
    same = list_groups(access.session, {each.person_id for each in led})
    moved = list_moves(list_stays(access.session, {each for group in same.values() for each in group}))
    ends = {
        each.case_id: _find_end(
            access, each, [move.moved_in_on for move in moved if move.person_id in same[each.person_id]]
        )
        for each in led
    }
    return page(
        request, "coordinator/caseloads.html", title="Caseloads", section="/cases", worker=access.worker,
        status=422 if errors else 200, errors=errors or {}, district=district, form=shown,
        agencies=_loads(led, weights), nobody=[each for each in led if each.lead is None],
        phases=[(phase.value, say(phase), f"{CTI_WEIGHTS[phase]:g}") for phase in SupportPhase],
        history=_history(access, district.id), ends=ends, today=access.today,
    )  # fmt: skip


def _find_end(access: Access, case: LedCase, moves: list[date]) -> date | None:
    """The last day of the phase of support, by which they look at the plan together."""
    lead = case.lead.lead if case.lead is not None else None
    return find_phase_end(lead.phase, day_of(lead.since, access.zone), moves) if lead is not None else None


def _loads(led: list[LedCase], weights: Any) -> list[AgencyLoad]:
    leads = [each.lead for each in led if each.lead is not None]
    carried = [
        Carried(
            case_id=each.lead.case_id,
            agency_id=each.lead.agency_id,
            worker_id=each.lead.worker_id,
            phase=each.lead.phase,
        )
        for each in leads
    ]
    agency_names = {each.lead.agency_id: each.agency_name for each in leads}
    worker_names = {each.lead.worker_id: each.worker_name for each in leads if each.lead.worker_id}

    def cases_of(agency_id: Id, worker_id: Id | None) -> tuple[LedCase, ...]:
        held = (agency_id, worker_id)
        return tuple(each for each in led if each.lead and (each.lead.lead.agency_id, each.lead.lead.worker_id) == held)

    by_worker = caseloads(carried, weights)
    return [
        AgencyLoad(
            total=Load(name=agency_names[whole.agency_id], people=whole.people, weight=f"{whole.weight:g}"),
            workers=tuple(
                Load(
                    name=worker_names.get(load.worker_id or "", "Nobody named yet"),
                    people=load.people, weight=f"{load.weight:g}",
                    cases=cases_of(load.agency_id, load.worker_id),
                )
                for load in by_worker
                if load.agency_id == whole.agency_id
            ),
        )
        for whole in caseloads(carried, weights, by_worker=False)
    ]  # fmt: skip


def _history(access: Access, district_id: Id) -> list[str]:
    """Who set which weight when, the newest first."""
    ever = caseload.list_weights_ever(access.session, district_id)
    names = workers.list_short_names(access.session, {each.worker_id for each in ever})
    return [
        f"{say_short_day(each.at)}: {names.get(each.worker_id, 'A coordinator')} set "
        f"{say(each.phase)} to {each.weight:g}"
        for each in ever
    ]
