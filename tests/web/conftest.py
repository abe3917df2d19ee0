"""The cast in a database, the whole server over it, and a browser of each kind: a quick one without scripts, and Chromium."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from server.database.engine import Database
from server.settings import Settings
from tests.conftest import Clock
from tests.web import county
from tests.worlds import Write

HTML = {"accept": "text/html"}


TRIED = frozenset({
    "test_alarm_acts", "test_alarm_elsewhere", "test_an_alarm_climbs", "test_answer_figures", "test_answers", "test_api",
    "test_case_list_query", "test_conflicts", "test_finding", "test_import_pages", "test_inbox_query",
    "test_let_in", "test_my_shift",
    "test_on_shift", "test_open311", "test_hooks", "test_person_page_query", "test_referral_actions",
    "test_teams_elsewhere", "test_tonight", "test_trays", "test_what_an_alarm_says", "test_where_next",
})  # fmt: skip
"""Files that have been run as the application. What the others ask over HTTP is served as the application all the same."""


@pytest.fixture
def database_role(request: pytest.FixtureRequest) -> str:
    return "app" if request.path.stem in TRIED else "superuser"


@pytest.fixture
def filled(database: Database, world: Callable[[Write], Any]) -> Database:
    """Watford and its neighbours, as `county` writes them; everyone may sign in."""
    world(county.filled)
    return database


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """A server of the test's own."""
    return Settings(data=tmp_path / "data", database=database_url, password_cost=county.CHEAP)


@pytest.fixture
def app(filled: Database, settings: Settings, clock: Clock, new_id: Callable[[], str]) -> Iterator[Any]:
    """The whole server over the filled database."""
    from tests.server.running import lend_app

    with lend_app(settings, clock, new_id) as lent:
        yield lent


class Browser:
    """A browser without scripts: it keeps cookies, sends forms with their token, and follows redirects."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def get(self, path: str) -> Any:
        return self.client.get(path, headers=HTML)

    def send(self, path: str, **fields: str) -> Any:
        form = {**fields, "_csrf_token": self.client.cookies.get("lantern-form", "")}
        return self.client.post(path, data=form, headers=HTML)


@pytest.fixture
def client(app: Any) -> Iterator[Any]:
    """HTTP to the server, with nobody signed in."""
    from litestar.testing import TestClient

    with TestClient(app, raise_server_exceptions=False) as opened:
        yield opened


@pytest.fixture
def browse(client: Any) -> Callable[[str], Browser]:
    """Signs somebody in through the form, by their first name in small letters."""

    def sign_in(worker_id: str) -> Browser:
        browser = Browser(client)
        browser.get("/sign-in")
        answer = browser.send("/sign-in", email=f"{worker_id}@example.org", password=county.PASSWORD)
        assert answer.status_code == 200, answer.text
        return browser

    return sign_in


# ------------------------------------------------------------------------------------------------------------ Chromium
@dataclass(frozen=True)
class Site:
    """A real server on a port of this machine."""

    address: str


@pytest.fixture
def site(app: Any, filled: Database, settings: Settings, clock: Clock, new_id: Callable[[], str]) -> Iterator[Site]:
    """The server in a thread of its own, over real HTTP, with two published maps, a shift that is out, two versions of one
    description, and some e-mails."""
    from tests.server.live import listening

    county.dispute_marek(settings, clock, new_id)
    with filled.writing() as session:
        county.publish_quarters(session, clock.now, new_id)
        county.fill_shifts(session, clock.now)
        county.fill_outbox(session, clock.now)
        county.fill_server(session, clock.now)
        county.pair_marek(session, clock.now)
        county.open_places(session, clock.now)
    with listening(app) as address:
        yield Site(address)
