"""The real process over real HTTP: schemathesis asks it everything it can think of, and phones push to it at once."""

import threading
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from server.database.engine import Database
from server.http.services import Services
from server.queries.street import contacts
from shared.geo.night import outreach_night
from tests.conftest import Clock
from tests.server.cast import WATFORD, Cast, make_settings
from tests.server.live import serving
from tests.server.phone import Phone
from tests.server.sync.test_derived_equals_rebuilt import compare

pytestmark = pytest.mark.slow


@pytest.fixture
def clock() -> Clock:
    """A real server has the real time."""
    from datetime import UTC, datetime

    return Clock(datetime.now(UTC))


@pytest.fixture
def address(database_url: str, tmp_path: Path, cast: Cast) -> Any:
    data = tmp_path / "data"
    data.mkdir()
    with serving(database_url, data) as url:
        yield url


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Any:
    return make_settings(database_url, tmp_path / "data")


def test_schemathesis_finds_no_server_error(address: str) -> None:
    import schemathesis

    described = httpx.get(f"{address}/schema/openapi.json", timeout=60).json()
    schema = schemathesis.openapi.from_dict(described)
    faults: list[str] = []
    for operation in schema.get_all_operations():
        ask_everything(operation.ok(), address, faults)
    assert faults == []


def ask_everything(operation: Any, address: str, faults: list[str]) -> None:
    from hypothesis import HealthCheck, Phase, given, seed, settings

    @seed(1)
    @settings(
        max_examples=25, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck), database=None
    )
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        answer = case.call(base_url=address, timeout=60)
        if answer.status_code >= 500:
            faults.append(f"{case.method} {case.path}: {answer.status_code}")

    ask()


def test_eight_phones_push_at_once_and_nothing_is_lost(
    address: str,
    database: Database,
    services: Services,
    cast: Cast,
    clock: Clock,
    new_id: Callable[[], str],
    issue_code: Callable[..., str],
) -> None:
    with ExitStack() as open_clients:
        clients = [open_clients.enter_context(httpx.Client(base_url=address, timeout=60)) for _ in range(8)]
        phones = [Phone(client, clock, new_id) for client in clients]
        for each in phones:
            each.enrol(issue_code(cast.aisha))
        people = [new_id() for _ in range(12)]
        push_at_once(phones, people, clock)
        assert len(pull_all(phones[0])) == 800
    with database.reading() as session:
        assert contacts.count_contacts(session) == 800
        for person in people:
            compare(session, person, clock)


def push_at_once(phones: list[Phone], people: list[str], clock: Clock) -> None:
    """Every phone met the same people, each in an order of its own; none waits for another in a circle."""
    chance = Random(3)
    pushes = [[[meet(each, chance, people, clock) for _ in range(25)] for _ in range(4)] for each in phones]
    answers: list[Any] = []

    def run(phone: Phone, batches: list[list[dict[str, Any]]]) -> None:
        answers.extend(phone.push(*batch) for batch in batches)

    threads = [threading.Thread(target=run, args=pair) for pair in zip(phones, pushes, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert [answer.status_code for answer in answers] == [200] * 32


def meet(phone: Phone, chance: Random, people: list[str], clock: Clock) -> dict[str, Any]:
    seen_at = clock() - timedelta(minutes=chance.randint(0, 9_000))
    where = {"latitude": WATFORD[0], "longitude": WATFORD[1]}
    night = outreach_night(seen_at).isoformat()
    return phone.contact(person_ids=chance.sample(people, 2), seen_at=seen_at.isoformat(), night=night, position=where)


def pull_all(phone: Phone) -> set[str]:
    pulled: set[str] = set()
    cursors: dict[str, Any] = {}
    while True:
        page = phone.pull(cursors, limit=300).json()
        pulled |= {row[2] for row in page["rows"] if row[3] == "put"}
        cursors = page["next"]
        if not page["more"]:
            return pulled
