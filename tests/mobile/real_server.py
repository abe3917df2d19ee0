"""Lantern's own server in a thread of the test, on SQLite, on a real socket: for tests of the phone against it."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest


@dataclass
class RealServer:
    """A running server and what a test does behind its back."""

    url: str
    services: Any
    cast: Any

    def code_for(self, worker: Any) -> str:
        from server.actions.operation.enrolment import make_code

        services = self.services
        with services.database.writing() as session:
            issued = make_code(
                session, worker.id, worker.team_ids[0], services.settings, services.clock(), services.new_id
            )
        return str(issued.code)

    def stop_phone(self, number: int, status: Any) -> None:
        from server.queries.sync import store as sync

        with self.services.database.writing() as session:
            sync.set_status(session, number, status)


@contextlib.contextmanager
def running(directory: Path) -> Iterator[RealServer]:
    """A migrated, peopled, listening server; gone when the block ends. Skips where only the phone's packages are."""
    for package in ("litestar", "uvicorn", "sqlmodel"):
        pytest.importorskip(package, reason="the real server needs the server's packages")
    from server.app import create_app, create_services
    from server.database.engine import Database
    from server.migrate import upgrade
    from tests.server.cast import make_cast, make_settings
    from tests.server.live import listening

    url = f"sqlite:///{directory / 'server.db'}"
    settings = make_settings(url, directory / "server-data")
    upgrade(url)
    database = Database(url)
    services = create_services(settings)
    cast = make_cast(database, datetime.now(UTC), services.new_id)
    try:
        with listening(create_app(settings)) as address:
            yield RealServer(address, services, cast)
    finally:
        services.database.close()
        database.close()
