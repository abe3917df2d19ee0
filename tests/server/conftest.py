"""What the server's tests ask for: the cast in a real database, the whole application over it, a browser and a phone."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.server.cast import PASSWORD, Cast, email_of, make_settings
from tests.server.cast import cast as write_cast
from tests.server.phone import Phone
from tests.worlds import Write

if TYPE_CHECKING:
    from litestar.testing import TestClient

    from server.http.services import Services
    from server.settings import Settings
    from shared.model.worker import Worker
    from tests.conftest import Clock


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> "Settings":
    return make_settings(database_url, tmp_path / "data")


@pytest.fixture
def cast(world: Callable[[Write], Cast]) -> Cast:
    return world(write_cast)


@pytest.fixture
def client(settings: "Settings", clock: "Clock", new_id: Callable[[], str], cast: Cast) -> Iterator["TestClient"]:
    """A browser that is not signed in."""
    from litestar.testing import TestClient

    from tests.server.running import lend_app

    with lend_app(settings, clock, new_id) as app, TestClient(app, raise_server_exceptions=False) as opened:
        yield opened


@pytest.fixture
def services(
    settings: "Settings", clock: "Clock", new_id: Callable[[], str], database_role: str
) -> Iterator["Services"]:
    """The parts of the server, for what a test does behind its back."""
    from server.app import create_services
    from tests.server.running import services_as_served

    made = (services_as_served if database_role == "app" else create_services)(settings, clock, new_id)
    yield made
    made.database.close()


@pytest.fixture
def sign_in(client: "TestClient") -> Callable[["Worker"], "TestClient"]:
    """Signs somebody of the cast in, through the real form."""

    def do(worker: "Worker", password: str = PASSWORD) -> "TestClient":
        answer = post_sign_in(client, email_of(worker), password)
        assert answer.status_code in {200, 303}, answer.text
        return client

    return do


def post_sign_in(client: Any, email: str, password: str, **others: str) -> Any:
    client.get("/sign-in", headers={"accept": "text/html"})
    form = {"email": email, "password": password, "code": "", "next": "", "_csrf_token": client.cookies["lantern-form"]}
    return client.post("/sign-in", data=form | others, headers={"accept": "text/html"}, follow_redirects=False)


@pytest.fixture
def issue_code(services: "Services", cast: Cast) -> Callable[["Worker"], str]:
    """A one-time code for somebody's phone."""
    from server.actions.operation.enrolment import make_code

    def do(worker: "Worker") -> str:
        with services.database.writing() as session:
            return make_code(
                session, worker.id, worker.team_ids[0], services.settings, services.clock(), services.new_id
            ).code

    return do


@pytest.fixture
def phone(
    client: "TestClient", clock: "Clock", new_id: Callable[[], str], issue_code: Callable[..., str], cast: Cast
) -> Phone:
    """Aisha's phone, enrolled."""
    made = Phone(client, clock, new_id)
    made.enrol(issue_code(cast.aisha))
    return made
