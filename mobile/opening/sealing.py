"""A sealed box to the server (rule B5): whoever holds this phone, its PIN and its keystore can carry it, and not read
it.

X25519 with a fresh key for each box; HKDF-SHA256; AES-256-GCM. A box is the fresh public key (32 bytes) and the
ciphertext. Its key is used once, so its nonce is zero. Opening stands here beside sealing so that tests prove the
pair.
"""

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

PURPOSE = b"lantern sealed outbox v1"
PUBLIC_BYTES = 32
NONCE = bytes(12)


def seal(plain: bytes, to: bytes) -> bytes:
    """Seal bytes to the X25519 public key `to` (32 raw bytes)."""
    fresh = X25519PrivateKey.generate()
    public = fresh.public_key().public_bytes_raw()
    shared = fresh.exchange(X25519PublicKey.from_public_bytes(to))
    return public + AESGCM(_key(shared, public, to)).encrypt(NONCE, plain, None)


def open_sealed(box: bytes, private: X25519PrivateKey) -> bytes:
    """What was sealed to this key. Raises cryptography's `InvalidTag` for another key or a broken box."""
    public, ciphertext = box[:PUBLIC_BYTES], box[PUBLIC_BYTES:]
    shared = private.exchange(X25519PublicKey.from_public_bytes(public))
    return AESGCM(_key(shared, public, private.public_key().public_bytes_raw())).decrypt(NONCE, ciphertext, None)


def _key(shared: bytes, public: bytes, to: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=public + to, info=PURPOSE).derive(shared)
