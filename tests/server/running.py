"""One application a process, its server exchanged for each test: building the routes costs more than most tests do.

Everything that the routes are built from (the settings named in `SHAPE`) is part of the key, and an application that is
open is not lent twice.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from litestar import Litestar

from server.app import Running, assemble, create_services
from server.database.context import Kind, acting
from server.http.services import Services
from server.jobs import runner
from server.jobs.runner import Job, Ran
from server.settings import Settings
from tests.conftest import as_application, as_at_the_terminal

SHAPE = ("https", "cookie_is_secure", "page_body_bytes", "sync_body_bytes", "sync_requests_at_once")
"""The settings that `assemble` reads; a test holds this list against the source."""


class Lent:
    """One built application and the server it works for now."""

    def __init__(self) -> None:
        self.running: Running | None = None
        self.app: Litestar | None = None

    def find(self) -> Running:
        assert self.running is not None, "this application was given back"
        return self.running


def services_as_served(settings: Settings, clock: Callable[[], datetime], new_id: Callable[[], str]) -> Services:
    """The parts of a server that comes to PostgreSQL as one does in earnest. What a test does with them and says for nobody is a
    command's; who runs jobs with them says so: `acting(Kind.JOB)`."""
    made = create_services(as_application(settings), clock, new_id)
    as_at_the_terminal(made.database)
    return made


def run_due(services: Services, jobs: Sequence[Job], holder: str, **asked: Any) -> list[Ran] | None:
    """What is due, run as the server's own threads run it: for a job, and for nobody else."""
    with acting(Kind.JOB):
        return runner.run_due(services, jobs, holder, **asked)


_FREE: dict[tuple[Any, ...], list[Lent]] = {}


@contextmanager
def lend_app(
    settings: Settings, clock: Callable[[], datetime], new_id: Callable[[], str], *, jobs: bool = False
) -> Iterator[Litestar]:
    """The whole server over these settings, as `create_app` makes it; given back at the end."""
    key = tuple(getattr(settings, name) for name in SHAPE)
    free = _FREE.setdefault(key, [])
    lent = free.pop() if free else Lent()
    lent.running = Running(create_services(as_application(settings), clock, new_id), jobs=jobs)
    if lent.app is None:
        lent.app = assemble(lent.find, settings)
    try:
        yield lent.app
    finally:
        # Whoever talks to the application ends the server with it; a test that only asks what it is built of does not.
        lent.running.services.database.close()
        lent.running = None
        free.append(lent)
