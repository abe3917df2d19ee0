"""Logs as JSON lines: each request has a number, and no line holds anything about anybody."""

import json
import logging
import re
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path

import pytest
from litestar import Litestar, get
from litestar.testing import TestClient

from server.app import create_app
from server.http.request_log import JsonLines, RequestLog, log_as_json
from server.migrate import upgrade
from server.settings import Settings, read_settings
from shared.policy import Act

pytestmark = pytest.mark.slow

CANARY = "Marek Nowak of the stairwell"


@pytest.fixture
def lines() -> Iterator[Callable[[], list[dict[str, object]]]]:
    """What was logged as JSON since the test began; the process's own logging is put back afterwards."""
    root, ours, theirs = logging.getLogger(), logging.getLogger("lantern"), logging.getLogger("uvicorn")
    kept = (root.handlers[:], root.level, ours.level, theirs.propagate)
    theirs.propagate = True  # a server that another test ran in this process keeps its lines to itself
    logging.getLogger("uvicorn.error").propagate = True
    log_as_json()
    stream = StringIO()
    (handler,) = root.handlers
    assert isinstance(handler, logging.StreamHandler) and isinstance(handler.formatter, JsonLines)
    handler.setStream(stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:], root.level = kept[0], kept[1]
    ours.setLevel(kept[2])
    theirs.propagate = kept[3]
    logging.getLogger("uvicorn.error").setLevel(logging.NOTSET)


@pytest.fixture
def client(tmp_path: Path, new_id: Callable[[], str]) -> Iterator[TestClient[Litestar]]:
    settings = Settings(data=tmp_path, database=f"sqlite:///{tmp_path}/lantern.sqlite")
    upgrade(settings.database)
    with TestClient(RequestLog(create_app(settings), new_id)) as asking:
        yield asking


def test_each_request_is_a_line_with_its_route_and_no_address(client, lines) -> None:
    answer = client.get(f"/problems/404.1?name={CANARY}", headers={"x-request-id": "mine"})
    client.get(f"/people/{CANARY}")
    client.post("/sign-in", data={"email": CANARY, "password": CANARY})

    told = [line for line in lines() if line["logger"] == "lantern.requests"]
    assert told[0]["route"] == "/problems/{number}"
    assert (told[0]["status"], told[0]["method"]) == (200, "GET")
    assert told[0]["request"] == answer.headers["x-request-id"] != "mine"
    assert told[1]["route"] != f"/people/{CANARY}"
    assert len(told) == 3 and len({line["request"] for line in told}) == 3
    assert "Marek" not in json.dumps(lines())
    assert not re.search(r"testclient|127\.0\.0\.1", json.dumps(told))


def test_an_address_that_leads_nowhere_is_not_repeated(client, lines) -> None:
    client.get("/Marek/slept/here")

    (line,) = [line for line in lines() if line["logger"] == "lantern.requests"]
    assert (line["route"], line["status"]) == ("none", 404)


def test_what_goes_wrong_is_logged_with_its_request_and_without_its_message(
    lines: Callable[[], list[dict[str, object]]], new_id: Callable[[], str]
) -> None:
    from server.http.problem_answers import exception_handlers

    @get("/broken", opt={"action": Act.PUBLIC}, sync_to_thread=True)
    def broken() -> None:
        raise RuntimeError(CANARY)

    application = Litestar([broken], exception_handlers=exception_handlers(None), logging_config=None)  # type: ignore[arg-type]
    with TestClient(RequestLog(application, new_id)) as client:
        answer = client.get("/broken")

    fault, told = [line for line in lines() if str(line["logger"]).startswith("lantern")]
    assert answer.status_code == told["status"] == 500
    assert fault["level"] == "error" and fault["request"] == told["request"]
    assert "RuntimeError" in str(fault["message"])
    assert CANARY not in json.dumps(lines())


def test_an_exception_of_somebody_elses_log_is_told_by_type_and_place(lines) -> None:
    try:
        raise ValueError(CANARY)
    except ValueError:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application")

    (line,) = lines()
    assert line["error"] == "ValueError"
    assert "test_request_log.py:" in str(line["places"])
    assert CANARY not in json.dumps(line)


def test_the_setting_knows_two_words(tmp_path: Path) -> None:
    data = {"LANTERN_DATA": str(tmp_path)}
    assert not read_settings(data).log_json
    assert read_settings(data | {"LANTERN_LOG": "json"}).log_json
    with pytest.raises(ValueError, match="LANTERN_LOG"):
        read_settings(data | {"LANTERN_LOG": "xml"})


def test_alive_asks_no_database(client, tmp_path: Path) -> None:
    for path in tmp_path.glob("lantern.sqlite*"):
        path.unlink()

    assert client.get("/alive").json() == {"status": "alive"}
    assert client.get("/health").status_code == 503
