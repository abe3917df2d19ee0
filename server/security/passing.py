"""What a browser carries for us while it is at a provider: sealed, so that it can neither be read nor made up."""

import secrets

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from server.security.openid import Begun
from server.security.tokens import decode, derive, encode

NONCE_BYTES = 12


class DamagedPassing(ValueError):
    """It is not ours, or of an earlier secret."""


class Passing:
    """Seals and opens sign-ins under way."""

    def __init__(self, secret: bytes) -> None:
        self._box = ChaCha20Poly1305(decode(derive(secret, "sign-in under way")))

    def seal(self, begun: Begun) -> str:
        """Text for a cookie."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return encode(nonce + self._box.encrypt(nonce, msgspec.json.encode(begun), None))

    def open(self, kept: str) -> Begun:
        """The sign-in again. Raises DamagedPassing."""
        try:
            sealed = decode(kept)
            return msgspec.json.decode(self._box.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None), type=Begun)
        except (InvalidTag, ValueError, msgspec.MsgspecError) as error:
            raise DamagedPassing("this sign-in was not begun here") from error
