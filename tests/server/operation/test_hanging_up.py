"""A phone that goes away in the middle of a request is no fault of the server's: nothing is stored, and no fault is logged."""

import asyncio
from typing import Any

import pytest
from litestar.testing import TestClient


def test_a_phone_that_hangs_up_in_the_middle_leaves_no_fault_in_the_log(
    client: TestClient[Any], caplog: pytest.LogCaptureFixture
) -> None:
    coming: list[dict[str, Any]] = [
        {"type": "http.request", "body": b"half of", "more_body": True},
        {"type": "http.disconnect"},
    ]
    sent: list[dict[str, Any]] = []

    async def receive() -> Any:
        return coming.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": "/sync/v1/push", "raw_path": b"/sync/v1/push", "root_path": "", "query_string": b"",
        "headers": [(b"host", b"localhost"), (b"content-length", b"4000")],
        "client": ("127.0.0.1", 5), "server": ("127.0.0.1", 80),
    }  # fmt: skip
    asyncio.run(client.app(scope, receive, send))
    assert coming == []
    assert sent[0]["status"] == 500, "for nobody: the line is cut"
    assert "Unexpected" not in caplog.text
