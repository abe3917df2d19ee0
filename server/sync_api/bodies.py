"""Bodies on their way:

what a phone squeezed is opened within bounds, and what it gets is squeezed as it can take it.
"""

from typing import Any

import zstandard
from litestar import Request, Response

from sync.encoding import CODECS, deflate_gzip, inflate
from sync.wire import LIMITS, Limits, Refused

SMALLEST_TO_SQUEEZE = 400
GZIP_LEVEL = 1
ZSTD_LEVEL = 3
CODECS_HERE = dict(CODECS)


def inflate_zstd(body: bytes, bytes_max: int) -> bytes:
    """The plain body. Refuses a bomb before it has swollen, and a body that was cut off."""
    reader = zstandard.ZstdDecompressor().stream_reader(body)
    try:
        plain = reader.read(bytes_max + 1)
    except zstandard.ZstdError as error:
        raise Refused("malformed", detail="The body is not valid zstd.") from error
    if len(plain) > bytes_max:
        raise Refused("too_large")
    return plain


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
