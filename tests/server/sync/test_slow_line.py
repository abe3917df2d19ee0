"""The line that the benchmark of a first sync is measured over delays and narrows as it says, and loses nothing."""

import socket
import threading

import pytest

from tests.server.slow_line import Direction, slow_line


def test_a_megabit_carries_a_hundred_and_twenty_five_thousand_bytes_a_second() -> None:
    way = Direction(bytes_per_s=1_000_000 / 8, delay_s=0.15)
    assert way.arrives_at_s(10.0, 125_000) == pytest.approx(11.15)
    assert way.arrives_at_s(10.0, 12_500) == pytest.approx(11.25), "what comes behind waits its turn"
    assert way.arrives_at_s(20.0, 12_500) == pytest.approx(20.25), "an idle line saves nothing up"


def test_everything_comes_out_as_it_went_in() -> None:
    sent = bytes(range(256)) * 400
    with socket.create_server(("127.0.0.1", 0)) as far:

        def echo() -> None:
            connection, _ = far.accept()
            with connection:
                while piece := connection.recv(65_536):
                    connection.sendall(piece)

        thread = threading.Thread(target=echo, daemon=True)
        thread.start()
        port = far.getsockname()[1]
        with slow_line(port, round_trip_s=0.01, bits_per_s=1e9) as slow:
            assert slow != port
            assert send_and_read(slow, sent) == sent
        thread.join(60)


def send_and_read(port: int, sent: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as near:
        threading.Thread(target=lambda: (near.sendall(sent), near.shutdown(socket.SHUT_WR)), daemon=True).start()
        read = b""
        while piece := near.recv(65_536):
            read += piece
    return read
