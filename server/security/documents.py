"""Sealing what is kept of documents: AES-256-GCM under a key that the database never holds (of LANTERN_SECRET, else a file's).

A sealed piece is bound to its name: put into another's place it opens nothing.
"""

import secrets
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from server.security.keys import NONCE_BYTES, make_key, name_key
from server.settings import Settings

PURPOSE = b"lantern documents v1"


class DamagedDocument(ValueError):
    """Bytes that no key of this server opens."""


class DocumentKeys:
    """Seals with the first of its keys, opens with any. Each is named by a digest: what an earlier one sealed is found."""

    def __init__(self, current: bytes, *earlier: bytes) -> None:
        derived = [_derive(key) for key in (current, *earlier)]
        self.name = name_key(derived[0])
        self._boxes: Mapping[str, AESGCM] = {name_key(key): AESGCM(key) for key in derived}

    def seal(self, content: bytes, bound: str) -> bytes:
        """The bytes as they may lie in the database."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._boxes[self.name].encrypt(nonce, content, bound.encode())

    def open(self, sealed: bytes, bound: str) -> bytes:
        """The bytes again. Raises DamagedDocument."""
        for box in self._boxes.values():
            try:
                return box.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound.encode())
            except (InvalidTag, ValueError):
                continue
        raise DamagedDocument("This document cannot be opened: its key is not on this server, or it is damaged.")


def load_document_keys(settings: Settings) -> DocumentKeys:
    """The keys of this server: LANTERN_SECRET, and what was before it; without one a file's, made at the first call."""
    path = settings.data / "keys" / "documents"
    if not settings.secret:
        return DocumentKeys(make_key(path))
    before = [settings.secret_before.encode()] if settings.secret_before else []
    kept = [make_key(path)] if path.exists() else []
    return DocumentKeys(settings.secret.encode(), *before, *kept)


def _derive(key: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=PURPOSE).derive(key)
