"""Watford's conference, a mail server on this machine, and a round of the jobs whenever a test asks for one."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from server.database.engine import Database
from server.http.services import Services
from server.settings import MailSettings, Settings
from tests.conftest import Clock
from tests.server.cast import make_settings
from tests.server.conferences.conftest import Browser, Enter, browser, enter, watford
from tests.server.mail.postbox import Postbox

__all__ = ["Browser", "Enter", "browser", "enter", "watford"]

SENDER = "lantern@council.example"
PAGES = "https://lantern.council.example"


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    made = Postbox()
    made.start()
    yield made
    made.stop()


@pytest.fixture
def settings(database_url: str, tmp_path: Path, postbox: Postbox) -> Settings:
    return replace(
        make_settings(database_url, tmp_path / "data"),
        mail=MailSettings(host="127.0.0.1", port=postbox.port, security="none", sender=SENDER),
        public_url=PAGES,
    )


@pytest.fixture
def services(watford: Database, settings: Settings, clock: Clock, new_id: Callable[[], str]) -> Iterator[Services]:
    from tests.server.running import services_as_served

    made = services_as_served(settings, clock, new_id)
    yield made
    made.database.close()


@pytest.fixture
def run(services: Services) -> Callable[..., dict[str, int]]:
    """Runs what is due, or the jobs named: how much each did. A job that fails fails the test."""
    from server.jobs.catalogue import JOBS
    from tests.server.running import run_due

    def do(*names: str) -> dict[str, Any]:
        ran = run_due(services, JOBS, "this test", names=names)
        assert ran is not None
        assert [each.error for each in ran if each.error] == []
        return {each.job: each.done for each in ran}

    return do


@pytest.fixture
def database_role() -> str:
    return "app"
