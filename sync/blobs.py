"""Attachments: bytes named by their hash, sent in pieces that may be lost, repeated, or arrive after a long night.

The fact that there is an attachment travels as a change (`attachment.added`, payload `shared.model.document.DocumentAdded`);
the bytes travel beside it, when the line allows. Both halves decide here, from what each side holds. No file and no transport.
"""

from hashlib import sha256
from typing import Final

from msgspec import Struct

from shared.model.document import DOCUMENT_BYTES_MAX

PIECE_BYTES: Final = 128 * 1024
BLOB_BYTES_MAX: Final = DOCUMENT_BYTES_MAX


class BlobTaken(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How many bytes the server holds: the next piece begins there. `is_whole` once all have come and the hash is right.

    With `is_over` the phone may forget them: they are filed, or refused for good with `reason`.
    """

    received: int
    is_whole: bool
    is_over: bool = False
    reason: str = ""


class Piece(Struct, frozen=True):
    """The part of an attachment to be sent next."""

    start: int
    length: int


class BlobRefused(Exception):
    """A piece that cannot be taken. `received` is where the sender must go on; `reason` says what is wrong."""

    def __init__(self, reason: str, received: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.received = received


def next_piece(size: int, received: int, piece_bytes: int = PIECE_BYTES) -> Piece | None:
    """What the phone sends next, given how many bytes the server holds; None when it holds them all."""
    left = size - received
    return Piece(received, min(left, piece_bytes)) if left > 0 else None


def check_size(size: int) -> None:
    """Refuse an attachment that is too large to be taken at all."""
    if not 1 <= size <= BLOB_BYTES_MAX:
        raise BlobRefused("An attachment may hold up to 5 MiB.")


def accept_piece(size: int, received: int, start: int, piece: bytes) -> bytes:
    """The new bytes of a piece. What was received before is passed over, so that a repeated piece changes nothing."""
    if start > received:
        raise BlobRefused("A piece before this one is missing.", received)
    if start < 0 or start + len(piece) > size:
        raise BlobRefused("The piece reaches beyond the attachment.", received)
    return piece[received - start :]


def is_whole(name: str, content: bytes) -> bool:
    """Are these the bytes that the name promises?"""
    return sha256(content).hexdigest() == name
