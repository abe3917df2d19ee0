"""How often one address may write to us or ask (privacy rule C8): ten times a minute, counted in the database."""

from datetime import timedelta

from server.http.services import Services
from server.problems import TooManyTries
from server.queries.operation.rate_limits import Limit, count_try
from server.security.tokens import hash_token
from server.web.layout.page import AnyRequest

A_MINUTE = Limit(purpose="public", tries=10, window=timedelta(minutes=1))


def check_limit(request: AnyRequest, services: Services) -> None:
    """Counts a try from this address. Raises TooManyTries."""
    address = request.client.host if request.client else ""
    now_ms = int(services.clock().timestamp() * 1000)
    with services.database.writing() as session:
        wait_ms = count_try(session, A_MINUTE, hash_token(f"public {address}"), now_ms)
    if wait_ms:
        raise TooManyTries(wait_ms // 1000 + 1)
