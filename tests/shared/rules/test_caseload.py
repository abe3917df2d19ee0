"""Weights by phase, and H-CLIC's words."""

from shared.model.codes import SupportNeed
from shared.rules.caseload import Carried, Phase, caseloads
from shared.rules.h_clic import H_CLIC_NEEDS, NOT_MAPPED, need_of


def test_a_caseload_weighs_what_its_phases_weigh():
    phases = [Phase.PRE_CTI, Phase.TRANSITION, Phase.TRY_OUT, Phase.TRANSFER_OF_CARE]
    carried = [Carried(worker_id="dean", case_id=str(n), phase=phase) for n, phase in enumerate(phases)]
    carried += [Carried(worker_id="aisha", case_id=str(n), phase=Phase.TRANSITION) for n in range(3)]
    loads = caseloads(carried)
    assert [(load.worker_id, load.people, load.weight) for load in loads] == [("aisha", 3, 6.0), ("dean", 4, 5.0)]


def test_an_agency_may_use_other_weights():
    carried = [Carried(worker_id="dean", case_id="x", phase=Phase.TRY_OUT)]
    assert caseloads(carried, {Phase.TRY_OUT: 3.0})[0].weight == 3.0


def test_one_case_counts_once():
    carried = [Carried(worker_id="dean", case_id="x", phase=phase) for phase in (Phase.PRE_CTI, Phase.TRY_OUT)]
    assert (caseloads(carried)[0].people, caseloads(carried)[0].weight) == (1, 1.0)


def test_the_24_needs_of_h_clic_are_each_mapped_or_kept_as_they_are():
    assert len(H_CLIC_NEEDS) + len(NOT_MAPPED) == 24
    assert need_of("HISTORY of mental-health problems") is SupportNeed.MENTAL_HEALTH
    assert all(need_of(label) is None for label in NOT_MAPPED)
