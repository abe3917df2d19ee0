"""What every value of the domain has in common: how a Struct behaves, and what an id is. No noun lives here."""

from typing import Final, TypeAlias

import msgspec

Id: TypeAlias = str
"""A random 128-bit identifier as lower-case UUID text (UUIDv7, so that ids made on a phone sort by time)."""


NO_JSON: Final = (msgspec.MsgspecError, RecursionError, ValueError)
"""All that reading bytes as JSON may raise: other JSON than was wanted, nested too deep, no UTF-8, or digits without end."""


class Value(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """An immutable value. Unknown fields from a newer app are ignored here and kept where the original bytes are kept.

    What cannot change cannot come to stand in a circle: the garbage collector need not look at it (`gc`), here or in `sync`.
    """
