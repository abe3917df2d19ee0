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
    """Seals and opens seeds."""

    def __init__(self, secret: bytes) -> None:
        self._box = ChaCha20Poly1305(decode(derive(secret, "second factor")))

    def seal(self, worker_id: Id, seed: str) -> str:
        """What the database keeps of a worker's seed (base32)."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return encode(nonce + self._box.encrypt(nonce, b32decode(seed), worker_id.encode()))

    def open(self, worker_id: Id, kept: str) -> str:
        """The seed in base32. Raises DamagedSeed."""
        if len(kept) == PLAIN_LENGTH:
            return kept
        try:
            sealed = decode(kept)
            opened = self._box.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], worker_id.encode())
        except (InvalidTag, ValueError) as error:
            raise DamagedSeed("The seed of this second factor cannot be opened: set it up anew.") from error
        return b32encode(opened).decode()
