"""The network between a phone and the server: a TCP relay on loopback that a test can cut and restore.

While it is cut, open connections die as they do when a signal goes, and new ones are refused at once.
"""

import socket
import threading
from contextlib import ExitStack, suppress
from types import TracebackType
from typing import Self

from tests.server.live import held_port

CHUNK_BYTES = 65_536


class Link:
    """A relay from a port of its own to `port` of this machine."""

    def __init__(self, port: int) -> None:
        self._server_port = port
        self._lock = threading.Lock()
        self._sockets: set[socket.socket] = set()
        self._is_cut = False
        self._holding = ExitStack()
        self.port = self._holding.enter_context(held_port())
        self._listener = self._listen()

    @property
    def url(self) -> str:
        """What the phone is told as the server's address."""
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        """No signal from now on."""
        with self._lock:
            self._is_cut = True
            broken, self._sockets = self._sockets, set()
        self._close(self._listener)
        for each in broken:
            self._close(each)

    def restore(self) -> None:
        """The signal is back, at the same address."""
        self._is_cut = False
        self._listener = self._listen()

    def _listen(self) -> socket.socket:
        listener = socket.create_server(("127.0.0.1", self.port), reuse_port=False)
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return listener

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                self._join(near)

    def _join(self, near: socket.socket) -> None:
        try:
            far = socket.create_connection(("127.0.0.1", self._server_port), timeout=10)
        except OSError:
            near.close()
            return
        far.settimeout(None)
        with self._lock:
            if self._is_cut:  # while this one was being joined
                self._close(near)
                self._close(far)
                return
            self._sockets |= {near, far}
        for source, sink in ((near, far), (far, near)):
            threading.Thread(target=self._pour, args=(source, sink), daemon=True).start()

    def _pour(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(CHUNK_BYTES):
                sink.sendall(data)
        for each in (source, sink):
            self._close(each)

    @staticmethod
    def _close(each: socket.socket) -> None:
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        each.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cut()
        self._holding.close()
