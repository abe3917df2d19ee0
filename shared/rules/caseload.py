"""How heavy a caseload is, by the phase of support each person is in. Source: Critical Time Intervention's caseload
equivalents (second-hand: data that an agency may edit). Pre-CTI, then three phases of three months."""

from collections.abc import Iterable, Mapping
from enum import Enum

from shared.model.value import Id, Value


class Phase(str, Enum):
    """The phases of Critical Time Intervention."""

    PRE_CTI = "pre_cti"
    TRANSITION = "transition"
    TRY_OUT = "try_out"
    TRANSFER_OF_CARE = "transfer_of_care"


CTI_WEIGHTS: Mapping[Phase, float] = {
    Phase.PRE_CTI: 1.5,
    Phase.TRANSITION: 2.0,
    Phase.TRY_OUT: 1.0,
    Phase.TRANSFER_OF_CARE: 0.5,
}


class Carried(Value, frozen=True, kw_only=True):
    """One person whom a worker leads on."""

    worker_id: Id
    case_id: Id
    phase: Phase


class Caseload(Value, frozen=True, kw_only=True):
    """A worker's people, and their weight."""

    worker_id: Id
    people: int
    weight: float


def caseloads(carried: Iterable[Carried], weights: Mapping[Phase, float] = CTI_WEIGHTS) -> list[Caseload]:
    """Each worker's caseload, the heaviest first. A case led twice by one worker counts once, in its last phase
    given."""
    phase_of = {(item.worker_id, item.case_id): item.phase for item in carried}
    by_worker: dict[Id, list[Phase]] = {}
    for (worker_id, _), phase in phase_of.items():
        by_worker.setdefault(worker_id, []).append(phase)
    loads = [
        Caseload(worker_id=worker_id, people=len(phases), weight=sum(weights[phase] for phase in phases))
        for worker_id, phases in by_worker.items()
    ]
    return sorted(loads, key=lambda load: (-load.weight, load.worker_id))
