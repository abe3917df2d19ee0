"""Stands before every form: what it sends must carry the token that this server gave to this very session (ASVS 3.5.1, 7.1).

The cookie holds a random mask and its HMAC with the session's token (OWASP's signed double-submit cookie): a pair of cookie and
token from anybody else's session, or from before the sign-in, does not fit. Where nobody is signed in there is no session to bind
to: there the browser itself says that the form came from one of our own pages. Phones send no cookie: there is nothing to forge.
"""

import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from litestar import Request, Response
from litestar.datastructures import Cookie, MutableScopeHeaders
from litestar.enums import RequestEncodingType, ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from server.http.cookies import form_cookie_name, read_session
from server.http.services import Services
from server.problems import FORGED, Failure
from server.security.tokens import derive, same
from server.settings import Settings

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
OPEN_PATHS = ("/sync/", "/blobs/", "/static/", "/open311/", "/api/", "/pocket/")
"""Where no cookie is read, so that none can be abused."""
FROM_OUR_PAGES = frozenset({"same-origin", "none"})
STATE_KEY = "form_token"
FIELD = "_csrf_token"
HEADER = "x-csrftoken"
MASK_BYTES = 16


class FormGuard(ASGIMiddleware):
    """Lets a form through, or raises Failure (403.2). Leaves the token for the page's own forms in the request's state."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, find: Callable[[], Services]) -> None:
        self._find = find

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Check one request."""
        if scope["path"].startswith(OPEN_PATHS):
            await next_app(scope, receive, send)
            return
        services = self._find()
        request: Request[Any, Any, Any] = scope["litestar_app"].request_class(scope, receive)
        session = read_session(request, services.settings)
        kept = request.cookies.get(form_cookie_name(services.settings), "")
        fits = _fits(kept, services.keys.secret, session)
        if request.method not in SAFE:
            given = await _given(request)
            if not (fits and given and same(given, kept) and _is_from_our_pages(request, services.settings)):
                raise Failure(FORGED)
        token = kept if fits else make_form_token(services.keys.secret, session)
        scope["state"][STATE_KEY] = token

        async def send_with_cookie(message: Message) -> None:
            if not fits and message["type"] == "http.response.start":
                headers = MutableScopeHeaders.from_message(message)
                name = form_cookie_name(services.settings)
                # A handler that has just opened or ended a session has said what the cookie shall be.
                if not any(f"{name}=" in each for each in headers.getall("set-cookie", [])):
                    headers.add("set-cookie", _cookie(services.settings, token).to_header(header=""))
            await send(message)

        await next_app(scope, receive, send_with_cookie)


def make_form_token(secret: bytes, session_token: str) -> str:
    """A fresh token for the forms of one session; for whoever is not signed in, `session_token` is empty."""
    mask = secrets.token_hex(MASK_BYTES)
    return f"{mask}.{derive(secret, 'forms', mask, session_token)}"


def set_form_token(response: Response[Any], settings: Settings, secret: bytes, session_token: str) -> None:
    """Give the browser the token of the session that this answer opens: the one of before fits no more."""
    response.set_cookie(_cookie(settings, make_form_token(secret, session_token)))


def _fits(kept: str, secret: bytes, session_token: str) -> bool:
    mask, _, proof = kept.partition(".")
    return bool(proof) and same(proof, derive(secret, "forms", mask, session_token))


def _cookie(settings: Settings, token: str) -> Cookie:
    return Cookie(
        key=form_cookie_name(settings), value=token, path="/", httponly=True, secure=settings.cookie_is_secure,
        samesite="lax",
    )  # fmt: skip


async def _given(request: Request[Any, Any, Any]) -> str:
    header = request.headers.get(HEADER, "")
    if header:
        return header
    kind, _ = request.content_type
    if kind not in {RequestEncodingType.URL_ENCODED, RequestEncodingType.MULTI_PART}:
        return ""
    field = (await request.form()).get(FIELD, "")
    return field if isinstance(field, str) else ""


def _is_from_our_pages(request: Request[Any, Any, Any], settings: Settings) -> bool:
    """What the browser says of where a form came from. One that is too old to say so is held to its token alone; `null` is what
    our own pages send, which tell nobody where one comes from."""
    site = request.headers.get("sec-fetch-site", "")
    if site:
        return site in FROM_OUR_PAGES
    origin = request.headers.get("origin", "")
    if origin in {"", "null"}:
        return True
    return urlsplit(origin).netloc in {request.headers.get("host", ""), urlsplit(settings.address).netloc}
