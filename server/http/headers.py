"""The headers of every answer (privacy rule C9): a strict content policy with a nonce, and nothing kept by a cache.

No other host is ever named: scripts, styles, images and requests come from and go to this server alone.
"""

import secrets
from collections.abc import Awaitable, Callable

from litestar.datastructures import MutableScopeHeaders
from litestar.types import Message, Scope

NONCE_KEY = "csp_nonce"
TWO_YEARS_S = 63_072_000
NOTHING_OF_THE_DEVICE = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
POSITION_ALONE = NOTHING_OF_THE_DEVICE.replace("geolocation=()", "geolocation=(self)")


def ensure_nonce(scope: Scope) -> str:
    """The nonce that this answer's scripts carry; made at the first call for a request."""
    state = scope["state"]
    if NONCE_KEY not in state:
        state[NONCE_KEY] = secrets.token_urlsafe(16)
    return str(state[NONCE_KEY])


def content_policy(nonce: str) -> str:
    """What a page may load. MapLibre's worker is a blob of our own script; its images are drawn into data and blobs."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' 'nonce-{nonce}'",
            "style-src 'self'",
            "img-src 'self' data: blob:",
            "font-src 'self'",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            "manifest-src 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        )
    )


def protect(*, https: bool) -> Callable[[Message, Scope], Awaitable[None]]:
    """A hook that adds the headers to each answer, also to those that no handler made."""

    async def add_headers(message: Message, scope: Scope) -> None:
        if message["type"] != "http.response.start":
            return
        headers = MutableScopeHeaders.from_message(message)
        # What is handed out as a file says a stricter one itself.
        headers.setdefault("content-security-policy", content_policy(ensure_nonce(scope)))
        for name, value in {
            "x-content-type-options": "nosniff",
            "x-frame-options": "DENY",
            "referrer-policy": "no-referrer",
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
        }.items():
            headers[name] = value
        # A page that asks a phone where it is says so itself.
        headers.setdefault("permissions-policy", NOTHING_OF_THE_DEVICE)
        headers.setdefault("cache-control", "no-store")
        if https:
            headers["strict-transport-security"] = f"max-age={TWO_YEARS_S}; includeSubDomains"

    return add_headers
