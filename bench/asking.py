"""Asks an application in this process, with no network and no browser's work between: what is counted is the server's own.

The garbage collector is set as where Lantern serves (`server.cli.serve`).
"""

import asyncio
import gc
import statistics
import time
from collections.abc import Mapping

from litestar import Litestar

from server.cli.serve import COLLECT_AFTER

WARM_UP, TIMES = 10, 40


class Asker:
    """Somebody's requests of one application, one after another."""

    def __init__(self, application: Litestar, headers: Mapping[str, str]) -> None:
        self._application = application
        self._headers = [(name.encode(), value.encode()) for name, value in headers.items()]
        self._loop = asyncio.new_event_loop()

    def get(self, path: str) -> str:
        """A page's text. Raises RuntimeError for any other answer than 200."""
        return self._loop.run_until_complete(self._get(path))

    def median_ms(self, path: str) -> float:
        """CPU of this process for one request, the median of many after some that warm up."""
        for _ in range(WARM_UP):
            self.get(path)
        return statistics.median(self.spend_ms(path) for _ in range(TIMES))

    def spend_ms(self, path: str) -> float:
        """CPU of this process for one request."""
        begun = time.process_time()
        self.get(path)
        return (time.process_time() - begun) * 1000

    def close(self) -> None:
        """End the threads that answered."""
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    async def _get(self, path: str) -> str:
        status, pieces = 0, []

        async def receive() -> dict[str, object]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Mapping[str, object]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(str(message["status"]))
            else:
                pieces.append(bytes(message.get("body", b"")))  # type: ignore[call-overload]

        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http", "path": path,
            "raw_path": path.encode(), "query_string": b"", "root_path": "", "headers": self._headers,
            "client": ("127.0.0.1", 1), "server": ("localhost", 80),
        }  # fmt: skip
        await self._application(scope, receive, send)  # type: ignore[arg-type]
        text = b"".join(pieces).decode()
        if status != 200:
            raise RuntimeError(f"{path} answered {status}: {text[:300]}")
        return text


def settle() -> None:
    """Let the garbage collector leave alone what was made until now."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER)
