"""Random tokens and the hashes kept of them. A token itself is never stored: a stolen database opens nothing."""

import hashlib
import hmac
import secrets
from base64 import b32encode, urlsafe_b64decode, urlsafe_b64encode

TOKEN_BYTES = 32


def new_token() -> str:
    """A fresh secret of 256 bits, as text for a header or a cookie."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def hash_token(token: str) -> str:
    """What is kept of a token. It is random and long, so one SHA-256 is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def same(one: str, other: str) -> bool:
    """Are two secrets equal? Takes the same time wherever they differ."""
    return hmac.compare_digest(one.encode(), other.encode())


def derive(secret: bytes, *words: str) -> str:
    """A token that the same secret and words always give, and nobody else can make."""
    return encode(hmac.new(secret, "\x1f".join(words).encode(), hashlib.sha256).digest())


def encode(data: bytes) -> str:
    """Base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """The bytes of base64url text. Raises ValueError."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def new_code() -> str:
    """A one-time code of 160 random bits, for a person to scan or to type in groups of four."""
    text = b32encode(secrets.token_bytes(20)).decode()
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))


def normalise_code(code: str) -> str:
    """A code as it was meant, however it was typed."""
    return "".join(character for character in code.upper() if character.isalnum())


def new_digits(count: int = 4) -> str:
    """A few random digits for two people to compare."""
    return f"{secrets.randbelow(10**count):0{count}d}"
