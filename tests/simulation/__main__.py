"""Replays one world, or lives many fresh ones: `python -m tests.simulation [--seed N | --runs N [--from N]] [--store KIND]`.

The server's side is SQLite, or with `--store postgresql` a PostgreSQL of its own, which takes ten times as long. Prints what
happened, and the seed of the first world that breaks an invariant; exit code 1 then.
"""

import argparse
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from server.database.engine import Database
from tests.server.own_postgres import own_postgres
from tests.simulation.invariants import check
from tests.simulation.office import PostgresStore, SqliteStore, Store
from tests.simulation.world import CROWDED_FROM, LYING_FROM, World

TELL_EVERY = 500
"""Worlds: half a minute or so."""


def say(line: str) -> None:
    """A line for whoever runs this, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def live(seed: int, make_store: Callable[[], Store] = SqliteStore) -> World:
    """Live one world and check it."""
    world = World(seed, make_store())
    world.counts["quiet rounds"] = world.run()
    check(world)
    world.count_lies()
    return world


@contextmanager
def stores(kind: str) -> Iterator[Callable[[], Store]]:
    """What makes the server's store of each world."""
    if kind == "sqlite":
        yield SqliteStore
        return
    with own_postgres(outlives_power_cuts=False) as postgres:
        database = Database(postgres.url)
        yield lambda: PostgresStore(database)
        database.close()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, help="replay this world")
    parser.add_argument("--runs", type=int, default=500, help="how many worlds to live (default 500)")
    parser.add_argument(
        "--from", dest="first", type=int, help="the first seed (default: a third each of all three kinds)"
    )
    parser.add_argument("--store", choices=["sqlite", "postgresql"], default="sqlite", help="the server's side")
    options = parser.parse_args()
    with stores(options.store) as make_store:
        return live_all(options, make_store)


def list_seeds(options: argparse.Namespace) -> list[int]:
    """The worlds that were asked for: of each kind, those where pushes go together and those with a liar among them, a third."""
    if options.seed is not None:
        return [options.seed]
    if options.first is not None:
        return list(range(options.first, options.first + options.runs))
    kinds = (0, CROWDED_FROM, LYING_FROM)
    return [kinds[each % 3] + each // 3 for each in range(options.runs)]


def live_all(options: argparse.Namespace, make_store: Callable[[], Store]) -> int:
    """Live the worlds that were asked for; 1 when one of them broke."""
    seeds = list_seeds(options)
    counts: Counter[str] = Counter()
    started, used = time.monotonic(), time.process_time()
    for lived, seed in enumerate(seeds, start=1):
        try:
            counts += live(seed, make_store).counts
        except Exception as error:
            traceback.print_exc()
            say(f"seed {seed}: {type(error).__name__}: {error}\nreplay it with: make simulate SEED={seed}")
            return 1
        if lived % TELL_EVERY == 0 and lived < len(seeds):
            say(f"  {lived:,} of {len(seeds):,} worlds")
    took_s, cpu_s = time.monotonic() - started, time.process_time() - used
    say(f"{len(seeds)} worlds lived in {took_s:.1f} s ({cpu_s:.1f} s of CPU); nothing broke.")
    for name, count in counts.most_common():
        say(f"  {count:>9,}  {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
