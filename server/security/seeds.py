"""The seeds of second factors as the database keeps them: sealed with a key that lies outside it (ASVS 13.3.1).

Whoever copies the database alone makes no codes. A seed is bound to its worker: put into another's row, it opens nothing.
"""

import secrets
from base64 import b32decode, b32encode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from server.security.tokens import decode, derive, encode
from shared.model.value import Id

NONCE_BYTES = 12
PLAIN_LENGTH = 32
"""160 bits in base32, as an older Lantern kept them. Sealed they are twice as long."""


class DamagedSeed(ValueError):
    """A seed that this server's secret does not open: it is another worker's, or of another server."""


class Seeds:
    """Seals with the secret of today; opens with any."""

    def __init__(self, secret: bytes, *before: bytes) -> None:
        self._boxes = [ChaCha20Poly1305(decode(derive(each, "second factor"))) for each in (secret, *before)]

    def seal(self, worker_id: Id, seed: str) -> str:
        """What the database keeps of a worker's seed (base32)."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return encode(nonce + self._boxes[0].encrypt(nonce, b32decode(seed), worker_id.encode()))

    def open(self, worker_id: Id, kept: str) -> str:
        """The seed in base32. Raises DamagedSeed."""
        if len(kept) == PLAIN_LENGTH:
            return kept
        for box in self._boxes:
            opened = _open(box, worker_id, kept)
            if opened is not None:
                return opened
        raise DamagedSeed("The seed of this second factor cannot be opened: set it up anew.")

    def is_of_today(self, worker_id: Id, kept: str) -> bool:
        """Was it sealed with the secret of today?"""
        return len(kept) != PLAIN_LENGTH and _open(self._boxes[0], worker_id, kept) is not None


def _open(box: ChaCha20Poly1305, worker_id: Id, kept: str) -> str | None:
    try:
        sealed = decode(kept)
        return b32encode(box.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], worker_id.encode())).decode()
    except (InvalidTag, ValueError):
        return None
