"""What is logged, for a machine to read: one JSON object a line, each with the number of its request, none with anything about
anybody.

A line of a request names its route as it is written in the code (`/people/{person_id}`), never the address that was asked for,
nor who asked or from where: that is the audit's. An exception is logged by its type and the places it passed, never with its
message, which may quote a record.
"""

import logging
from asyncio import get_running_loop
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from traceback import extract_tb

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from msgspec import json

from shared.model.value import Id

HEADER = b"x-request-id"
UNKNOWN_ROUTE = "none"
"""The route of an address that leads nowhere."""
FIELDS = "lantern_fields"

_request: ContextVar[str] = ContextVar("lantern_request", default="")
_log = logging.getLogger("lantern.requests")


class JsonLines(logging.Formatter):
    """Writes a record as one JSON object: at, level, logger, request, message, and what a line of a request tells."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "request": _request.get(),
            "message": record.getMessage(),
        }
        line |= getattr(record, FIELDS, {})
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            line["places"] = [f"{each.filename}:{each.lineno}" for each in extract_tb(record.exc_info[2])]
        return json.encode(line).decode()


def log_as_json() -> None:
    """Everything that this process logs goes to standard error as JSON lines, requests included."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in ("lantern", "uvicorn.error"):
        logging.getLogger(name).setLevel(logging.INFO)


class RequestLog:
    """Wraps an application: gives each request a number, which its answer carries, and logs it when it has been answered.

    A number that a request brings with it is not believed.
    """

    def __init__(self, application: ASGIApp, new_id: Callable[[], Id]) -> None:
        self._application, self._new_id = application, new_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or hand on what is none."""
        if scope["type"] != ScopeType.HTTP:  # or the beginning and end of the application
            await self._application(scope, receive, send)
            return
        number, clock = self._new_id(), get_running_loop().time
        began, status = clock(), 0

        async def note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (HEADER, number.encode())]
            await send(message)

        token = _request.set(number)
        try:
            await self._application(scope, receive, note)
        finally:
            told = {
                "method": scope["method"],
                "route": scope.get("path_template") or UNKNOWN_ROUTE,
                "status": status,
                "ms": round((clock() - began) * 1000, 1),
            }
            _log.info("answered", extra={FIELDS: told})
            _request.reset(token)
