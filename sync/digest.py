"""The running hash by which a phone and the server know that they followed the same feed.

A feed's hash is the sum, modulo 2**64, of one small hash for each of its rows, so that it can be carried forward row by
row. It covers the operation, the change's id and the server's stamp: after a restore the same changes may come back with
other stamps, and then other values win. It knows nothing of what the rows mean.
"""

from hashlib import blake2b
from typing import Final

EMPTY: Final = "0" * 16
_MODULUS_MASK: Final = (1 << 64) - 1


def mark(eff: int, dev: int, n: int) -> str:
    """What ranks and counts a change that is put in a feed: its stamp and its dot. Other rows carry none."""
    return f"{eff}:{dev}:{n}"


def row_hash(op: str, change_id: str, marked: str) -> int:
    """The 64-bit hash of one feed row."""
    return int.from_bytes(blake2b(f"{op}:{change_id}:{marked}".encode(), digest_size=8).digest(), "big")


def extend(feed_hash: str, op: str, change_id: str, marked: str) -> str:
    """The hash of a feed (16 hex digits) after one more row."""
    return f"{(int(feed_hash, 16) + row_hash(op, change_id, marked)) & _MODULUS_MASK:016x}"
