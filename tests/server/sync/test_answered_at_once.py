"""How many requests one process works on at a time is its own choice, and no matter of the machine's cores; fewer are told what
is new."""

import asyncio
import threading

import pytest
from litestar.concurrency import sync_to_thread

from server.cli.serve import ANSWERED_AT_ONCE, answer_at_once
from server.sync_api import admission
from tests.server.phone import Phone


def test_as_many_as_may_be_answered_at_once_are_on_their_way_together() -> None:
    """Each waits until all are there."""
    everyone = threading.Barrier(ANSWERED_AT_ONCE, timeout=60)

    async def ask() -> list[int]:
        answer_at_once(ANSWERED_AT_ONCE)
        return await asyncio.gather(*(sync_to_thread(everyone.wait) for _ in range(ANSWERED_AT_ONCE)))

    assert sorted(asyncio.run(ask())) == list(range(ANSWERED_AT_ONCE))


def test_a_phone_waits_until_another_has_been_told_and_pushes_pass_it(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission, "_seats", threading.BoundedSemaphore(1))
    told: list[int] = []
    waiting = threading.Thread(target=lambda: told.append(phone.pull().status_code))
    with admission._seats:
        waiting.start()
        assert phone.push(phone.contact()).json()["acked"] == 1
        assert told == []
    waiting.join(timeout=60)
    assert told == [200]


def test_a_phone_that_waits_too_long_to_be_told_is_asked_to_come_again(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission, "_seats", threading.BoundedSemaphore(1))
    monkeypatch.setattr(admission, "BUSY_TIMEOUT_MS", 20)
    with admission._seats:
        refused = phone.pull()
    assert (refused.status_code, refused.json()["refused"]) == (503, "busy")
    assert phone.pull().status_code == 200
