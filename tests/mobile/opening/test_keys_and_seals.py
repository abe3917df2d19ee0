"""The wrapped key and the sealed boxes: what opens them, and what does not (rules B2, B5)."""

import os
import resource
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from msgspec.structs import replace

from mobile.opening import keys, sealing
from mobile.opening.keys import Cost, WrongPin
from mobile.opening.sealed_outbox import SealedOutbox

CHEAP = Cost(memory_kib=1024, passes=1)
KEY, SALT, NONCE, HARDWARE = bytes(range(32)), bytes(16), bytes(12), b"h" * 32


def test_the_default_cost_is_what_the_rule_asks() -> None:
    assert Cost().memory_kib >= 64 * 1024 and Cost().passes >= 3


def test_the_right_pin_with_the_right_hardware_opens_it() -> None:
    wrapped = keys.wrap(KEY, "271828", HARDWARE, SALT, NONCE, CHEAP)
    assert keys.unwrap(wrapped, "271828", HARDWARE) == KEY
    assert KEY not in wrapped.box and b"271828" not in repr(wrapped).encode()


@pytest.mark.parametrize(("pin", "hardware"), [("271829", HARDWARE), ("271828", b"i" * 32), ("", HARDWARE)])
def test_another_pin_or_another_phone_does_not(pin: str, hardware: bytes) -> None:
    wrapped = keys.wrap(KEY, "271828", HARDWARE, SALT, NONCE, CHEAP)
    with pytest.raises(WrongPin):
        keys.unwrap(wrapped, pin, hardware)


def test_a_cheaper_cost_cannot_be_slipped_in() -> None:
    wrapped = keys.wrap(KEY, "271828", HARDWARE, SALT, NONCE, Cost(memory_kib=2048, passes=1))
    with pytest.raises(WrongPin):
        keys.unwrap(replace(wrapped, memory_kib=1024), "271828", HARDWARE)


def test_only_the_server_opens_a_box_and_no_two_are_alike() -> None:
    server = X25519PrivateKey.generate()
    public = server.public_key().public_bytes_raw()
    box, again = sealing.seal(b"Marek", public), sealing.seal(b"Marek", public)
    assert box != again and b"Marek" not in box
    assert sealing.open_sealed(box, server) == b"Marek"
    with pytest.raises(InvalidTag):
        sealing.open_sealed(box, X25519PrivateKey.generate())
    with pytest.raises(InvalidTag):
        sealing.open_sealed(box[:-1] + bytes([box[-1] ^ 1]), server)


def test_boxes_survive_the_process_and_leave_when_acknowledged(tmp_path: Path) -> None:
    outbox = SealedOutbox(tmp_path / "sealed.box")
    outbox.add([(1, b"one"), (2, b"two"), (3, b"three")])
    outbox.add([(2, b"again")])
    assert SealedOutbox(tmp_path / "sealed.box").boxes() == [(1, b"one"), (2, b"two"), (3, b"three")]
    outbox.drop_until(2)
    assert SealedOutbox(tmp_path / "sealed.box").boxes() == [(3, b"three")]
    assert outbox.missing([3, 4]) == [4]


def test_a_box_torn_by_a_power_cut_is_dropped_and_the_file_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "sealed.box"
    SealedOutbox(path).add([(1, os.urandom(300)), (2, os.urandom(300))])
    whole = path.read_bytes()
    for cut in range(len(whole)):
        path.write_bytes(whole[:cut])
        held = SealedOutbox(path)
        assert held.numbers == ((1,) if cut >= len(whole) // 2 else ())
    path.write_bytes(whole[:-5])
    held = SealedOutbox(path)
    held.add([(2, b"sealed again")])
    assert SealedOutbox(path).numbers == (1, 2)


def test_a_box_of_which_a_full_disk_took_half_loses_none_that_come_later(tmp_path: Path) -> None:
    """A wipe hands over what lies here: behind half a frame every box was read from the wrong place, and gone at the next."""
    path = tmp_path / "sealed.box"
    outbox = SealedOutbox(path)
    outbox.add([(1, b"one" * 100)])
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 50, before[1]))
    try:
        with pytest.raises(OSError):
            outbox.add([(2, b"two" * 100)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    outbox.add([(2, b"two" * 100), (3, b"three" * 100)])
    wanted = [(1, b"one" * 100), (2, b"two" * 100), (3, b"three" * 100)]
    assert outbox.boxes() == wanted and SealedOutbox(path).boxes() == wanted
