"""Opening what a phone has sealed to this server (privacy rule B5). The phone's half is `mobile.opening.sealing`.

X25519 with a fresh key for each box, HKDF-SHA256, AES-256-GCM; a box is the fresh public key (32 bytes) and the
ciphertext.
"""

from collections.abc import Sequence
from contextlib import suppress

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

PURPOSE = b"lantern sealed outbox v1"
PUBLIC_BYTES = 32
NONCE = bytes(12)
NOT_OURS = "this box was not sealed to this server, or is damaged"


def open_with_any(box: bytes, keys: Sequence[X25519PrivateKey]) -> bytes:
    """What was sealed to one of these keys. Raises ValueError for another's box and for a broken one."""
    for key in keys:
        with suppress(ValueError):
            return open_sealed(box, key)
    raise ValueError(NOT_OURS)


def open_sealed(box: bytes, private: X25519PrivateKey) -> bytes:
    """What was sealed to this key. Raises ValueError for another key's box and for a broken one."""
    public, ciphertext = box[:PUBLIC_BYTES], box[PUBLIC_BYTES:]
    try:
        shared = private.exchange(X25519PublicKey.from_public_bytes(public))
        salt = public + private.public_key().public_bytes_raw()
        key = HKDF(algorithm=hashes.SHA256(), length=32, salt=salt, info=PURPOSE).derive(shared)
        return AESGCM(key).decrypt(NONCE, ciphertext, None)
    except (InvalidTag, ValueError) as error:
        raise ValueError(NOT_OURS) from error
