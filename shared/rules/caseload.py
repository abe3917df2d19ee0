"""How heavy a caseload is, by the phase of support each person is in, for each worker and each agency.

Source: Critical Time Intervention's caseload equivalents (second-hand: data that a district may edit). Pre-CTI, then three
phases of three months.
"""

from collections.abc import Iterable, Mapping

from shared.model.codes import SupportPhase
from shared.model.value import Id, Value

CTI_WEIGHTS: Mapping[SupportPhase, float] = {
    SupportPhase.PRE_CTI: 1.5,
    SupportPhase.TRANSITION: 2.0,
    SupportPhase.TRY_OUT: 1.0,
    SupportPhase.TRANSFER_OF_CARE: 0.5,
}
UNKNOWN_PHASE_WEIGHT = 1.0
"""What a phase weighs that only a newer version knows: one person."""
HEAVIEST_WEIGHT = 10.0


class Carried(Value, frozen=True, kw_only=True):
    """One person whom an agency leads on; `worker_id` is None until somebody is named."""

    case_id: Id
    agency_id: Id
    worker_id: Id | None = None
    phase: SupportPhase


class Caseload(Value, frozen=True, kw_only=True):
    """The people that one worker, or one agency, leads on, and their weight in standard equivalents."""

    agency_id: Id
    worker_id: Id | None = None
    people: int
    weight: float


def caseloads(
    carried: Iterable[Carried], weights: Mapping[SupportPhase, float] = CTI_WEIGHTS, *, by_worker: bool = True
) -> list[Caseload]:
    """Each worker's caseload, or each agency's as a whole, the heaviest first.

    A case that is given twice for one of them counts once, in its last phase given.
    """
    phase_of = {(_holder(item, by_worker), item.case_id): item.phase for item in carried}
    phases: dict[tuple[Id, Id | None], list[SupportPhase]] = {}
    for (holder, _), phase in phase_of.items():
        phases.setdefault(holder, []).append(phase)
    loads = [
        Caseload(
            agency_id=agency_id,
            worker_id=worker_id,
            people=len(theirs),
            weight=sum(weights.get(phase, UNKNOWN_PHASE_WEIGHT) for phase in theirs),
        )
        for (agency_id, worker_id), theirs in phases.items()
    ]
    return sorted(loads, key=lambda load: (-load.weight, load.agency_id, load.worker_id or ""))


def why_not_weight(weight: float) -> str | None:
    """Why a phase cannot weigh this; None when it can."""
    if 0 <= weight <= HEAVIEST_WEIGHT:
        return None
    return f"A weight is a number from 0 to {HEAVIEST_WEIGHT:g}, such as 1.5."


def _holder(item: Carried, by_worker: bool) -> tuple[Id, Id | None]:
    return item.agency_id, item.worker_id if by_worker else None
