"""The table of the machine, whole: what each step makes of each state, written out by hand."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.model.codes import CaseState, CaseStep
from shared.rules.case import ImpossibleStep, can_take, has_returned, say_return, take_step

STATES = (None, *CaseState)
ALLOWED = {
    (None, "came"): "candidate",
    (None, "returned"): "candidate",
    (None, "put_forward"): "candidate",
    (None, "listed"): "listed",
    ("candidate", "listed"): "listed",
    ("candidate", "declined"): "declined",
    ("candidate", "same_person"): "declined",
    ("candidate", "moved"): "candidate",
    ("declined", "apart"): "candidate",
    ("listed", "discussed"): "open",
    ("listed", "closed"): "closed",
    ("listed", "moved"): "listed",
    ("open", "discussed"): "open",
    ("open", "closed"): "closed",
    ("open", "moved"): "open",
    ("candidate", "died"): "closed",
    ("listed", "died"): "closed",
    ("open", "died"): "closed",
}
NOON = datetime(2026, 11, 12, 12, tzinfo=UTC)


@pytest.mark.parametrize("step", CaseStep)
@pytest.mark.parametrize("state", STATES)
def test_a_step_leads_where_the_table_says_and_is_refused_from_anywhere_else(
    state: CaseState | None, step: CaseStep
) -> None:
    after = ALLOWED.get((state and state.value, step.value))
    assert can_take(state, step) is (after is not None)
    if after is not None:
        assert take_step(state, step).value == after
    else:
        with pytest.raises(ImpossibleStep):
            take_step(state, step)


def test_an_ended_case_takes_no_step_but_to_stand_again_where_two_records_were_parted() -> None:
    ended = (CaseState.CLOSED, CaseState.DECLINED)
    assert [(state.value, step.value) for step in CaseStep for state in ended if can_take(state, step)] == [
        ("declined", "apart")
    ]


@pytest.mark.parametrize(
    ("seen", "ended", "returned"),
    [
        (NOON, [NOON - timedelta(days=9), NOON - timedelta(hours=1)], True),
        (NOON, [NOON - timedelta(days=9), NOON + timedelta(hours=1)], False),
        (NOON, [NOON], False),
        (NOON, [], False),
        (None, [NOON], False),
    ],
)
def test_only_a_sighting_after_every_ending_is_a_return(
    seen: datetime | None, ended: list[datetime], returned: bool
) -> None:
    assert has_returned(seen, ended) is returned


def test_a_return_is_told_by_the_local_day_of_the_ending() -> None:
    late = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)
    assert say_return("closed", late, "housed.") == "Returned; case closed 2 Jul 2026: housed."
    assert say_return("declined", None, "") == "Returned; not taken on."
