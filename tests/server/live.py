"""A real server on a port of its own, in a process or in a thread of its own.

Whoever asks one waits until it answers: none is handed out before.
"""

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

PATIENCE_S = 240
"""How long anything here may take on a machine that has much else to do; nobody waits longer than it does take."""


@contextmanager
def serving(database_url: str, data: Path, *, workers: int = 1, **settings: str) -> Iterator[str]:
    """`lantern serve` over a database; yields its address."""
    named = {
        "LANTERN_DATABASE": database_url,
        "LANTERN_DATA": str(data),
        "LANTERN_SECOND_FACTOR": "off",
        "LANTERN_ONE_ROLE": "on",
    } | settings
    with serving_as_set(named, "--workers", str(workers)) as address:
        yield address


@contextmanager
def serving_as_set(settings: dict[str, str], *options: str) -> Iterator[str]:
    """`lantern serve` by these settings, LANTERN_DATA among them; yields its address."""
    data = Path(settings["LANTERN_DATA"])
    data.mkdir(parents=True, exist_ok=True)
    log = data / "serve.log"
    with held_port() as port:
        command = [sys.executable, "-m", "server.cli", "serve", "--port", str(port), *options]
        with log.open("wb") as said:
            process = subprocess.Popen(command, env=os.environ | settings, stdout=said, stderr=said)
        try:
            address = f"http://127.0.0.1:{port}"
            wait_until_healthy(address, process, log)
            yield address
        finally:
            process.terminate()
            process.wait(timeout=PATIENCE_S)


@contextmanager
def held_port() -> Iterator[int]:
    """A port that the system gives to nobody else while the block lasts; a server that is told of it may listen there.

    It is bound and not listened on: that keeps it from being drawn, not from being named by who reuses addresses, as servers do.
    """
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        yield int(holder.getsockname()[1])


def wait_until_healthy(address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    ends = time.monotonic() + PATIENCE_S
    while time.monotonic() < ends:
        assert process.poll() is None, f"the server ended ({process.returncode}) before it answered: {log.read_text()}"
        try:
            if httpx.get(f"{address}/health", timeout=PATIENCE_S).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError(f"the server did not answer in time: {log.read_text()}")


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
            thread.join(PATIENCE_S)
            assert not thread.is_alive(), "the server did not end"
