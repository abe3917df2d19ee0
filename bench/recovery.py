"""How long a county takes to be backed up, encrypted, and had again: the copy opened, loaded, migrated, proven, put in place.

    python -m bench.recovery [--people 100000] [--contacts 1500000]

PostgreSQL with fsync on, the county of `bench.mdt_county`, and the commands' own functions. The bar: restored within 30 minutes.
Clock times depend on who else uses the machine, so the load is kept beside them.
"""

import argparse
import os
import platform
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import pyrage

from bench.install import RESULT, keep
from bench.mdt_county import prepare
from server.backups import make_backup, restore_backup
from server.database.context import Kind, acting
from server.database.opening import teach_key
from server.sealed_backups import opened, seal_backup
from server.settings import Settings
from tests.server.own_postgres import add_postgres_tools, own_postgres

BAR_MINUTES = 30.0
Done = TypeVar("Done")


def timed(seconds: dict[str, float], name: str, do: Callable[[], Done]) -> Done:
    """Do it, and keep how long it took."""
    began = time.monotonic()
    done = do()
    seconds[name] = round(time.monotonic() - began, 1)
    print(f"{name}: {seconds[name]} s", flush=True)
    return done


def measure(folder: Path, people: int, contacts: int) -> dict[str, Any]:
    """Fill a county, lose it, have it again."""
    seconds: dict[str, float] = {}
    key = pyrage.x25519.Identity.generate()
    identity, recipients = folder / "key", folder / "recipients"
    identity.write_text(f"{key}\n")
    recipients.write_text(f"{key.to_public()}\n")
    with own_postgres() as server, acting(Kind.COMMAND):
        prepare(server.url, folder, people, contacts, lambda words: print(words, flush=True))
        settings = Settings(data=folder / "data", database=server.url, one_role=True)
        settings.data.mkdir(mode=0o700)
        teach_key(settings)
        backup = timed(
            seconds, "backup", lambda: make_backup(settings, folder / "backups", datetime.now(UTC), retained=1)
        )
        sealed = timed(seconds, "encryption", lambda: seal_backup(backup, folder / "away", recipients, retained=1))

        def restore() -> None:
            with opened(sealed[0], sealed[1], identity) as whole:
                restore_backup(settings, whole, datetime.now(UTC))

        timed(seconds, "restore", restore)
    return {
        "people": people, "contacts": contacts, "seconds": seconds, "dump_mb": round(sealed[0].stat().st_size / 1e6, 1),
        "bar_restore_minutes": BAR_MINUTES, "bar_met": seconds["restore"] <= BAR_MINUTES * 60,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores", "load_average": round(os.getloadavg()[0], 1),
    }  # fmt: skip


def main() -> None:
    """Measure, and keep it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--contacts", type=int, default=1_500_000)
    asked = parser.parse_args()
    os.environ["PATH"] = add_postgres_tools()
    with tempfile.TemporaryDirectory(prefix="lantern-recovery-") as folder:
        keep(RESULT, "recovery", measure(Path(folder), asked.people, asked.contacts))


if __name__ == "__main__":
    main()
