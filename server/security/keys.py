"""The server's own secrets as one machine holds them: files under LANTERN_DATA that only its user may read, and their wrapping.

`secret` signs forms and derives tokens; `sealing` is the X25519 key to which phones seal what they have not sent (B5). Every
machine that serves one database shares them: `server.actions.operation.keyring` brings files and database together.
"""

import os
import secrets
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from server.security.tokens import decode, encode
from server.settings import Settings

SHORTEST_SECRET = 32
WRAPPING = b"lantern server keys v1"
CONTEXT = b"lantern database context v1"
NONCE_BYTES = 12


@dataclass(frozen=True)
class Keys:
    """What the server keeps to itself. `sealing_public` is what phones are told, base64url; `earlier` opens what was sealed
    before that."""

    secret: bytes
    sealing: X25519PrivateKey
    audit: Ed25519PrivateKey
    """Signs the seals of the audit."""
    earlier: tuple[X25519PrivateKey, ...] = field(default=())
    secrets_before: tuple[bytes, ...] = field(default=())
    """What `secret` was before: opens what it sealed and is still there."""

    @property
    def sealing_public(self) -> str:
        """The public half of the sealing key."""
        raw = self.sealing.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        return encode(raw)

    @property
    def opening(self) -> tuple[X25519PrivateKey, ...]:
        """Every key that something may have been sealed to, the likeliest first."""
        return (self.sealing, *self.earlier)


def load_keys(settings: Settings) -> Keys:
    """The keys that this machine holds, made at the first call. LANTERN_SECRET takes the place of the file `secret`."""
    folder = settings.data / "keys"
    secret = settings.secret.encode() if settings.secret else _read_or_make(folder / "secret")
    check_secret(settings)
    return Keys(
        secret=secret,
        sealing=X25519PrivateKey.from_private_bytes(_read_or_make(folder / "sealing")),
        audit=make_audit_key(folder),
    )


def check_secret(settings: Settings) -> None:
    """Raises ValueError for a secret of the operator's that can be guessed."""
    if settings.secret and len(settings.secret.encode()) < SHORTEST_SECRET:
        raise ValueError(f"LANTERN_SECRET is shorter than {SHORTEST_SECRET} bytes: give a random one, or none.")


def make_audit_key(folder: Path) -> Ed25519PrivateKey:
    """The key that seals this machine's audit, made at the first call."""
    return Ed25519PrivateKey.from_private_bytes(_read_or_make(folder / "audit"))


def list_sealing_files(folder: Path) -> list[bytes]:
    """The sealing keys in the keys folder, none where there is none. Raises ValueError for a damaged one."""
    return [_read(path) for path in sorted(folder.glob("sealing*"))]


def find_secret_file(folder: Path) -> bytes | None:
    """The secret in the keys folder, if it holds one. Raises ValueError for a damaged one."""
    path = folder / "secret"
    return _read(path) if path.exists() else None


def find_context_key(settings: Settings) -> bytes | None:
    """What signs for whom a transaction is; None where none was made. Raises ValueError for a damaged one."""
    if settings.secret:
        return _context_key(settings.secret)
    path = settings.data / "keys" / "context"
    return _read(path) if path.exists() else None


def list_context_keys(settings: Settings) -> list[bytes]:
    """The same, made where there is none, and that of the secret before: machines are restarted one after another."""
    key = find_context_key(settings) or make_key(settings.data / "keys" / "context")
    return [key, *([_context_key(settings.secret_before)] if settings.secret_before else [])]


def _context_key(secret: str) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=CONTEXT).derive(secret.encode())


def make_key(path: Path) -> bytes:
    """A key in a file of its own, made where it is not there yet."""
    return _read_or_make(path)


def name_key(key: bytes) -> str:
    """What a key is called: a digest, which tells nothing of it."""
    return sha256(b"lantern key name" + key).hexdigest()


def wrap(key: bytes, secret: str) -> str:
    """A key as it may lie in a database: sealed with the operator's secret."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return encode(nonce + AESGCM(_wrapping_key(secret)).encrypt(nonce, key, WRAPPING))


def unwrap(held: str, secret: str) -> bytes | None:
    """The key again; None where it was wrapped with another secret."""
    raw = decode(held)
    try:
        return AESGCM(_wrapping_key(secret)).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], WRAPPING)
    except InvalidTag:
        return None


def _wrapping_key(secret: str) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=WRAPPING).derive(secret.encode())


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
