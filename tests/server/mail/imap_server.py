"""A real IMAP server on this machine, with one account."""

import imaplib
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.server.live import PATIENCE_S, held_port

ACCOUNT, PASSWORD = "demouser", "demopass"


@contextmanager
def serving_mail() -> Iterator[int]:
    """Its port, until the block ends."""
    pytest.importorskip("pymap")
    with held_port() as port:
        arguments = ["--host", "127.0.0.1", "--port", str(port), "--no-tls", "dict", "--demo-data"]
        command = [sys.executable, "-c", "from pymap.main import main; main()", *arguments]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            try:
                imaplib.IMAP4("127.0.0.1", port, timeout=5).logout()
                break
            except OSError:
                time.sleep(0.05)
        yield port
        process.terminate()
        process.wait(PATIENCE_S)
