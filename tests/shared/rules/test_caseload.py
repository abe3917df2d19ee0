"""Weights by phase, and H-CLIC's words."""

from shared.model.codes import SupportNeed, SupportPhase
from shared.rules.caseload import Carried, caseloads, why_not_weight
from shared.rules.h_clic import H_CLIC_NEEDS, NOT_MAPPED, need_of

PHASES = list(SupportPhase)


def carry(worker_id: str | None, case_id: str, phase: SupportPhase) -> Carried:
    return Carried(worker_id=worker_id, agency_id="beacon", case_id=case_id, phase=phase)


def test_a_caseload_weighs_what_its_phases_weigh():
    carried = [carry("dean", str(n), phase) for n, phase in enumerate(PHASES)]
    carried += [carry("aisha", f"a{n}", SupportPhase.TRANSITION) for n in range(3)]
    loads = caseloads(carried)
    assert [(load.worker_id, load.people, load.weight) for load in loads] == [("aisha", 3, 6.0), ("dean", 4, 5.0)]


def test_an_agency_carries_what_its_workers_carry_and_what_nobody_does_yet():
    carried = [carry("dean", "1", SupportPhase.TRY_OUT), carry(None, "2", SupportPhase.TRANSITION)]
    assert [(load.people, load.weight) for load in caseloads(carried, by_worker=False)] == [(2, 3.0)]
    assert [load.worker_id for load in caseloads(carried)] == [None, "dean"]


def test_a_district_may_use_other_weights():
    assert caseloads([carry("dean", "x", SupportPhase.TRY_OUT)], {SupportPhase.TRY_OUT: 3.0})[0].weight == 3.0


def test_a_phase_that_only_a_newer_version_knows_weighs_one_person():
    assert caseloads([carry("dean", "x", SupportPhase("after_care"))])[0].weight == 1.0


def test_one_case_counts_once():
    load = caseloads([carry("dean", "x", phase) for phase in (SupportPhase.PRE_CTI, SupportPhase.TRY_OUT)])[0]
    assert (load.people, load.weight) == (1, 1.0)


def test_a_weight_is_a_number_from_nothing_to_ten():
    assert [why_not_weight(weight) for weight in (0, 1.5, 10)] == [None, None, None]
    assert all(why_not_weight(weight) for weight in (-0.5, 10.5, float("nan")))


def test_the_24_needs_of_h_clic_are_each_mapped_or_kept_as_they_are():
    assert len(H_CLIC_NEEDS) + len(NOT_MAPPED) == 24
    assert need_of("HISTORY of mental-health problems") is SupportNeed.MENTAL_HEALTH
    assert all(need_of(label) is None for label in NOT_MAPPED)
