"""Bodies on their way:

what a phone squeezed is opened within bounds, and what it gets is squeezed as it can take it.
"""

import hashlib
from typing import Any

import zstandard
from litestar import Request, Response

from sync.encoding import CODECS, deflate_gzip, inflate
from sync.wire import LIMITS, Limits, Refused

SMALLEST_TO_SQUEEZE = 400
GZIP_LEVEL = 1
ZSTD_LEVEL = 3
ZSTD_BITE = 64
"""Bytes opened at a time: a block of zstd is at least four bytes and holds at most 128 KiB, so that one bite never swells to
more than two megabytes."""
ZSTD_WINDOW_MAX = 8 * 1024 * 1024
"""The memory that a body may ask for; a decoder need not offer more (RFC 8878, section 3.1.1.1.2)."""
CODECS_HERE = dict(CODECS)


def inflate_zstd(body: bytes, bytes_max: int) -> bytes:
    """The plain body. Refuses a bomb before it has swollen, and a body that was cut off or has something after its end."""
    reader = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW_MAX).decompressobj()
    plain = bytearray()
    try:
        for start in range(0, len(body), ZSTD_BITE):
            plain += reader.decompress(body[start : start + ZSTD_BITE])
            if len(plain) > bytes_max:
                raise Refused("too_large")
            if reader.eof:
                is_last = start + ZSTD_BITE >= len(body) and not reader.unused_data
                break
        else:
            is_last = False
    except zstandard.ZstdError as error:
        raise Refused("malformed", detail="The body is not valid zstd.") from error
    if not is_last:
        raise Refused("malformed", detail="The zstd body was cut off or has something after its end.")
    return bytes(plain)


CODECS_HERE["zstd"] = inflate_zstd


def open_body(request: Request[Any, Any, Any], body: bytes, limits: Limits = LIMITS) -> bytes:
    """The plain body of a request. Raises Refused too_large or malformed."""
    if len(body) > limits.compressed_bytes_max and request.headers.get("content-encoding"):
        raise Refused("too_large")
    return inflate(body, request.headers.get("content-encoding", ""), limits.inflated_bytes_max, CODECS_HERE)


def answer(request: Request[Any, Any, Any], body: bytes, status: int = 200) -> Response[bytes]:
    """An answer in JSON, squeezed by zstd where the phone offers it, else by gzip."""
    accepted = request.headers.get("accept-encoding", "")
    headers = {"vary": "Accept-Encoding"}
    if len(body) >= SMALLEST_TO_SQUEEZE:
        if "zstd" in accepted:
            body, headers["content-encoding"] = zstandard.compress(body, ZSTD_LEVEL), "zstd"
        elif "gzip" in accepted:
            body, headers["content-encoding"] = deflate_gzip(body, GZIP_LEVEL), "gzip"
    return Response(body, status_code=status, media_type="application/json", headers=headers)


def answer_unless_known(request: Request[Any, Any, Any], body: bytes) -> Response[bytes]:
    """An answer with its tag, or 304 and nothing where the phone has named that tag: nothing has changed since."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    is_known = request.headers.get("if-none-match", "") == tag
    told = answer(request, b"", 304) if is_known else answer(request, body)
    told.set_header("etag", tag)
    return told
