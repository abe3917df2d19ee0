"""Speaking to an address that somebody else named, without being made to speak to what lies inside (server-side request forgery).

The host is looked up once, every address it has must be of the public network, and the connection goes to that very address,
whatever the name says a moment later. No redirect is followed, no proxy is asked, and of the answer nothing but its status is
read. Hosts that an operator has named are spoken to wherever they are.
"""

import socket
import ssl
import threading
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from http.client import HTTPConnection
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

Address = IPv4Address | IPv6Address
TRANSLATED = IPv6Network("64:ff9b::/96")
"""IPv4 inside IPv6, as a network's translator reads it (RFC 6052)."""
NEVER_OUTSIDE = tuple(ip_network(each) for each in ("192.0.0.0/24", "64:ff9b:1::/48", "3fff::/20", "5f00::/16"))
"""Special networks that Python 3.11 does not know yet (IANA)."""
LONGEST_STATUS_LINE = 4096


class NotOutside(ValueError):
    """The address is none that may be spoken to."""


def post(
    url: str, body: bytes, headers: Mapping[str, str], inside: Collection[str], *, patience_s: float = 10.0,
    trust: ssl.SSLContext | None = None,
) -> int:  # fmt: skip
    """Send a POST; returns the status. All of it, from the name to the answer, takes no longer than `patience_s`.

    Raises NotOutside; OSError (ssl.SSLError among them) where nobody can be reached or no HTTP is spoken.
    """
    ends = monotonic() + patience_s
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "https" and not (parts.scheme == "http" and host in inside):
        raise NotOutside("only https goes outside")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    with _connect(find_addresses(host, port, inside, patience_s), port, ends) as plain:
        if parts.scheme == "http":
            return _speak(plain, parts.netloc, parts.path, parts.query, body, headers, ends)
        context = trust or ssl.create_default_context()
        plain.settimeout(_left(ends))
        with context.wrap_socket(plain, server_hostname=host) as line:
            return _speak(line, parts.netloc, parts.path, parts.query, body, headers, ends)


def _left(ends: float) -> float:
    """The seconds that are left. Raises TimeoutError (an OSError) where there are none."""
    left = ends - monotonic()
    if left <= 0:
        raise TimeoutError("no answer in time")
    return left


def _connect(addresses: Sequence[Address], port: int, ends: float) -> socket.socket:
    """A line to the first of these that takes one: a host may be known by an address that nobody listens on. Each has a share of
    the time that is left."""
    for number, address in enumerate(addresses[:-1]):
        with suppress(OSError):
            share = _left(ends) / (len(addresses) - number)
            return socket.create_connection((str(address), port), timeout=share)
    return socket.create_connection((str(addresses[-1]), port), timeout=_left(ends))


def find_addresses(host: str, port: int, inside: Collection[str], patience_s: float = 10.0) -> Sequence[Address]:
    """Where a host is. Raises NotOutside where any of its addresses lies inside a network; OSError for none."""
    try:
        found = [ip_address(each[4][0]) for each in look_up(host, port, patience_s)]
    except UnicodeError:
        raise NotOutside("no host can bear this name") from None
    if not found:
        raise OSError("the host has no address")
    if host not in inside and not all(is_outside(each) for each in found):
        raise NotOutside("the host has an address inside a network")
    return found


def look_up(host: str, port: int, patience_s: float) -> list[Any]:
    """What the machine's resolver says of a name. It knows no limit, so it is asked on a thread that may be left behind.

    Raises OSError, TimeoutError among them; UnicodeError for what is no name.
    """
    said: SimpleQueue[list[Any] | Exception] = SimpleQueue()

    def ask() -> None:
        try:
            said.put(list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
        except (OSError, UnicodeError) as error:
            said.put(error)

    threading.Thread(target=ask, name="look-up", daemon=True).start()
    try:
        answer = said.get(timeout=patience_s)
    except Empty:
        raise TimeoutError("the name was not found in time") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def is_outside(address: Address) -> bool:
    """Is it an address of the public network, and of one machine there?"""
    if isinstance(address, IPv6Address):
        carried = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if address in TRANSLATED:
            carried = IPv4Address(int(address) & 0xFFFFFFFF)
        if carried is not None:
            return is_outside(carried)
        if address.is_site_local:
            return False
    if any(address in network for network in NEVER_OUTSIDE if network.version == address.version):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _speak(
    line: socket.socket, netloc: str, path: str, query: str, body: bytes, headers: Mapping[str, str], ends: float
) -> int:
    """The request, written by the standard library onto a line that is open already; then the status alone."""
    connection = HTTPConnection(netloc)
    connection.sock = line
    line.settimeout(_left(ends))
    connection.request("POST", f"{path or '/'}{f'?{query}' if query else ''}", body, dict(headers))
    return _read_status(line, ends)


def _read_status(line: socket.socket, ends: float) -> int:
    """Raises OSError for what is no HTTP, and TimeoutError (one too) for what comes too slowly."""
    said = b""
    while b"\n" not in said:
        if len(said) > LONGEST_STATUS_LINE:
            raise OSError("what answered speaks no HTTP")
        line.settimeout(_left(ends))
        piece = line.recv(LONGEST_STATUS_LINE)
        if not piece:
            break
        said += piece
    version, _, rest = said.partition(b" ")
    if not version.startswith(b"HTTP/1.") or not rest[:3].isdigit():
        raise OSError("what answered speaks no HTTP")
    return int(rest[:3])
