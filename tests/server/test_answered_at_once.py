"""How many requests one process works on at a time is its own choice, and no matter of the machine's cores."""

import asyncio
import threading

from litestar.concurrency import sync_to_thread

from server.cli.serve import ANSWERED_AT_ONCE, answer_at_once


def test_as_many_as_may_be_answered_at_once_are_on_their_way_together() -> None:
    """Each waits until all are there."""
    everyone = threading.Barrier(ANSWERED_AT_ONCE, timeout=20)

    async def ask() -> list[int]:
        answer_at_once(ANSWERED_AT_ONCE)
        return await asyncio.gather(*(sync_to_thread(everyone.wait) for _ in range(ANSWERED_AT_ONCE)))

    assert sorted(asyncio.run(ask())) == list(range(ANSWERED_AT_ONCE))
