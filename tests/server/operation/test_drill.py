"""Upgrades and restores between revisions of the schema, killed at their steps: what stood stays, or the whole is there, never a
mixture, and the next try succeeds.

A few pairs of revisions and steps, chosen by a seed. `LANTERN_TEST_DRILL=1` takes every pair, each with one kill; 999 kills at
every step.
"""

import os
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path
from random import Random

import pytest

from server.backups import list_backups, read_manifest
from server.database.engine import Database
from server.migrate import find_revision, newest_revision, upgrade
from server.restoring import BackupFault
from server.upgrading import BEFORE_UPGRADES, bring_up_to_date
from tests.conftest import Stores
from tests.server.cast import make_settings
from tests.server.operation import drill
from tests.server.own_postgres import add_postgres_tools

KILLS_OF_A_PAIR = int(os.environ.get("LANTERN_TEST_DRILL", "0"))
SEED = 20261129
BEFORE, NEWEST = drill.list_revisions()[-2:]
Pairs = list[tuple[str, str]]


def choose(chance: Random, pairs: Pairs, few: int) -> Pairs:
    return pairs if KILLS_OF_A_PAIR else sorted(chance.sample(pairs, few))


@pytest.mark.slow
def test_an_upgrade_or_a_restore_that_is_killed_leaves_what_stood_or_the_whole(
    database_kind: str, stores: Callable[[str], Stores], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", add_postgres_tools())
    store, chance, revisions = stores(database_kind), Random(f"{SEED} {database_kind}"), drill.list_revisions()
    upgrades = choose(chance, [(old, new) for old, new in product(revisions, revisions) if old < new], 1)
    restores = choose(chance, list(product(revisions, revisions)), 1)
    made = drill.people(store, [each for pair in upgrades + restores for each in pair], "drill")
    drills = [drill.drill_upgrade(store, made, *pair, tmp_path / f"up_{pair[0]}_{pair[1]}") for pair in upgrades]
    drills += [drill.drill_restore(store, made, *pair, tmp_path / f"back_{pair[0]}_{pair[1]}") for pair in restores]
    for each in drills:
        each.hold(chance, KILLS_OF_A_PAIR or 2)
    for url in made.values():
        store.drop(url)
    assert [fault for each in drills for fault in each.faults] == []
    assert sum(each.kills for each in drills) >= 2 * len(drills)


def test_the_drill_would_notice_a_mixture(stores: Callable[[str], Stores], tmp_path: Path) -> None:
    store = stores("sqlite")
    made = drill.people(store, [BEFORE], "noticing")
    held = drill.drill_upgrade(store, made, BEFORE, NEWEST, tmp_path / "up")
    steps = held.measure()
    held.stood = held.stood | {"agency": []}
    held.kill_at(len(steps), steps[-1])
    assert held.faults == [f"killed at {len(steps)} (commit): mixed"]
    store.drop(made[BEFORE])


@pytest.mark.postgres
def test_a_restore_that_is_killed_as_it_ends_leaves_no_database_that_believes_nobody(
    stores: Callable[[str], Stores], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No backup holds what contexts are signed with: it has to be there in the moment in which the rows take over."""
    monkeypatch.setenv("PATH", add_postgres_tools())
    store = stores("postgresql")
    made = drill.people(store, [NEWEST], "ending")
    held = drill.drill_restore(store, made, NEWEST, NEWEST, tmp_path / "back")
    last = max(step for step, name in enumerate(held.measure(), start=1) if name == "begin")
    held.kill_at(last, "begin")
    store.drop(made[NEWEST])
    assert held.whole["context_key"] and held.faults == []


def test_a_backup_is_made_before_anything_migrates(
    database_kind: str, stores: Callable[[str], Stores], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", add_postgres_tools())
    store = stores(database_kind)
    made = drill.people(store, [BEFORE], "before")
    settings = make_settings(made[BEFORE], tmp_path / "data")
    folder = bring_up_to_date(settings, drill.NOW)
    assert folder is not None and read_manifest(folder).revision == BEFORE
    assert list_backups(tmp_path / "data" / BEFORE_UPGRADES) == [folder]
    assert bring_up_to_date(settings, drill.NOW) is None, "nothing to migrate, nothing to back up"
    store.drop(made[BEFORE])


def test_where_no_backup_can_be_made_nothing_migrates_until_somebody_says_so(
    stores: Callable[[str], Stores], tmp_path: Path
) -> None:
    store = stores("sqlite")
    made = drill.people(store, [BEFORE], "unable")
    settings = make_settings(made[BEFORE], tmp_path / "data")
    (tmp_path / "data").mkdir(exist_ok=True)
    (tmp_path / "data" / BEFORE_UPGRADES).write_text("a file where the folder should be")
    with pytest.raises(BackupFault, match="--no-backup"):
        bring_up_to_date(settings, drill.NOW)
    database = Database(settings.database, pool_size=1)
    assert find_revision(database) == BEFORE
    assert bring_up_to_date(replace(settings), drill.NOW, back_up=False) is None
    assert find_revision(database) == newest_revision()
    database.close()
    store.drop(made[BEFORE])


def test_a_new_database_is_made_without_a_backup(blank_database_url: str, tmp_path: Path) -> None:
    assert bring_up_to_date(make_settings(blank_database_url, tmp_path / "data"), drill.NOW) is None
    upgrade(blank_database_url)
