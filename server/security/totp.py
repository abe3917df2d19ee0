"""The second factor: time-based one-time codes (RFC 6238: SHA-1, six digits, thirty seconds), each usable once."""

import hashlib
import hmac
import secrets
from base64 import b32decode, b32encode
from urllib.parse import quote, urlencode

STEP_S = 30
DIGITS = 6
SKEW_S = 5
"""How far an authenticator's clock may be off; a code is on its way as long. It lives thirty seconds by that clock."""


def new_secret() -> str:
    """160 random bits in base32, as authenticator apps take them."""
    return b32encode(secrets.token_bytes(20)).decode()


def code_at(secret: str, step: int) -> str:
    """The code of one thirty-second step."""
    digest = hmac.new(b32decode(secret), step.to_bytes(8, "big"), hashlib.sha1).digest()
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def find_step(secret: str, code: str, at_s: float, last_step: int | None) -> int | None:
    """The step whose code this is, near `at_s` (seconds since 1970) and later than the last one used; else None."""
    given = "".join(character for character in code if character in "0123456789")
    for step in range(int(at_s - SKEW_S) // STEP_S, int(at_s + SKEW_S) // STEP_S + 1):
        if (last_step is None or step > last_step) and hmac.compare_digest(code_at(secret, step), given):
            return step
    return None


def address(secret: str, account: str, issuer: str = "Lantern") -> str:
    """What an authenticator app scans."""
    query = urlencode({"secret": secret, "issuer": issuer, "digits": DIGITS, "period": STEP_S})
    return f"otpauth://totp/{quote(issuer)}:{quote(account)}?{query}"
