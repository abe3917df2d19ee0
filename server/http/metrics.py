"""What requests cost, counted for a watching system: by method, by route as it is written in the code, and by status. Never an
address that was asked for, nor by whom.

Each process counts into files of its own (`PROMETHEUS_MULTIPROC_DIR`), which `server.condition.metrics` adds up. Imported only
where metrics are asked for.
"""

from asyncio import get_running_loop

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from prometheus_client import Counter, Histogram

from server.http.request_log import UNKNOWN_ROUTE

ANSWERED = Counter("lantern_requests", "Requests that were answered", ["method", "route", "status"])
TOOK = Histogram(
    "lantern_request_seconds", "How long an answer took", ["route"], buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
)  # fmt: skip
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER = "other"
"""A method that nobody but a stranger sends: whatever they write makes no new line."""


class Measured:
    """Wraps an application: counts each request when it has been answered."""

    def __init__(self, application: ASGIApp) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or hand on what is none."""
        if scope["type"] != ScopeType.HTTP:
            await self._application(scope, receive, send)
            return
        clock, status = get_running_loop().time, 0
        began = clock()

        async def note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._application(scope, receive, note)
        finally:
            route = scope.get("path_template") or UNKNOWN_ROUTE
            method = scope["method"] if scope["method"] in METHODS else OTHER
            ANSWERED.labels(method, route, str(status)).inc()
            TOOK.labels(route).observe(clock() - began)
