"""Squeezing and unsqueezing bodies, with a bound on what a small body may swell to.

gzip is always there, on every phone; other codecs (zstd) are told by whoever has them, as a function. Knows nothing of
what the bytes mean.
"""

import zlib
from collections.abc import Callable, Mapping
from typing import Final

from sync.wire import Refused

Inflate = Callable[[bytes, int], bytes]
"""Unsqueezes bytes, raising `Refused` when they are broken or swell beyond the given number of bytes."""

_GZIP: Final = 31


def deflate_gzip(body: bytes, level: int = 1) -> bytes:
    """gzip without a time stamp: the same body always gives the same bytes."""
    squeezer = zlib.compressobj(level, zlib.DEFLATED, _GZIP)
    return squeezer.compress(body) + squeezer.flush()


def inflate_gzip(body: bytes, bytes_max: int) -> bytes:
    """The plain body. Refuses a bomb before it has swollen, and a body that was cut off."""
    reader = zlib.decompressobj(_GZIP)
    try:
        plain = reader.decompress(body, bytes_max)
    except zlib.error as error:
        raise Refused("malformed", detail="The body is not valid gzip.") from error
    if reader.unconsumed_tail:
        raise Refused("too_large")
    if not reader.eof or reader.unused_data:
        raise Refused("malformed", detail="The gzip body was cut off or has something after its end.")
    return plain


def inflate_plain(body: bytes, bytes_max: int) -> bytes:
    """A body that was not squeezed at all."""
    if len(body) > bytes_max:
        raise Refused("too_large")
    return body


CODECS: Final[Mapping[str, Inflate]] = {"gzip": inflate_gzip, "": inflate_plain, "identity": inflate_plain}


def inflate(body: bytes, encoding: str, bytes_max: int, codecs: Mapping[str, Inflate] = CODECS) -> bytes:
    """The plain body of a request with this Content-Encoding."""
    codec = codecs.get(encoding.strip().lower())
    if codec is None:
        raise Refused("malformed", detail="This Content-Encoding is not understood; send gzip.")
    return codec(body, bytes_max)
