"""No history of a small scope loses anything or leaves anything unsent; and the model sees it when a rule is switched off.

Two rules that only longer histories need (`gap` itself, which a pull makes good, and `prior`) are held by the simulator.

`LANTERN_TEST_MODEL=3` lets three changes, three backups, two restores and two lost answers into each history.
"""

import os
from typing import Any

import pytest
from msgspec import structs

from sync import device, server
from tests.sync import model
from tests.sync.model import Budget, check

LARGER = int(os.environ.get("LANTERN_TEST_MODEL", "0"))
BUDGET = Budget(LARGER, LARGER, 2, 1, 2) if LARGER else Budget(2, 2, 1, 1, 1)


def test_no_history_of_a_small_scope_loses_or_strands_anything() -> None:
    checked = check(BUDGET)
    assert checked.faults == []
    assert checked.states > 10_000, "it was small, and not empty"


def let_a_number_mean_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "check_fork", lambda *_: None)


def call_the_newest_backup_safe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "safe_numbers", lambda backups, _: backups[-1])


def believe_what_was_acknowledged_once(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = device.acknowledge

    def acknowledge(state: device.DeviceState, acked: int, *others: Any) -> device.DeviceState:
        return plain(state, max(acked, state.acked), *others)

    monkeypatch.setattr(device, "acknowledge", acknowledge)


def forget_what_is_acknowledged(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = device.may_forget
    monkeypatch.setattr(device, "may_forget", lambda state, fate: plain(structs.replace(state, safe=state.acked), fate))


def find_no_copy_by_its_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = device.acknowledge
    monkeypatch.setattr(device, "acknowledge", lambda state, acked, acked_id, own: plain(state, acked, "", own))


OFF = [
    let_a_number_mean_two,
    call_the_newest_backup_safe,
    believe_what_was_acknowledged_once,
    forget_what_is_acknowledged,
    find_no_copy_by_its_ids,
]


@pytest.mark.parametrize("off", OFF, ids=lambda off: off.__name__)
def test_the_model_sees_that_a_rule_is_switched_off(off: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    off(monkeypatch)
    assert check(BUDGET).faults
