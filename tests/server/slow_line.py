"""A bad mobile line between a phone and the server: a proxy on this machine that delays every byte and lets only so many
through a second.

It shapes both directions alike and loses nothing. It does not know HTTP. What it leaves out: TCP's slow start and lost packets.
"""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

PIECE_BYTES = 4096


@dataclass
class Direction:
    """One direction of a line, shared by everything that goes that way. Times are seconds of one clock."""

    bytes_per_s: float
    delay_s: float
    free_at_s: float = 0.0

    def arrives_at_s(self, now_s: float, size: int) -> float:
        """When the last of `size` bytes that are handed in now comes out at the other end."""
        self.free_at_s = max(now_s, self.free_at_s) + size / self.bytes_per_s
        return self.free_at_s + self.delay_s


class SlowLine:
    """Listens on a port of this machine and passes on to another one."""

    def __init__(self, port: int, round_trip_s: float, bits_per_s: float) -> None:
        self._target, self._round_trip_s = port, round_trip_s
        self._up = Direction(bits_per_s / 8, round_trip_s / 2)
        self._down = Direction(bits_per_s / 8, round_trip_s / 2)
        self.port = 0

    async def run(self, is_listening: threading.Event, ended: threading.Event) -> None:
        """Pass on until `ended` is set."""
        server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            is_listening.set()
            while not ended.is_set():
                await asyncio.sleep(0.05)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(self._round_trip_s)  # the handshake
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        with contextlib.suppress(asyncio.CancelledError):  # the line ends while somebody still holds it
            await asyncio.gather(
                self._pass_on(reader, far_writer, self._up), self._pass_on(far_reader, writer, self._down)
            )
        far_writer.close()
        writer.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: Direction) -> None:
        """Read as fast as it comes and deliver each piece when the line would have."""
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        delivering = asyncio.create_task(self._deliver(under_way, writer))
        clock = asyncio.get_running_loop().time
        with contextlib.suppress(ConnectionError):
            while piece := await reader.read(PIECE_BYTES):
                under_way.put_nowait((way.arrives_at_s(clock(), len(piece)), piece))
        under_way.put_nowait((clock(), b""))
        await delivering

    async def _deliver(self, under_way: "asyncio.Queue[tuple[float, bytes]]", writer: asyncio.StreamWriter) -> None:
        clock = asyncio.get_running_loop().time
        with contextlib.suppress(ConnectionError):
            while True:
                arrives_at_s, piece = await under_way.get()
                if not piece:
                    writer.write_eof()
                    return
                await asyncio.sleep(max(0.0, arrives_at_s - clock()))
                writer.write(piece)
                await writer.drain()


@contextmanager
def slow_line(port: int, *, round_trip_s: float, bits_per_s: float) -> Iterator[int]:
    """Yields the port of a slow line to `port`, both on 127.0.0.1."""
    line, is_listening, ended = SlowLine(port, round_trip_s, bits_per_s), threading.Event(), threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(line.run(is_listening, ended)), daemon=True)
    thread.start()
    assert is_listening.wait(60), "the slow line did not open"
    try:
        yield line.port
    finally:
        ended.set()
        thread.join(60)
