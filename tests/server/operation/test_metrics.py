"""A watching system reads numbers on a port of their own, from every process together, and nothing of anybody."""

import asyncio
from collections.abc import Callable
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from server.condition.metrics import StateCollector
from server.database.engine import Database
from server.http.request_log import UNKNOWN_ROUTE
from server.queries.operation import jobs, processes
from server.queries.operation.jobs import JobRun
from server.queries.operation.processes import ServerProcess
from server.settings import Settings, read_settings
from tests.conftest import Clock
from tests.server.live import held_port, serving_as_set
from tests.web import county
from tests.web.conftest import filled, settings  # noqa: F401 - fixtures

CANARY = "Marek-Nowak"


def read(text: str) -> dict[tuple[str, ...], float]:
    """Samples by their name and the values of their labels."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture
def measure(filled: Database, settings: Settings, clock: Clock) -> Callable[[], str]:  # noqa: F811
    settings.data.mkdir(parents=True)
    registry = CollectorRegistry()
    registry.register(StateCollector(settings, filled, clock))
    return lambda: generate_latest(registry).decode()


def test_how_the_server_stands_is_told_in_numbers(
    measure: Callable[[], str], filled: Database, now: datetime  # noqa: F811
) -> None:  # fmt: skip
    with filled.writing() as session:
        county.fill_outbox(session, now)
        jobs.set_run(
            session, JobRun(name="looks", started_at=now - timedelta(hours=30), late_after=now - timedelta(hours=4))
        )
        jobs.take_lease(session, "jobs", "somebody", now, now + timedelta(minutes=2))
        processes.begin_process(session, ServerProcess(id="p", host="one", number=1, started_at=now, seen_at=now))
    told = read(measure())

    assert told[("lantern_database_up",)] == told[("lantern_ready",)] == 1
    assert told[("lantern_changes_set_aside",)] == 1
    assert told[("lantern_phones_unsent",)] == 7
    assert told[("lantern_phones_heard",)] == 1
    assert told[("lantern_processes",)] == 1
    assert told[("lantern_mails", "failed")] == 2
    assert told[("lantern_job_late", "looks")] == 1
    assert told[("lantern_job_began_seconds_ago", "looks")] == 30 * 3600
    assert told[("lantern_job_failed", "retention")] == 1
    assert told[("lantern_lease_ends_in_seconds", "jobs")] == 120
    assert told[("lantern_amiss", "job looks")] == 1
    assert told[("lantern_amiss", "schema")] == 0
    assert told[("lantern_disk_free_bytes",)] > 0


def test_nothing_of_anybody_is_among_them(measure: Callable[[], str], filled: Database) -> None:  # noqa: F811
    said = measure()

    for word in (*county.WORKERS, *county.AGENCIES, "marek", "Marek", "joan", "watford", "@"):
        assert word not in said, word


def test_a_database_that_is_away_is_told(settings: Settings, clock: Clock, tmp_path: Path) -> None:  # noqa: F811
    away = Database(f"sqlite:///{tmp_path}/nowhere/none.sqlite", pool_size=1)
    registry = CollectorRegistry()
    registry.register(StateCollector(settings, away, clock))

    assert read(generate_latest(registry).decode()) == {("lantern_database_up",): 0}
    away.close()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ("", 0)),
        ("9187", ("127.0.0.1", 9187)),
        ("10.0.0.5:9187", ("10.0.0.5", 9187)),
        ("[::1]:9187", ("::1", 9187)),
    ],
)
def test_where_to_listen(text: str, found: tuple[str, int]) -> None:
    assert read_settings({"LANTERN_METRICS": text}).metrics == found


@pytest.mark.parametrize("text", ["x", "10.0.0.5", "9187:", "1:2:x", "70000"])
def test_where_nobody_can_listen(text: str) -> None:
    with pytest.raises(ValueError, match="LANTERN_METRICS"):
        read_settings({"LANTERN_METRICS": text})


@contextmanager
def watched(database_url: str, data: Path, *options: str) -> Any:
    with held_port() as port:
        named = {"LANTERN_DATABASE": database_url, "LANTERN_DATA": str(data), "LANTERN_METRICS": str(port)}
        others = {"LANTERN_SECOND_FACTOR": "off", "LANTERN_ONE_ROLE": "on", "LANTERN_LOG": "json"}
        with serving_as_set(named | others, *options) as address:
            yield address, lambda: read(httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=60).text)


@pytest.mark.slow
@pytest.mark.usefixtures("filled")
def test_requests_of_every_process_are_counted_by_route(database_url: str, database_kind: str, tmp_path: Path) -> None:
    workers = 2 if database_kind == "postgresql" else 1
    with watched(database_url, tmp_path / "data", "--workers", str(workers)) as (address, look):
        for _ in range(10):
            assert httpx.get(f"{address}/problems/404.1?name={CANARY}", timeout=60).status_code == 200
        httpx.get(f"{address}/people/{CANARY}", timeout=60)
        httpx.get(f"{address}/{CANARY}/slept/here", timeout=60)
        httpx.request("MAREK", f"{address}/alive", timeout=60)
        told = look()
        assert told[("lantern_requests_total", "GET", "/problems/{number}", "200")] == 10
        assert told[("lantern_request_seconds_count", "/problems/{number}")] == 10
        assert told[("lantern_requests_total", "GET", "none", "404")] == 1
        assert told[("lantern_ready",)] == 1
        assert not [each for each in told if CANARY in str(each) or "MAREK" in str(each)]
    said = (tmp_path / "data" / "serve.log").read_text()
    assert CANARY not in said
    assert '"logger":"lantern.requests"' in said


def test_what_a_stranger_writes_makes_no_line_of_its_own() -> None:
    """Each new method would be a line kept for ever, of whatever they wrote."""
    from server.http.metrics import ANSWERED, OTHER, Measured

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 405, "headers": []})

    async def nothing(*_: Any) -> None:
        return None

    for number in range(3):
        scope = {"type": "http", "method": f"MAREK{number}", "path": f"/people/marek/{number}"}
        asyncio.run(Measured(answer)(scope, nothing, nothing))  # type: ignore[arg-type]
    told = [each.labels for metric in ANSWERED.collect() for each in metric.samples if each.labels["status"] == "405"]

    assert {(each["method"], each["route"]) for each in told} == {(OTHER, UNKNOWN_ROUTE)}
