"""Which partner's system asks: by the token that it shows, not more often than it may.

Such addresses name their scope (`opt`). They read no cookie, so that no browser can be made to ask.
"""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from litestar import Request
from litestar.handlers import BaseRouteHandler

from server.access import day_of
from server.actions.partnership.systems import Bearer, find_bearer
from server.http.services import Services
from server.problems import SYSTEM_REFUSED, Failure, Forbidden, TooManyTries
from server.queries.operation.rate_limits import Limit, count_try
from server.queries.partnership.systems import PartnerSystem
from server.security.tokens import hash_token

SCOPE = "scope"
"""In a handler's `opt`: the scope that a system needs. Whoever names one is for systems, and for nobody else."""
STATE_KEY = "system"
BEARER = "bearer "
CHALLENGE = {"www-authenticate": 'Bearer realm="Lantern"'}
OF_A_SYSTEM = Limit(purpose="system", tries=600, window=timedelta(minutes=1))
OF_AN_ADDRESS = Limit(purpose="system token", tries=60, window=timedelta(minutes=1))
"""Of one network address: asking for tokens, and showing ones that are none."""


def is_for_systems(handler: BaseRouteHandler) -> bool:
    """Is this address for partners' systems?"""
    return SCOPE in handler.opt


def identify(request: Request[Any, Any, Any], services: Services, now: datetime) -> Bearer:
    """Whose token a request shows. Raises Failure (401, 403, 429)."""
    header = request.headers.get("authorization", "")
    token = header[len(BEARER) :].strip() if header.lower().startswith(BEARER) else ""
    today = day_of(now, ZoneInfo(services.settings.timezone))
    with services.database.reading() as session:
        found = find_bearer(session, services.keys.secret, token, now, today) if token else None
    if found is None:
        limit_address(request, services, now)
        raise Failure(SYSTEM_REFUSED, headers=CHALLENGE)
    _limit(services, OF_A_SYSTEM, found.system.id, now)
    needed = request.route_handler.opt[SCOPE]
    if needed not in found.system.scopes:
        raise Forbidden(f"This system was not given the scope {needed}.")
    return found


def limit_address(request: Request[Any, Any, Any], services: Services, now: datetime) -> None:
    """Count a try of a network address. Raises TooManyTries."""
    _limit(services, OF_AN_ADDRESS, request.client.host if request.client else "", now)


def system_of(request: Request[Any, Any, Any]) -> PartnerSystem:
    """The system that the gate let through."""
    system = request.scope["state"].get(STATE_KEY)
    if not isinstance(system, PartnerSystem):
        raise Failure(SYSTEM_REFUSED, headers=CHALLENGE)
    return system


def _limit(services: Services, limit: Limit, subject: str, now: datetime) -> None:
    with services.database.writing() as session:
        wait_ms = count_try(session, limit, hash_token(f"{limit.purpose} {subject}"), int(now.timestamp() * 1000))
    if wait_ms:
        raise TooManyTries(-(-wait_ms // 1000))
