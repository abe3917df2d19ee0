"""The server that `bench.mdt` asks: the real application under uvicorn in a process of its own, at the county's own time.

    uvicorn --factory bench.mdt_server:create

The clock begins at the moment that the county was filled for and goes on from there; everything else is as in production.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.client import HTTPConnection

from litestar import Litestar

from bench.mdt_county import NOW
from server.app import create_app
from server.settings import read_settings

START_WITHIN_S = 60


def create() -> Litestar:
    """The application, for each process that serves it."""
    begun = time.monotonic()
    return create_app(read_settings(os.environ), lambda: NOW + timedelta(seconds=time.monotonic() - begun))


@contextmanager
def serving(url: str, folder: str, *, workers: int) -> Iterator[tuple[int, int]]:
    """The server on a loopback port; yields the port and the id of its (parent) process, and ends it."""
    port = _free_port()
    environment = os.environ | {
        "LANTERN_DATABASE": url, "LANTERN_DATA": folder, "LANTERN_SECOND_FACTOR": "off", "LANTERN_ONE_ROLE": "on",
        "LANTERN_SECRET": "a secret for the bench, long enough",
    }  # fmt: skip
    command = [
        sys.executable, "-m", "uvicorn", "--factory", "bench.mdt_server:create", "--port", str(port), "--workers",
        str(workers), "--log-level", "warning", "--no-server-header",
    ]  # fmt: skip
    process = subprocess.Popen(command, env=environment)
    try:
        _wait(process, port)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait(process: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + START_WITHIN_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/health")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("The server did not start.")


def _free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])
