"""An address that somebody else named is spoken to where it is public, and nowhere inside."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from server.security.outgoing import NotOutside, find_addresses, is_outside, post
from tests.server.mail.postbox import make_certificate

INSIDE = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "192.0.0.8", "198.18.0.1", "224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.2.1",
    "::", "::1", "fe80::1", "fec0::1", "fc00::1", "fd12::1", "ff02::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::1", "2002:7f00:1::",
]  # fmt: skip
OUTSIDE = ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]


@pytest.mark.parametrize("address", INSIDE)
def test_what_lies_inside_is_not_outside(address: str) -> None:
    assert not is_outside(ip_address(address))


@pytest.mark.parametrize("address", OUTSIDE)
def test_what_is_public_is_outside(address: str) -> None:
    assert is_outside(ip_address(address))


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Gives names addresses; returns what was asked for."""

    def do(**hosts: list[str]) -> list[str]:
        asked: list[str] = []

        def look_up(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
            asked.append(host)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in hosts[host.partition(".")[0]]]

        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        return asked

    return do


def test_a_name_with_one_address_inside_is_refused_whatever_the_others_are(named: Callable[..., list[str]]) -> None:
    named(mixed=["8.8.8.8", "10.0.0.1"], open=["8.8.8.8"])

    assert str(find_addresses("open.example", 443, ())[0]) == "8.8.8.8"
    with pytest.raises(NotOutside):
        find_addresses("mixed.example", 443, ())
    assert str(find_addresses("mixed.example", 443, {"mixed.example"})[0]) == "8.8.8.8"


@pytest.mark.parametrize("host", ["a" * 64 + ".example", "a..example", ".example"])
def test_a_name_that_no_host_can_bear_is_refused(host: str) -> None:
    """Python's own look-up raises UnicodeError, which is nobody's to catch."""
    with pytest.raises(NotOutside):
        post(f"https://{host}/hook", b"{}", {}, ())


def test_the_connection_goes_to_the_address_that_was_looked_at(
    named: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that says something else a moment later is not asked a second time."""
    asked, reached = named(open=["8.8.8.8"]), list[tuple[str, int]]()

    def connect(address: tuple[str, int], timeout: float) -> Any:
        reached.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(ConnectionRefusedError):
        post("https://open.example/hook", b"{}", {}, ())

    assert (asked, reached) == (["open.example"], [("8.8.8.8", 443)])


@pytest.mark.parametrize("url", ["http://open.example/", "ftp://open.example/", "file:///etc/passwd", "gopher://x/"])
def test_nothing_but_https_goes_outside(named: Callable[..., list[str]], url: str) -> None:
    asked = named(open=["8.8.8.8"], x=["8.8.8.8"])
    with pytest.raises(NotOutside):
        post(url, b"{}", {}, ())

    assert asked == []


class Receiver(BaseHTTPRequestHandler):
    """Answers with the status that its path names."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.got.append((self.path, self.headers["host"], body))  # type: ignore[attr-defined]
        status = int(self.path.rpartition("/")[2].partition("?")[0])
        self.send_response(status)
        if status == 302:
            self.send_header("location", "/200")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return


@contextmanager
def receiving(context: ssl.SSLContext | None = None) -> Iterator[HTTPServer]:
    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        server.got = []  # type: ignore[attr-defined]
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def test_the_status_is_told_and_no_redirect_is_followed() -> None:
    with receiving() as server:
        base = f"http://127.0.0.1:{server.server_port}"
        statuses = [post(f"{base}/{path}", b"{}", {}, {"127.0.0.1"}) for path in ("200?q=1", "500", "302")]
        got = server.got  # type: ignore[attr-defined]

    assert statuses == [200, 500, 302]
    assert [each[0] for each in got] == ["/200?q=1", "/500", "/302"]
    assert got[0][1:] == (f"127.0.0.1:{server.server_port}", b"{}")


def test_over_tls_the_certificate_must_be_trusted_and_of_that_host(
    tmp_path: Path, named: Callable[..., list[str]]
) -> None:
    authority, context = make_certificate(tmp_path)
    named(**{"127": ["127.0.0.1"], "other": ["127.0.0.1"]})
    trust = ssl.create_default_context(cafile=authority)
    with receiving(context) as server:
        port = server.server_port
        assert post(f"https://127.0.0.1:{port}/200", b"{}", {}, {"127.0.0.1"}, trust=trust) == 200
        with pytest.raises(ssl.SSLError):
            post(f"https://127.0.0.1:{port}/200", b"{}", {}, {"127.0.0.1"})
        with pytest.raises(ssl.SSLError):
            post(f"https://other.example:{port}/200", b"{}", {}, {"other.example"}, trust=trust)


@pytest.mark.parametrize("said", [b"220 mail.example ESMTP\r\n", b"", b"HTTP/1.1 twohundred\r\n"])
def test_what_speaks_no_http_is_nobody(said: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def answer() -> None:
            line, _ = listener.accept()
            with line:
                line.recv(4096)
                line.sendall(said)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        with pytest.raises(OSError):
            post(f"http://127.0.0.1:{port}/", b"{}", {}, {"127.0.0.1"})
        thread.join()


def test_who_answers_letter_by_letter_is_waited_for_only_so_long() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port, over = listener.getsockname()[1], threading.Event()

        def trickle() -> None:
            line, _ = listener.accept()
            with line:
                line.recv(4096)
                while not over.wait(0.02):
                    try:
                        line.sendall(b"H")
                    except OSError:
                        return

        thread = threading.Thread(target=trickle, daemon=True)
        thread.start()
        with pytest.raises(TimeoutError):
            post(f"http://127.0.0.1:{port}/", b"{}", {}, {"127.0.0.1"}, patience_s=0.2)
        over.set()
        thread.join()


def test_a_name_that_nobody_answers_for_is_waited_for_only_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's resolver has no limit of its own."""
    over = threading.Event()

    def look_up(*_: Any, **__: Any) -> list[Any]:
        over.wait()
        return []

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    try:
        with pytest.raises(TimeoutError):
            post("https://slow.example/hook", b"{}", {}, (), patience_s=0.2)
    finally:
        over.set()


@pytest.mark.parametrize("is_sealed", [True, False], ids=["never shakes hands", "takes the request and says nothing"])
def test_who_takes_the_line_and_says_nothing_is_waited_for_only_so_long(is_sealed: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"{'https' if is_sealed else 'http'}://127.0.0.1:{listener.getsockname()[1]}/"
        with pytest.raises(TimeoutError):
            post(url, b"{}", {}, {"127.0.0.1"}, patience_s=0.2)
