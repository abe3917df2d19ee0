"""Makes the golden databases of the version that is checked out: its own backup of the tests' county, on both kinds of database.

    LANTERN_TEST_POSTGRES=postgresql://… python -m tests.golden tests/golden

Run at each release (`make release` says so). What a version once wrote is never made again: every later version must read it.
"""

import json
import os
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import zstandard

from server.app import create_services, make_id
from server.backups import make_backup
from server.migrate import upgrade
from server.settings import Settings
from tests.web import county

NOW = datetime(2026, 11, 12, 21, 30, tzinfo=UTC)
NAME = "lantern_golden"


def make(target: Path, url: str, kind: str) -> Path:
    """One golden database, as a folder that a restore takes once its dump is unpacked. No key is in it."""
    with tempfile.TemporaryDirectory() as scratch:
        settings = Settings(data=Path(scratch) / "data", database=url)
        settings.data.mkdir()
        upgrade(url)
        services = create_services(settings, lambda: NOW, make_id)
        with services.database.writing() as session:
            county.fill(session, NOW)
            county.fill_outbox(session, NOW)
            county.fill_shifts(session, NOW)
        services.database.close()
        made = make_backup(settings, Path(scratch) / "backups", NOW, retained=1)
        revision = json.loads((made / "manifest.json").read_bytes())["revision"]
        folder = target / f"{revision}-{kind}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        shutil.copyfile(made / "manifest.json", folder / "manifest.json")
        packed = zstandard.ZstdCompressor(level=19).compress((made / "database").read_bytes())
        (folder / "database.zst").write_bytes(packed)
    return folder


def main(target: Path) -> None:
    """Both kinds."""
    with tempfile.TemporaryDirectory() as scratch:
        print(make(target, f"sqlite:///{scratch}/lantern.sqlite", "sqlite"))
    server = os.environ["LANTERN_TEST_POSTGRES"]
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {NAME}")
        try:
            print(make(target, server.replace("/?", f"/{NAME}?").replace("/postgres?", f"/{NAME}?"), "postgresql"))
        finally:
            connection.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
