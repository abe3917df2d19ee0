"""Checking what a phone signed:

ECDSA P-256 with SHA-256, keys as uncompressed points, signatures as two raw numbers.
"""

from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from server.security.tokens import decode

NUMBER_BYTES = 32


def is_key(text: str) -> bool:
    """Is this a P-256 public key in base64url?"""
    try:
        _read_key(text)
    except ValueError:
        return False
    return True


def is_signed(key: str, message: bytes, signature: str) -> bool:
    """Did the holder of `key` (base64url) sign `message`? `signature` is base64url, 64 bytes."""
    try:
        raw = decode(signature)
        if len(raw) != 2 * NUMBER_BYTES:
            return False
        halves = (int.from_bytes(raw[:NUMBER_BYTES], "big"), int.from_bytes(raw[NUMBER_BYTES:], "big"))
        _read_key(key).verify(encode_dss_signature(*halves), message, ECDSA(SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


@lru_cache(maxsize=4096)
def _read_key(text: str) -> EllipticCurvePublicKey:
    return EllipticCurvePublicKey.from_encoded_point(SECP256R1(), decode(text))
