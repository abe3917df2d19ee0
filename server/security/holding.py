"""Sealing what is held in the database until somebody has finished with it, with a key that lies outside the database."""

import secrets
from base64 import b64decode, b64encode
from contextlib import suppress
from typing import Generic, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from msgspec import json

from server.problems import NotFound
from server.security.tokens import decode, derive
from shared.model.value import Id

NONCE_BYTES = 12
State = TypeVar("State")


class Box(Generic[State]):
    """Seals states of one kind, each bound to its row, with the secret of today; opens with those before it, too."""

    def __init__(self, secret: bytes, purpose: str, kind: type[State], *before: bytes) -> None:
        self._boxes = [ChaCha20Poly1305(decode(derive(each, purpose))) for each in (secret, *before)]
        self._kind = kind

    def seal(self, row_id: Id, state: State) -> str:
        """The state as it may lie in the database."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return b64encode(nonce + self._boxes[0].encrypt(nonce, json.encode(state), row_id.encode())).decode()

    def open(self, row_id: Id, held: str) -> State:
        """Raises NotFound for what is gone or another server's."""
        for box in self._boxes:
            with suppress(InvalidTag, ValueError):
                sealed = b64decode(held)
                plain = box.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], row_id.encode())
                return json.decode(plain, type=self._kind)
        raise NotFound
