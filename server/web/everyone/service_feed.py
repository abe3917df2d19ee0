"""The directory as a feed of Open Referral UK (HSDS-UK 3.0), for whoever reads one: public knowledge, without secret
addresses."""

from datetime import timedelta
from typing import Any

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from server.http.services import Services
from server.importers.openreferral.records import CameWith
from server.importers.openreferral.write import write_page, write_service
from server.problems import NotFound, TooManyTries
from server.queries.operation.rate_limits import Limit, count_try
from server.queries.partnership import services as directory
from server.security.tokens import hash_token
from server.web.layout.forms import read_whole
from server.web.layout.page import AnyRequest
from shared.model.value import Id
from shared.policy import Act
from shared.rules.names import words_of

BASE = "/open-referral"
PROFILE = "https://docs.openreferraluk.org/en/latest/"
LARGEST_PAGE, PAGE_LENGTH = 500, 50
OF_AN_ADDRESS = Limit(purpose="open referral", tries=1_200, window=timedelta(minutes=1))
"""Whoever takes the whole directory asks once for each service."""


@get(BASE, opt={"action": Act.PUBLIC}, sync_to_thread=False, include_in_schema=False)
def describe_feed() -> dict[str, Any]:
    """What this feed is."""
    return {"version": "HSDS-UK-3.0", "profile": PROFILE}


@get(f"{BASE}/services", opt={"action": Act.PUBLIC}, sync_to_thread=True, include_in_schema=False)
def list_feed(request: AnyRequest, services: NamedDependency[Services]) -> Response[bytes]:
    """A page of services, counted from 1; `full=true` tells each whole."""
    _count(request, services)
    query = request.query_params
    size = max(1, min(LARGEST_PAGE, _number(query.get("per_page", ""), PAGE_LENGTH)))
    number = max(1, _number(query.get("page", ""), 1))
    words = words_of(str(query.get("search", ""))[:200])
    with services.database.reading() as session:
        total, found = directory.list_page(session, words, (number - 1) * size, size)
        told = write_page(found, number, size, total)
        if query.get("full", "") == "true":
            told["contents"] = [write_service(each, _find_came_with(session, each.id)) for each in found]
    return _answer(told)


@get(f"{BASE}/services/{{service_id:str}}", opt={"action": Act.PUBLIC}, sync_to_thread=True, include_in_schema=False)
def tell_service(request: AnyRequest, services: NamedDependency[Services], service_id: FromPath[Id]) -> Response[bytes]:
    """One service whole."""
    _count(request, services)
    with services.database.reading() as session:
        kept = directory.find_kept(session, service_id)
        if kept is None:
            raise NotFound
        return _answer(write_service(kept.service, msgspec.json.decode(kept.came_with, type=CameWith)))


def _find_came_with(session: Any, service_id: Id) -> CameWith:
    kept = directory.find_kept(session, service_id)
    return CameWith() if kept is None else msgspec.json.decode(kept.came_with, type=CameWith)


def _count(request: AnyRequest, services: Services) -> None:
    address = request.client.host if request.client else ""
    now_ms = int(services.clock().timestamp() * 1000)
    with services.database.writing() as session:
        wait_ms = count_try(session, OF_AN_ADDRESS, hash_token(f"open referral {address}"), now_ms)
    if wait_ms:
        raise TooManyTries(wait_ms // 1000 + 1)


def _number(text: object, otherwise: int) -> int:
    found = read_whole(str(text), 1_000_000)
    return otherwise if found is None else found


def _answer(told: dict[str, Any]) -> Response[bytes]:
    return Response(msgspec.json.encode(told), media_type="application/json; charset=utf-8")
