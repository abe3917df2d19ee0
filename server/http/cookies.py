"""The session's cookie (privacy rule C4): `__Host-`, Secure, HttpOnly and SameSite=Lax.

The one exception is plain http on this machine's own loopback address, where browsers keep no `__Host-` cookie: there
the cookie has another name and is not Secure, and no other machine can reach the server at all.
"""

from typing import Any

from litestar import Request, Response
from litestar.datastructures import Cookie

from server.settings import Settings

AWAY_S = 600
"""How long somebody may be away at the sign-in of their organisation."""


def session_cookie_name(settings: Settings) -> str:
    """What the session's cookie is called on this server."""
    return "__Host-lantern" if settings.cookie_is_secure else "lantern-session"


def form_cookie_name(settings: Settings) -> str:
    """What the cookie that guards forms is called on this server."""
    return "__Host-lantern-form" if settings.cookie_is_secure else "lantern-form"


def read_session(request: Request[Any, Any, Any], settings: Settings) -> str:
    """The token that the browser sent, or nothing."""
    return request.cookies.get(session_cookie_name(settings), "")


def set_session(response: Response[Any], settings: Settings, token: str) -> None:
    """Give the browser its session. It ends with the browser, and on the server after the settings' times."""
    response.set_cookie(
        Cookie(
            key=session_cookie_name(settings),
            value=token,
            path="/",
            httponly=True,
            secure=settings.cookie_is_secure,
            samesite="lax",
        )
    )


def clear_session(response: Response[Any], settings: Settings) -> None:
    """Take the session from the browser, and all it kept of our pages.

    Pages keep nothing in its storage. The form in a pocket does, sealed (decision 104): that is not sent yet, and stays.
    """
    response.set_cookie(
        Cookie(
            key=session_cookie_name(settings),
            value="",
            path="/",
            max_age=0,
            httponly=True,
            secure=settings.cookie_is_secure,
            samesite="lax",
        )
    )
    response.headers["clear-site-data"] = '"cache", "cookies"'


def _away_cookie_name(settings: Settings) -> str:
    return "__Host-lantern-away" if settings.cookie_is_secure else "lantern-away"


def read_away(request: Request[Any, Any, Any], settings: Settings) -> str:
    """What the browser kept while it was at the organisation's sign-in, or nothing."""
    return request.cookies.get(_away_cookie_name(settings), "")


def set_away(response: Response[Any], settings: Settings, sealed: str) -> None:
    """Let the browser keep it for ten minutes. Lax: it comes back from another site by a link."""
    _set_away(response, settings, sealed, AWAY_S)


def clear_away(response: Response[Any], settings: Settings) -> None:
    """It is good once."""
    _set_away(response, settings, "", 0)


def _set_away(response: Response[Any], settings: Settings, value: str, max_age: int) -> None:
    response.set_cookie(
        Cookie(
            key=_away_cookie_name(settings),
            value=value,
            path="/",
            max_age=max_age,
            httponly=True,
            secure=settings.cookie_is_secure,
            samesite="lax",
        )
    )
