"""A telephone gateway on this machine, over real HTTP."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Telephones:
    """A gateway on this machine: keeps what it was asked to send, answers what it is told to."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.asked: list[dict[str, Any]] = []
        """What has come, answered or not."""
        self.status = 202
        self.holds: dict[str, threading.Event] = {}
        """Numbers for which it answers nothing until it is let go."""
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                gateway.asked.append(json.loads(body))
                if (held := gateway.holds.get(json.loads(body)["to"])) is not None:
                    held.wait(60)
                gateway.heard.append(json.loads(body))
                gateway.headers.append({name.lower(): value for name, value in self.headers.items()})
                self.send_response(gateway.status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/messages"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(60)
