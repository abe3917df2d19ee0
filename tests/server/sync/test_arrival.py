"""Requests that do not arrive hold no place: half-open ones are many, and phones still sync (ASVS 15.2.2)."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime

import httpx
import pytest

from server.app import create_app
from server.http import arrival
from server.settings import Settings
from shared.model.worker import Worker
from tests.conftest import Clock, as_application
from tests.server.cast import Cast, make_settings
from tests.server.live import listening
from tests.server.phone import Phone

PATIENCE_S = 60
"""Of the test itself, on a machine that has much else to do."""
HALF = b"POST /sync/v1/push HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{"


@contextmanager
def serving(
    settings: Settings, new_id: Callable[[], str], now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> Iterator[int]:
    with listening(create_app(settings, now, new_id)) as address:
        yield int(address.rsplit(":", 1)[1])


def test_five_hundred_half_open_posts_keep_no_phone_waiting(
    settings: Settings, cast: Cast, clock: Clock, issue_code: Callable[[Worker], str], new_id: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(arrival, "PATIENCE_S", 3.0)
    few = as_application(make_settings(settings.database, settings.data, sync_requests_at_once=2))
    with (
        serving(few, new_id, clock) as port,
        ExitStack() as held,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE_S) as client,
    ):
        phone = Phone(client, clock, new_id)
        phone.enrol(issue_code(cast.aisha))
        sockets = [held.enter_context(socket.create_connection(("127.0.0.1", port), PATIENCE_S)) for _ in range(500)]
        for each in sockets:
            each.sendall(HALF)
        pushed = phone.push(phone.contact(), phone.contact())
        assert pushed.status_code == 200, pushed.text
        assert pushed.json()["acked"] == 2
        pulled = phone.pull()
        assert pulled.status_code == 200, pulled.text
        assert b"408" in sockets[0].recv(200)
        assert b"408" in sockets[-1].recv(200)


def test_a_body_that_trickles_is_waited_for_no_longer_than_it_is_worth(
    settings: Settings, cast: Cast, new_id: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrival, "PATIENCE_S", 1.0)
    with serving(settings, new_id) as port, socket.create_connection(("127.0.0.1", port), PATIENCE_S) as slow:
        slow.sendall(HALF)
        ends = time.monotonic() + PATIENCE_S
        slow.settimeout(0.2)
        answer = b""
        while not answer and time.monotonic() < ends:
            slow.sendall(b" ")
            try:
                answer = slow.recv(200)
            except TimeoutError:
                continue
        assert b"408" in answer
