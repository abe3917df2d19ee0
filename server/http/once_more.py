"""A request that PostgreSQL ended so that another could go on is done again, and nobody sees it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from litestar.types import Message, Scope, Send

from server.database.deadlocks import Handling, attempting

WAS_ENDED: Final = "was_ended"
"""In a request's state: it is answered by the words of a deadlock."""
TRIES: Final = 4
REST_S: Final = 0.05
"""Before the next try, longer each time: the other has a moment to end."""

logger = logging.getLogger("lantern")


async def do_once_more(scope: Scope, send: Send, handle: Callable[[Send], Awaitable[None]]) -> None:
    """Answer a request; again, a few times, where it was ended before it had committed anything. What it would have said then is
    not sent."""
    for tried in range(1, TRIES):
        with attempting() as attempt:
            await handle(_sending_unless_ended(scope, send, attempt))
            if not _is_to_be_done_again(scope, attempt):
                return
        scope["state"].pop(WAS_ENDED)
        logger.warning("A request waited in a circle, and is done again (%d)", tried)
        await asyncio.sleep(REST_S * tried)
    await handle(send)


def _sending_unless_ended(scope: Scope, send: Send, attempt: Handling) -> Send:
    async def send_unless_ended(message: Message) -> None:
        if not _is_to_be_done_again(scope, attempt):
            await send(message)

    return send_unless_ended


def _is_to_be_done_again(scope: Scope, attempt: Handling) -> bool:
    return bool(scope["state"].get(WAS_ENDED)) and not attempt.has_committed
