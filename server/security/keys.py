"""The server's own secrets, kept in files under LANTERN_DATA that only its user may read.

`secret` signs forms and derives tokens; `sealing` is the X25519 key to which phones seal what they have not sent (B5).
"""

import os
import secrets
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from server.security.tokens import decode, encode
from server.settings import Settings

SHORTEST_SECRET = 32


@dataclass(frozen=True)
class Keys:
    """What the server keeps to itself. `sealing_public` is what phones are told, base64url."""

    secret: bytes
    sealing: X25519PrivateKey
    audit: Ed25519PrivateKey
    """Signs the seals of the audit."""

    @property
    def sealing_public(self) -> str:
        """The public half of the sealing key."""
        raw = self.sealing.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        return encode(raw)


def load_keys(settings: Settings) -> Keys:
    """The keys of this server, made at the first call. LANTERN_SECRET takes the place of the file `secret`."""
    folder = settings.data / "keys"
    secret = settings.secret.encode() if settings.secret else _read_or_make(folder / "secret")
    if len(secret) < SHORTEST_SECRET:
        raise ValueError(f"LANTERN_SECRET is shorter than {SHORTEST_SECRET} bytes: give a random one, or none.")
    return Keys(
        secret=secret,
        sealing=X25519PrivateKey.from_private_bytes(_read_or_make(folder / "sealing")),
        audit=Ed25519PrivateKey.from_private_bytes(_read_or_make(folder / "audit")),
    )


def _read_or_make(path: Path) -> bytes:
    """The 32 bytes kept in a file. Of two processes that start together one makes it; it is there only once it is whole."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, draft = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "w") as file:
            file.write(encode(secrets.token_bytes(32)))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            path.hardlink_to(draft)
        Path(draft).unlink()
    return _read(path)


def _read(path: Path) -> bytes:
    with suppress(ValueError):
        key = decode(path.read_text().strip())
        if len(key) == 32:
            return key
    raise ValueError(f"{path.name} in the keys folder is damaged: restore it from the backup of LANTERN_DATA.")
