"""The running hash by which a phone and the server know that they followed the same feed.

A feed's hash is the sum, modulo 2**64, of one small hash for each of its rows, so that it can be carried forward row by
row. It covers the operation, the change's id and the server's stamp: after a restore the same changes may come back with
other stamps, and then other values win. It knows nothing of what the rows mean.
"""

from hashlib import blake2b
from typing import Final

_MODULUS_MASK: Final = (1 << 64) - 1


def mark(eff: int, dev: int, n: int) -> str:
    """What ranks and counts a change that is put in a feed: its stamp and its dot. Other rows carry none."""
    return f"{eff}:{dev}:{n}"


def extend(total: int, op: str, change_id: str, marked: str) -> int:
    """The hash of a feed after one more row, whose own is blake2b's first 64 bits over what the row says."""
    row = blake2b(f"{op}:{change_id}:{marked}".encode(), digest_size=8).digest()
    return (total + int.from_bytes(row, "big")) & _MODULUS_MASK


def write(total: int) -> str:
    """A feed's hash as it is kept and sent: 16 hex digits."""
    return f"{total:016x}"
