"""The software keystore of desktops, demos and tests: two keys in a directory outside the app's data. Never used on
Android.

A copy of the app's files without this directory opens nothing (rule B2). It protects as well as the directory is
protected.
"""

import contextlib
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from mobile.device.files import write_durably
from mobile.device.ports import KeystoreLost


def keystore_directory(data: Path) -> Path:
    """Where a desktop keeps the keys of the app whose data lies in `data`: beside the user's state, never inside
    `data`.
    """
    name = hashlib.sha256(str(data.resolve()).encode()).hexdigest()[:24]
    base = (
        os.environ.get("LANTERN_KEYSTORE") or os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    )
    return Path(base) / "lantern-keystore" / name


class FileKeystore:
    """Both keys as files that only their owner may read."""

    level = "software"

    def __init__(self, directory: Path) -> None:
        self._unlocking = directory / "unlocking.key"
        self._signing = directory / "signing.key"

    @property
    def is_ready(self) -> bool:
        return self._unlocking.exists() and self._signing.exists()

    def make_keys(self) -> None:
        self._unlocking.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_durably(self._unlocking, secrets.token_bytes(32))
        private = ec.generate_private_key(ec.SECP256R1())
        write_durably(
            self._signing,
            private.private_bytes(
                serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            ),
        )

    def hmac(self, message: bytes) -> bytes:
        return hmac.new(self._read(self._unlocking), message, hashlib.sha256).digest()

    def public_key(self) -> bytes:
        return (
            self._private_key()
            .public_key()
            .public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
        )

    def sign(self, message: bytes) -> bytes:
        return raw_signature(self._private_key().sign(message, ec.ECDSA(hashes.SHA256())))

    def forget_unlocking_key(self) -> None:
        _destroy(self._unlocking)

    def forget_signing_key(self) -> None:
        _destroy(self._signing)

    def _private_key(self) -> ec.EllipticCurvePrivateKey:
        key = serialization.load_der_private_key(self._read(self._signing), password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise KeystoreLost("the signing key is of another kind")
        return key

    def _read(self, path: Path) -> bytes:
        try:
            return path.read_bytes()
        except OSError as error:
            raise KeystoreLost(path.name) from error


def raw_signature(der: bytes) -> bytes:
    """r and s, 32 bytes each, from the DER that both Java and OpenSSL give."""
    r, s = decode_dss_signature(der)
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def _destroy(path: Path) -> None:
    """Overwrite, then remove. On flash the overwriting promises nothing; on Android the hardware does this itself."""
    with contextlib.suppress(FileNotFoundError):
        write_durably(path, secrets.token_bytes(32))
        path.unlink()
