"""A real server on a port of its own, in a process or in a thread of its own."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import uvicorn

START_WITHIN_S = 60


@contextmanager
def serving(database_url: str, data: Path, *, workers: int = 1, **settings: str) -> Iterator[str]:
    """`lantern serve` over a database; yields its address."""
    port = find_port()
    environment = (
        os.environ
        | {"LANTERN_DATABASE": database_url, "LANTERN_DATA": str(data), "LANTERN_SECOND_FACTOR": "off"}
        | settings
    )
    command = [sys.executable, "-m", "server.cli", "serve", "--port", str(port), "--workers", str(workers)]
    with (data / "serve.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        address = f"http://127.0.0.1:{port}"
        wait_until_healthy(address, process)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=20)


def find_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_until_healthy(address: str, process: "subprocess.Popen[bytes]") -> None:
    ends = time.monotonic() + START_WITHIN_S
    while time.monotonic() < ends:
        assert process.poll() is None, "the server ended before it answered"
        try:
            if httpx.get(f"{address}/health", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("the server did not answer in time")


@contextmanager
def listening(app: Any) -> Iterator[str]:
    """An application in a thread of this process; yields its address once it answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="on"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            while not server.started:
                assert thread.is_alive(), "the server ended before it answered"
                time.sleep(0.01)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(20)
