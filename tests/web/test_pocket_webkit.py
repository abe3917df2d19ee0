"""The form in a pocket in WebKit, the engine of Safari: joined, opened and filled in with the server gone, then sent once."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from server.database.engine import Database
from tests.conftest import Clock
from tests.server.live import PATIENCE_S, held_port
from tests.web.test_pocket import NAME, PIN, WORDS, clock, code, database_kind, names, recorded
from tests.web.webkit import open_webkit, why_not

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.skipif(bool(why_not()), reason=why_not())]
__all__ = ["clock", "code", "database_kind"]


@contextmanager
def serving_at(app: Any, port: int) -> Iterator[None]:
    """The server at a port that is held for it: gone when the block ends."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen()
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="on", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        yield
    finally:
        server.should_exit = True
        thread.join(PATIENCE_S)
        listener.close()


FILL = "for (const [id, value] of Object.entries(given[0])) document.getElementById(id).value = value;"
PRESS = "document.getElementById(given[0]).click();"
SHOWN = (
    "document.querySelector(`[data-screen=${given[0]}]`) && !document.querySelector(`[data-screen=${given[0]}]`).hidden"
)
READS = "document.getElementById(given[0]).textContent.includes(given[1])"


def test_webkit_joins_records_with_the_server_gone_and_sends_once(
    app: Any, code: Callable[[], str], filled: Database, clock: Clock, tmp_path: Path
) -> None:
    with held_port() as port, open_webkit(tmp_path / "webkit") as browser:
        with serving_at(app, port):
            browser.open(f"http://127.0.0.1:{port}/pocket/form")
            browser.wait(SHOWN, "join")
            browser.run(FILL, {"code": code(), "new-pin": PIN, "new-pin-again": PIN})
            browser.run(PRESS, "join-press")
            browser.wait(SHOWN, "digits")
            browser.run("await navigator.serviceWorker.ready;")
            browser.wait("(await caches.keys()).length")
        browser.reload()
        browser.wait(SHOWN, "locked")
        browser.run(FILL, {"pin": PIN})
        browser.run("document.querySelector('#unlock button').click();")
        browser.wait(SHOWN, "record")
        browser.run(FILL, {"alias-1": NAME, "note": WORDS})
        browser.run("document.querySelector('input[name=met][value=bedded_down]').checked = true;")
        browser.run(PRESS, "record-press")
        browser.wait(READS, "done", "Recorded at")
        browser.wait(READS, "state", "2 changes not yet sent")
        assert recorded(filled) == []
        with serving_at(app, port):
            browser.run("window.dispatchEvent(new Event('online'));")
            browser.wait(READS, "state", "Nothing is waiting")
            (told,) = recorded(filled)
    assert (told.note, str(told.state)) == (WORDS, "bedded_down") and names(filled) == [NAME]
