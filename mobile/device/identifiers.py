"""New ids: UUIDv7 text, so that ids made on one phone sort by time. Clock and randomness are handed in."""

import uuid
from collections.abc import Callable


def id_maker(now_ms: Callable[[], int], random_bytes: Callable[[int], bytes]) -> Callable[[], str]:
    """A function that makes a fresh id at each call."""

    def new_id() -> str:
        tail = int.from_bytes(random_bytes(10), "big")
        high, low = tail >> 68, tail & ((1 << 62) - 1)
        value = ((now_ms() & ((1 << 48) - 1)) << 80) | (7 << 76) | ((high & 0xFFF) << 64) | (2 << 62) | low
        return str(uuid.UUID(int=value))

    return new_id
