"""What 150 SIGKILLs of the server, of PostgreSQL, of migrations and of the phone leave, and two hundred power cuts.

    python -m bench.crashes [--server 60] [--postgres 30] [--migrations 40] [--phone 20] [--power-cuts 200]

Real processes throughout: phones with the production store push and pull over HTTP while what they talk to is killed and
started again; migrations from the first release's schema are killed on both databases; the phone app is killed while it syncs
(`bench.field` kills it five hundred times); its power is cut on a disk that forgets what was never synced. Nothing acknowledged
may be lost, doubled or halved: then this ends with 0. The power cuts are left out, and said to be, where there is no C compiler.
Nothing leaves this machine.
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from server.migrate import upgrade
from tests.conftest import postgres_stores, sqlite_stores
from tests.mobile import kills as phone_kills
from tests.mobile import power_cut
from tests.server import kills
from tests.server.cast import make_settings
from tests.server.own_postgres import own_postgres

SEED = 20261125


def main() -> int:
    """Kill, print, write."""
    parser = argparse.ArgumentParser(description="SIGKILL of everything, and what it leaves.")
    parser.add_argument("--server", type=int, default=60, help="kills of the server, half of them on SQLite")
    parser.add_argument("--postgres", type=int, default=30)
    parser.add_argument("--migrations", type=int, default=40, help="half of them on SQLite")
    parser.add_argument("--phone", type=int, default=20, help="kills of the phone while it syncs")
    parser.add_argument("--power-cuts", type=int, default=200)
    parser.add_argument("--out", type=Path, default=Path("bench/results/crashes.json"))
    options = parser.parse_args()
    result: dict[str, Any] = {"seed": SEED}
    with tempfile.TemporaryDirectory(prefix="lantern-crashes-") as name:
        for what, run in plan(options, Path(name)).items():
            began = time.monotonic()
            result[what] = run() | {"took_s": round(time.monotonic() - began, 1)}
            print(f"{what}: {json.dumps(result[what])}", flush=True)
    result["kills"] = sum(
        part.get("kills", 0) for what, part in result.items() if isinstance(part, dict) and what != "power_cuts"
    )
    result["is_clean"] = all(part["is_clean"] for part in result.values() if isinstance(part, dict) and "kills" in part)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=1) + "\n")
    return 0 if result["is_clean"] else 1


Run = Callable[[], dict[str, Any]]


def plan(options: argparse.Namespace, folder: Path) -> dict[str, Run]:
    """What is killed, in this order."""
    half, half_migrations = options.server // 2, options.migrations // 2
    return {
        "server_on_sqlite": lambda: kill_server_on_sqlite(folder / "1", half),
        "server_on_postgresql": lambda: kill_on_postgres(folder / "2", options.server - half, of_postgres=False),
        "postgresql": lambda: kill_on_postgres(folder / "3", options.postgres, of_postgres=True),
        "migrations_on_sqlite": lambda: kill_migrations(folder / "4", half_migrations, on_postgres=False),
        "migrations_on_postgresql": lambda: kill_migrations(
            folder / "5", options.migrations - half_migrations, on_postgres=True
        ),
        "phone_while_syncing": lambda: told(phone_kills.run_sync(options.phone, SEED)),
        "power_cuts": lambda: cut_power(options.power_cuts),
    }


def told(tally: Any) -> dict[str, Any]:
    """A tally as it is written down."""
    return asdict(tally) | {"is_clean": tally.is_clean}


def progress(what: str, kills: int) -> Callable[[int], None]:
    """Says how far it is, every tenth kill."""

    def say(done: int) -> None:
        if done % 10 == 0 or done == kills:
            print(f"  {what}: {done} of {kills}", file=sys.stderr, flush=True)

    return say


def kill_server_on_sqlite(folder: Path, count: int) -> dict[str, Any]:
    """The server is killed on the embedded database."""
    folder.mkdir()
    settings = make_settings(f"sqlite:///{folder / 'lantern.sqlite'}", folder / "data")
    upgrade(settings.database)
    say = progress("server on SQLite", count)
    return told(kills.kill_while_phones_sync(settings, SEED, count, lambda server: [server], say))


def kill_on_postgres(folder: Path, count: int, *, of_postgres: bool) -> dict[str, Any]:
    """The server, or PostgreSQL under it, is killed; fsync is on."""
    folder.mkdir()
    with own_postgres() as postgres:
        settings = make_settings(postgres.url, folder / "data")
        upgrade(settings.database)
        say = progress("PostgreSQL" if of_postgres else "server on PostgreSQL", count)
        choose: kills.Choose = lambda server: [postgres if of_postgres else server]  # noqa: E731
        return told(kills.kill_while_phones_sync(settings, SEED, count, choose, say))


def kill_migrations(folder: Path, count: int, *, on_postgres: bool) -> dict[str, Any]:
    """A migration from the first release's schema is killed."""
    folder.mkdir()
    if not on_postgres:
        store = sqlite_stores(folder)
        old = store.make("old", None)
        kills.prepare_old(old)
        say = progress("migrations on SQLite", count)
        return told(kills.kill_migration(lambda n: store.make(f"cut_{n}", old), store.drop, SEED, count, say))
    with own_postgres() as postgres:
        store = postgres_stores(postgres.url)
        old = store.make("old", None)
        kills.prepare_old(old)
        say = progress("migrations on PostgreSQL", count)
        return told(kills.kill_migration(lambda n: store.make(f"cut_{n}", old), store.drop, SEED, count, say))


def cut_power(count: int) -> dict[str, Any]:
    """Power cuts of the phone while it saves."""
    if shutil.which("cc") is None and shutil.which("gcc") is None:
        return {"left_out": "no C compiler here: the forgetful disk cannot be made"}
    tally = power_cut.run_apart(count, SEED)
    assert tally is not None
    return told(tally)


if __name__ == "__main__":
    sys.exit(main())
