"""A power cut at random moments of saving, on a disk that forgets whatever was never synced (rule E1)."""

import pytest

from tests.mobile import power_cut

pytestmark = pytest.mark.slow


def test_what_was_acknowledged_outlives_a_power_cut() -> None:
    tally = power_cut.run_apart(16, seed=20261113)
    if tally is None:
        pytest.skip("no C compiler here: the forgetful disk cannot be made")
    assert tally.is_clean, tally
    assert tally.saved > 10


def test_the_forgetful_disk_would_show_a_commit_that_was_not_synced() -> None:
    tally = power_cut.run_apart(4, seed=3, synchronous="NORMAL")
    if tally is None:
        pytest.skip("no C compiler here: the forgetful disk cannot be made")
    assert tally.lost > 0
