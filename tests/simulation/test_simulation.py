"""Seeded worlds in the suite: many fresh ones, the ones that once broke, and the test of the test.

A failing seed is printed and belongs into `ONCE_BROKEN`. More worlds: `make simulate RUNS=10000`; one again: `SEED=n`.
"""

import random
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.database.engine import Database
from server.queries.sync import changes
from tests.simulation.__main__ import live
from tests.simulation.invariants import check
from tests.simulation.office import PostgresStore, SqliteStore
from tests.simulation.rules import RULES
from tests.simulation.world import CROWDED_FROM, LYING_FROM, World

pytestmark = [pytest.mark.simulation, pytest.mark.slow]

WORLDS, WORLDS_A_TEST, LYING_WORLDS = 150, 50, 100
"""Of each kind in the suite: most of what a world can show is shown by the first hundred."""
POSTGRES_WORLDS = 6

ONCE_BROKEN = {
    2: "a renewed phone was not told of an erasure that it had missed under its old number",
    3: "the hash did not cover dots: after a renewal and a restore the same ids came back with other numbers",
    41: "a copy of a phone pushed on from another past than the server's, and a number was taken for another change",
    88: "a phone died between hearing of the wipe and wiping itself",
    89: "a copy wrote under this phone's number, and the body that was spared was not in this phone's log",
    138: "a spared body left an older one of the same change standing",
    155: "a quarantined change came back after a restore, and its author was not told of the erasure",
    449: "a change that two copies of a phone had sent was erased, and only one of them was told",
    4305: "the server had two pasts, and who had seen its words in one was taken to have seen them in the other",
    4600: "the same as 5825, after three restores and two copies",
    10_907: "a push waited while its server was restored and its phone renewed, and another copy's change was taken for it",
    5825: "a copy of a phone forgot a change because the other copy's, by the same number, was in every backup",
}
"""What each of these seeds showed when it broke. The worlds have changed since; the unit tests hold the cases exactly."""

SEEN_AT = {
    "pushes_of_one_phone_follow_each_other": CROWDED_FROM,
    "what_lies_nowhere_is_not_taken_for_acknowledged": 10_900,
    "a_restored_server_writes_as_another_device": 4690,
    "a_copied_phone_forgets_nothing_under_its_old_number": 5825,
    "a_batch_must_go_on_from_what_the_server_holds": 125,
    "an_adopted_change_is_nobodys_later_word": 100,
    "the_servers_numbers_follow_the_clock": 350,
    "a_context_claims_what_was_heard": LYING_FROM,
    "erasures_come_from_the_server": LYING_FROM,
}
"""Where to begin looking for rules that matter in rare histories only."""


@pytest.mark.parametrize("first", [*range(0, WORLDS, WORLDS_A_TEST), CROWDED_FROM])  # two hundred in all
def test_no_history_breaks_an_invariant(first: int) -> None:
    for seed in range(first, first + WORLDS_A_TEST):
        try:
            live(seed)
        except Exception as error:
            raise AssertionError(f"world {seed} broke; replay it with: make simulate SEED={seed}") from error


@pytest.mark.parametrize("first", range(LYING_FROM, LYING_FROM + LYING_WORLDS, WORLDS_A_TEST))
def test_a_phone_that_lies_changes_nothing_for_the_others(first: int) -> None:
    for seed in range(first, first + WORLDS_A_TEST):
        try:
            live(seed)
        except Exception as error:
            raise AssertionError(f"world {seed} broke; replay it with: make simulate SEED={seed}") from error


@pytest.mark.parametrize("seed", ONCE_BROKEN)
def test_a_world_that_once_broke_holds(seed: int) -> None:
    live(seed)


def test_writes_that_are_folded_at_once_change_no_history(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "FOLDED_ABOVE", 0)
    for seed in (*range(8), 41, 89, *range(CROWDED_FROM, CROWDED_FROM + 4)):
        live(seed)


@pytest.mark.parametrize("rule", RULES)
def test_the_simulator_sees_that_a_rule_is_switched_off(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    RULES[rule](monkeypatch)
    first = SEEN_AT.get(rule, 0)
    for seed in range(first, first + 40):
        try:
            live(seed)
        except Exception:
            return
    pytest.fail(f"the simulator lived 40 worlds without noticing that it is not so: {rule}")


def test_a_seed_is_a_history() -> None:
    assert live(11).counts == live(11).counts


@settings(max_examples=15, suppress_health_check=list(HealthCheck), report_multiple_bugs=False)
@given(st.randoms(use_true_random=False), st.integers(5, 60))
def test_hypothesis_finds_no_shorter_history_that_breaks_one(chance: random.Random, steps: int) -> None:
    world = World(chance, SqliteStore(), steps=steps)
    world.run()
    check(world)


@pytest.fixture(scope="module")
def postgres(stores: object) -> Iterator[Database]:
    kind = stores("postgresql")  # type: ignore[operator]
    url = kind.make("simulation", None)
    database = Database(url)
    yield database
    database.close()
    kind.drop(url)


@pytest.mark.postgres
@pytest.mark.parametrize("seed", [*range(POSTGRES_WORLDS), CROWDED_FROM, CROWDED_FROM + 1])
def test_the_same_worlds_hold_on_postgresql(seed: int, postgres: Database) -> None:
    world = World(seed, PostgresStore(postgres), steps=100)
    world.run()
    check(world)
