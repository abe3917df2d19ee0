"""What a phone signs of each request, and the header that carries the signature (as DPoP does, RFC 9449).

Only the bytes to be signed are composed here, the same on both sides. Keys and signatures (ECDSA P-256 with SHA-256,
the two numbers raw, 64 bytes) belong to the phone's keystore and to the server; times and nonces are told.
"""

import re
from hashlib import sha256
from typing import Final

from msgspec import Struct

HEADER: Final = "Lantern-Proof"
NOW_HEADER: Final = "Lantern-Now"
"""On the answer to an untimely proof:

the server's clock (ms). The phone signs again with that, whatever its own clock says.
"""

VERSION: Final = "1"
ACCEPTED_AROUND_MS: Final = 5 * 60 * 1000
"""A proof is good for five minutes on either side of the server's clock; a nonce is good once."""

_TIME = re.compile(r"\d{1,16}")
_WORD = re.compile(r"[A-Za-z0-9_-]{16,64}")
_SIGNATURE = re.compile(r"[A-Za-z0-9_-]{86}")


class Proof(Struct, frozen=True):
    """What the header says:

    when the request was signed (wall clock, ms), its nonce, its signature (base64url, 86 characters).
    """

    at_ms: int
    nonce: str
    signature: str


def message(method: str, target: str, body: bytes, at_ms: int, nonce: str, token: str) -> bytes:
    """The bytes to sign. `target` is the path with its query as sent, `body` the body as sent (compressed, if it is);
    `token` is the bearer token of the request, empty where there is none yet (enrolment)."""
    lines = (
        "lantern-proof",
        VERSION,
        method.upper(),
        target,
        sha256(body).hexdigest(),
        str(at_ms),
        nonce,
        sha256(token.encode()).hexdigest(),
    )
    return "\n".join(lines).encode()


def write_header(proof: Proof) -> str:
    """The header's value."""
    return ".".join((VERSION, str(proof.at_ms), proof.nonce, proof.signature))


def read_header(text: str) -> Proof:
    """What a header says. Raises ValueError for anything that `write_header` does not write."""
    match text.split("."):
        case [version, at_ms, nonce, signature] if (
            version == VERSION and _TIME.fullmatch(at_ms) and _WORD.fullmatch(nonce) and _SIGNATURE.fullmatch(signature)
        ):
            return Proof(int(at_ms), nonce, signature)
    raise ValueError("the proof header cannot be read")


def is_timely(proof: Proof, now_ms: int) -> bool:
    """Was it signed about now?"""
    return abs(now_ms - proof.at_ms) <= ACCEPTED_AROUND_MS
