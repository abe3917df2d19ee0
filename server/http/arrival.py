"""Waiting for what a request brings, before anybody does anything for it: whoever sends slowly holds no place and no thread.

A body that stops coming is not waited for longer than ten seconds; one that trickles, no longer than its size is worth.
Whoever sent it is told so (408), and the line is closed. What is too large is not gathered: the application refuses it.
"""

import asyncio
from collections.abc import Iterator
from typing import Any

from litestar import Request
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, HTTPReceiveMessage, Receive, ReceiveMessage, Scope, Send

from server.problems import TOO_SLOW, Failure

PATIENCE_S = 10.0
"""How long a piece of a body may take to come."""
SLOWEST_BYTES_S = 2_000
"""A phone on the slowest of networks (GPRS) sends about twice as fast."""
WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS"})


class Arrival(ASGIMiddleware):
    """Gathers the body of a request, up to a size. Raises Failure (408) for one that does not come."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._patience_s = PATIENCE_S

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Let one request through, once it is here."""
        request: Request[Any, Any, Any] = Request(scope)
        if request.method in WITHOUT_BODY:
            await next_app(scope, receive, send)
            return
        pieces = iter(await self._gather(receive))

        async def replay() -> HTTPReceiveMessage | ReceiveMessage:
            return _next_of(pieces) or await receive()

        await next_app(scope, replay, send)

    async def _gather(self, receive: Receive) -> list[ReceiveMessage]:
        pieces: list[ReceiveMessage] = []
        size, clock = 0, asyncio.get_running_loop()
        began = clock.time()
        while size <= self._bytes_max:
            left_s = began + self._patience_s + size / SLOWEST_BYTES_S - clock.time()
            try:
                piece = await asyncio.wait_for(receive(), max(0.0, min(left_s, self._patience_s)))
            except TimeoutError as error:
                raise Failure(TOO_SLOW, headers={"connection": "close"}) from error
            pieces.append(piece)
            if piece["type"] != "http.request" or not piece.get("more_body"):
                break
            size += len(piece["body"])
        return pieces


def _next_of(pieces: Iterator[ReceiveMessage]) -> ReceiveMessage | None:
    return next(pieces, None)
