"""The key to the store (rule B2): made, wrapped under PIN and hardware, unwrapped. No file, no keystore call, no PIN
is kept.

The PIN is checked by unwrapping alone: there is nothing stored to check it against. Key = HKDF-SHA256(argon2id(PIN,
salt) and HMAC under the hardware's key), so a copy of the app's files opens nothing, whoever knows the PIN.
"""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shared.model.value import Value

KEY_BYTES = 32
SALT_BYTES = 16
NONCE_BYTES = 12
PURPOSE = b"lantern store key v1"


class Cost(Value, frozen=True, kw_only=True):
    """What one guess at a PIN costs. Never below 64 MiB and three passes outside tests."""

    memory_kib: int = 64 * 1024
    passes: int = 3


class WrappedKey(Value, frozen=True, kw_only=True):
    """The store's key as it lies on the disk."""

    salt: bytes
    nonce: bytes
    box: bytes
    memory_kib: int
    passes: int


class WrongPin(Exception):
    """The key did not unwrap: another PIN, or another phone's keystore."""


def wrap(data_key: bytes, pin: str, hardware: bytes, salt: bytes, nonce: bytes, cost: Cost) -> WrappedKey:
    """Wrap the 32-byte `data_key`. `hardware` is the keystore's HMAC of `salt`; salt and nonce are fresh random bytes."""
    wrapping = _wrapping_key(pin, hardware, salt, cost)
    box = AESGCM(wrapping).encrypt(nonce, data_key, _bound(salt, cost))
    return WrappedKey(salt=salt, nonce=nonce, box=box, memory_kib=cost.memory_kib, passes=cost.passes)


def unwrap(wrapped: WrappedKey, pin: str, hardware: bytes) -> bytes:
    """The 32-byte key. Raises `WrongPin`."""
    cost = Cost(memory_kib=wrapped.memory_kib, passes=wrapped.passes)
    wrapping = _wrapping_key(pin, hardware, wrapped.salt, cost)
    try:
        return AESGCM(wrapping).decrypt(wrapped.nonce, wrapped.box, _bound(wrapped.salt, cost))
    except InvalidTag as error:
        raise WrongPin from error


def _wrapping_key(pin: str, hardware: bytes, salt: bytes, cost: Cost) -> bytes:
    stretched = Argon2id(
        salt=salt, length=KEY_BYTES, iterations=cost.passes, lanes=1, memory_cost=cost.memory_kib
    ).derive(pin.encode())
    return HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=salt, info=PURPOSE).derive(stretched + hardware)


def _bound(salt: bytes, cost: Cost) -> bytes:
    """What the box is bound to: nobody can swap in a cheaper cost unnoticed."""
    return PURPOSE + salt + f"{cost.memory_kib}/{cost.passes}".encode()
