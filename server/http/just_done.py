"""What was just done is said once: a page says so when this browser has just come from doing it, and not when it is loaded again
or opened by a link that somebody made up."""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Request, Response
from litestar.datastructures import Cookie, MutableScopeHeaders
from litestar.types import Message, Scope

DONE = "done"
LASTS_S = 60
"""How long a browser may take from the answer to the page that it leads to."""
_PLAIN, _BOUND = "lantern-done", "__Host-lantern-done"
MARK = "x-lantern-done"
"""In an answer on its way out, what was done; never sent."""


def mark_done(*, is_secure: bool) -> Callable[[Message, Scope], Awaitable[None]]:
    """A hook that lets the browser carry what was done to the page that says so. Only our own code marks an answer: an address
    that somebody made up, and that a sign-in leads to, marks none."""

    async def add_cookie(message: Message, scope: Scope) -> None:
        if message["type"] != "http.response.start":
            return
        headers = MutableScopeHeaders.from_message(message)
        if said := headers.get(MARK, ""):
            del headers[MARK]
            headers.add("set-cookie", _cookie(said, LASTS_S, is_secure=is_secure).to_header(header=""))

    return add_cookie


def read_done(request: Request[Any, Any, Any]) -> str:
    """What was just done here, by the key in the address; nothing where this browser did not just do it."""
    said = request.query_params.get(DONE, "")
    return said if said and said in (request.cookies.get(_BOUND), request.cookies.get(_PLAIN)) else ""


def forget_done(request: Request[Any, Any, Any], response: Response[Any]) -> None:
    """It was said."""
    response.set_cookie(_cookie("", 0, is_secure=_BOUND in request.cookies))


def _cookie(value: str, lasts_s: int, *, is_secure: bool) -> Cookie:
    return Cookie(
        key=_BOUND if is_secure else _PLAIN, value=value, path="/", max_age=lasts_s, httponly=True, secure=is_secure,
        samesite="lax",
    )  # fmt: skip
