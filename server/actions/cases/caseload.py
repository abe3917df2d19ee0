"""Naming who leads on a case, and what a phase of support weighs in a district. Both keep what was before."""

from server.access import Access
from server.problems import Invalid, NotFound, uncut
from server.queries.cases import caseload, cases
from server.queries.cases.caseload import Weight
from server.queries.conferences import seats
from server.queries.partnership import workers
from server.queries.people import subjects
from shared.model.case import CaseLead
from shared.model.codes import SupportPhase
from shared.model.value import Id
from shared.policy import Act
from shared.rules.caseload import why_not_weight

LONGEST_REASON = 2_000


def set_lead(
    access: Access,
    case_id: Id,
    agency_id: Id,
    worker_id: Id | None,
    phase: SupportPhase,
    reason: str = "",
    *,
    let_in: bool = False,
) -> CaseLead:
    """Let an agency, and one of its workers where somebody is named, lead on a live case from now on.

    Raises NotFound for a case that is not the actor's, Invalid for an agency without a seat there or a worker of another one.
    """
    if not let_in:  # the meeting lets its minute-taker in (decision 84)
        access.require(
            Act.CHANGE_CASE, subjects.find_case(access.session, case_id), purpose="lead", detail=f"{agency_id} {phase}"
        )
    case = cases.find_case(access.session, case_id)
    if case is None:
        raise NotFound
    if case.state not in cases.LIVE:
        raise Invalid("This case has ended, so nobody leads on it.")
    if not phase.is_known:
        raise Invalid("Choose the phase of support.")
    if worker_id:
        found = workers.find_worker(access.session, worker_id)
        if found is None or not found.active:
            raise Invalid("Choose somebody who works there.")
        if agency_id and found.agency_id != agency_id:
            raise Invalid(f"{found.short_name} works for another agency. Choose that agency, or somebody else.")
        agency_id = found.agency_id
    if agency_id not in {each.id for each in seats.list_seats(access.session, case.district_id)}:
        raise Invalid("Choose an agency that has a seat at the conference.")
    lead = CaseLead(
        id=access.new_id(),
        case_id=case_id,
        agency_id=agency_id,
        worker_id=worker_id or None,
        phase=phase,
        since=access.now,
        set_by=access.actor.worker_id,
        reason=uncut(reason, LONGEST_REASON),
    )
    caseload.set_lead(access.session, lead)
    return lead


def set_weight(access: Access, district_id: Id, phase: SupportPhase, weight: float) -> Weight | None:
    """Let a phase weigh something else in a district from now on; None when it weighs that already.

    Raises Invalid for a weight that is none.
    """
    access.require(
        Act.CHANGE_CASE, subjects.of_district(district_id), purpose="caseload weights", detail=f"{phase} {weight:g}"
    )
    wrong = why_not_weight(weight)
    if wrong is not None or not phase.is_known:
        raise Invalid(wrong or "There is no such phase of support.")
    if caseload.list_weights(access.session, district_id)[phase] == weight:
        return None
    new = Weight(
        id=access.new_id(),
        district_id=district_id,
        phase=phase,
        weight=weight,
        at=access.now,
        worker_id=access.actor.worker_id,
    )
    caseload.add_weight(access.session, new)
    return new
