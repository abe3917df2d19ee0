"""Whole counties lived by chance, with restarts, restores, wipes and orders of people; afterwards nothing is lost, phones of a
team agree, and what is derived is what the facts say.

For more than the suite's few: `LANTERN_TEST_WORLDS=200 pytest tests/simulation/whole`.
"""

import os
from collections.abc import Callable

import pytest

from server.database.engine import Database
from server.settings import Settings
from tests.conftest import Clock
from tests.server.cast import Cast
from tests.simulation.whole import invariants
from tests.simulation.whole.county import County

WORLDS = int(os.environ.get("LANTERN_TEST_WORLDS", "6"))
STEPS = 150
OF_POSTGRES = 6
"""So many times fewer are lived on PostgreSQL, where each takes as much longer."""


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(WORLDS))
def test_a_county_by_chance(
    seed: int, settings: Settings, database: Database, cast: Cast, clock: Clock, new_id: Callable[[], str]
) -> None:
    if database.engine.dialect.name != "sqlite" and seed % OF_POSTGRES:
        pytest.skip("lived on SQLite alone")
    county = County(seed, settings, database, cast, clock, new_id)
    try:
        county.live(STEPS)
        invariants.check(county)
    finally:
        county.close()
