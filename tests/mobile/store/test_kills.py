"""SIGKILL at random moments of saving, unlocking, upgrading and syncing, in real processes (rule E2).
`bench/field.py` does 500.
"""

import importlib.util
from pathlib import Path

import pytest

from mobile.field.views import ContactDraft
from shared.model.codes import ContactState
from tests.mobile import kills
from tests.mobile.kills import Tally
from tests.mobile.rig import Rig

pytestmark = pytest.mark.slow


def test_sixty_kills_lose_nothing_double_nothing_and_halve_nothing() -> None:
    tally = kills.run(52, seed=20261113)
    assert tally.is_clean, tally
    assert tally.saved > 20 and tally.kills == 52


def test_eight_kills_while_syncing_leave_both_sides_with_everything_once() -> None:
    if importlib.util.find_spec("litestar") is None:
        pytest.skip("the real server needs the server's packages")
    tally = kills.run_sync(8, seed=20261113)
    assert tally.is_clean, tally


def test_the_tally_would_notice_a_lost_contact(tmp_path: Path) -> None:
    kills.prepare(tmp_path)
    tally = Tally()
    kills.look(tmp_path, ["a-contact-that-was-never-written"], tally)
    assert tally.lost == 1 and not tally.is_clean


def test_the_tally_would_notice_half_a_record(tmp_path: Path) -> None:
    kills.prepare(tmp_path)
    rig = Rig(tmp_path, family="12345678")
    rig.field.unlock(kills.PIN)
    rig.field.record_contact(ContactDraft(state=ContactState.BEDDED_DOWN))
    with rig.field._open.record.store.writing() as connection:
        connection.execute("DELETE FROM contact")
    rig.field.close()
    tally = Tally()
    kills.look(tmp_path, [], tally)
    assert tally.halved == 1
