"""A full server sends phones away with a time to come back, before it does anything for them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from litestar.testing import TestClient
from sqlalchemy.exc import TimeoutError as PoolTimeout

from server.app import create_app
from server.database.engine import Database
from server.settings import Settings
from tests.conftest import Clock
from tests.server.cast import make_settings
from tests.server.phone import Phone


@pytest.fixture
def phone_of(phone: Phone, settings: Settings, clock: Clock, new_id: Callable[[], str]) -> Callable[[int], Any]:
    """Aisha's phone at a server that lets so many in at once."""

    @contextmanager
    def open_server(at_once: int) -> Iterator[Phone]:
        few = make_settings(settings.database, settings.data, sync_requests_at_once=at_once)
        with TestClient(create_app(few, clock, new_id), raise_server_exceptions=False) as client:
            phone.client = client
            yield phone

    return open_server


def test_one_too_many_is_told_when_to_come_back_and_not_all_at_the_same_second(phone_of: Callable[[int], Any]) -> None:
    with phone_of(0) as phone:
        answers = [phone.push(phone.contact()) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [429] * 3
    assert [answer.json()["refused"] for answer in answers] == ["slow_down"] * 3
    waits = [answer.json()["retry_after_s"] for answer in answers]
    assert waits == [5, 6, 7]
    assert [answer.headers["retry-after"] for answer in answers] == ["5", "6", "7"]


def test_whoever_leaves_makes_room_also_after_a_refusal(phone_of: Callable[[int], Any]) -> None:
    with phone_of(1) as phone:
        assert phone.post("/sync/v1/push", b"{").status_code == 400
        assert phone.post("/sync/v1/push", b"x" * 10_000_000).status_code == 413
        assert phone.post("/sync/v1/pull", b"{}", token="stolen").status_code == 400
        assert phone.push(phone.contact()).json()["acked"] == 1


@pytest.mark.parametrize("door", ["push", "pull", "token"])
def test_a_database_without_a_free_connection_is_busy_and_no_fault(
    phone: Phone, monkeypatch: pytest.MonkeyPatch, door: str
) -> None:
    def refuse(_database: Database) -> None:
        raise PoolTimeout("QueuePool limit reached")

    ask = {"push": lambda: phone.push(phone.contact()), "pull": phone.pull, "token": phone.refresh}[door]
    monkeypatch.setattr(Database, "writing", refuse)
    answer = ask()
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
