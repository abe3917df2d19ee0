"""The software keystore, and what the Android one must share with it: raw signatures that the server can check."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from mobile.device.identifiers import id_maker
from mobile.device.keystore import FileKeystore
from mobile.device.ports import KeystoreLost
from mobile.device.uptime import LinuxUptime
from tests.paths import ROOT


@pytest.fixture
def keystore(tmp_path: Path) -> FileKeystore:
    made = FileKeystore(tmp_path / "keys")
    made.make_keys()
    return made


def test_what_it_signs_can_be_checked_with_its_public_key(keystore: FileKeystore) -> None:
    raw = keystore.sign(b"message")
    assert len(raw) == 64 and len(keystore.public_key()) == 65
    key = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), keystore.public_key())
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    key.verify(der, b"message", ECDSA(SHA256()))


def test_forgetting_one_key_leaves_the_other(keystore: FileKeystore) -> None:
    keystore.forget_unlocking_key()
    assert not keystore.is_ready
    with pytest.raises(KeystoreLost):
        keystore.hmac(b"salt")
    assert keystore.sign(b"still signs what is sealed")
    keystore.forget_signing_key()
    with pytest.raises(KeystoreLost):
        keystore.sign(b"x")


def test_new_keys_are_other_keys(keystore: FileKeystore) -> None:
    before = keystore.hmac(b"salt"), keystore.public_key()
    keystore.make_keys()
    assert keystore.hmac(b"salt") != before[0] and keystore.public_key() != before[1]


def test_plyers_keystore_is_never_used() -> None:
    for path in (ROOT / "mobile").rglob("*.py"):
        text = path.read_text()
        assert "import keystore" not in text.replace("from mobile.device import keystore", ""), path
        assert "plyer.facades.keystore" not in text, path


def test_ids_sort_by_time_and_never_repeat() -> None:
    clock = iter(range(10**12, 10**12 + 500))
    new_id = id_maker(lambda: next(clock), bytes)
    ids = [new_id() for _ in range(500)]
    assert ids == sorted(ids) and len(set(ids)) == 500 and ids[0][14] == "7" and len(ids[0]) == 36


def test_uptime_never_runs_backwards_and_the_boot_has_a_name() -> None:
    uptime = LinuxUptime()
    assert 0 < uptime.milliseconds() <= uptime.milliseconds() and uptime.boot()
