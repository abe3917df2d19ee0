"""A system's way in: its id and its secret for a token (OAuth 2.0, client credentials: RFC 6749, section 4.4)."""

from base64 import b64decode
from binascii import Error as NotBase64
from typing import Annotated, Any
from urllib.parse import unquote_plus

from litestar import Request, Response, post
from litestar.concurrency import sync_to_thread
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body
from msgspec import to_builtins

from server.actions.partnership.systems import TOKEN_LIFE, issue_token
from server.http.openapi import problems
from server.http.services import Services
from server.http.systems import limit_address
from server.problems import MEDIA_TYPE, SYSTEM_REFUSED, UNREADABLE, Kind, describe
from server.web.api.shape import BASE, Told
from server.web.layout.page import NEVER_KEPT
from shared.policy import Act

GRANT = "client_credentials"
BASIC = "basic "
Sent = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)]


class Token(Told, frozen=True, kw_only=True):
    """A token, for the Authorization header of every other request."""

    access_token: str
    expires_in: int
    scope: str
    token_type: str = "Bearer"


@post(
    f"{BASE}/token", opt={"action": Act.PUBLIC, "kind": "sign_in"}, status_code=200,
    responses=problems(400, 401, 413, 415, 429), tags=["Partners' systems"],
)  # fmt: skip
async def give_token(
    request: Request[Any, Any, Any], services: NamedDependency[Services], data: Sent
) -> Response[Token]:
    """Send `grant_type=client_credentials` with the system's id and secret, as a form or by HTTP Basic."""
    sent = {name: value for name, value in data.items() if isinstance(value, str)}

    def give() -> Response[Any]:
        now = services.clock()
        limit_address(request, services, now)
        if sent.get("grant_type") != GRANT:
            return _refuse(UNREADABLE, "unsupported_grant_type", f"grant_type must be {GRANT}.")
        system_id, secret = _read_basic(request) or (sent.get("client_id", ""), sent.get("client_secret", ""))
        with services.database.reading() as session:
            issued = issue_token(session, services.keys.secret, system_id[:64].replace("\0", ""), secret[:200], now)
        if issued is None:
            return _refuse(SYSTEM_REFUSED, "invalid_client", "The system’s id or its secret is not right.")
        system, token = issued
        told = Token(access_token=token, expires_in=int(TOKEN_LIFE.total_seconds()), scope=" ".join(system.scopes))
        return Response(told, headers=NEVER_KEPT)

    return await sync_to_thread(give)


def _refuse(kind: Kind, error: str, detail: str) -> Response[Any]:
    """A problem that is an error of OAuth's too."""
    headers = NEVER_KEPT | ({"www-authenticate": 'Basic realm="Lantern"'} if kind is SYSTEM_REFUSED else {})
    told = to_builtins(describe(kind, detail)) | {"error": error, "error_description": detail}
    return Response(told, status_code=kind.status, media_type=MEDIA_TYPE, headers=headers)


def _read_basic(request: Request[Any, Any, Any]) -> tuple[str, str] | None:
    header = request.headers.get("authorization", "")
    if not header.lower().startswith(BASIC):
        return None
    try:
        name, _, secret = b64decode(header[len(BASIC) :].strip(), validate=True).decode().partition(":")
    except (NotBase64, ValueError):
        return "", ""
    return unquote_plus(name), unquote_plus(secret)
