"""Sending a report by Open311, and asking what became of one's own."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.concurrency import sync_to_thread
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath
from sqlalchemy.orm import Session

from server.actions.referrals.georeport import (
    LONGEST_NUMBER,
    SERVICE_CODE,
    Fault,
    ReportRefused,
    read_request,
    say_standing,
    take_request,
)
from server.http.local_time import to_local
from server.http.services import Services
from server.importers.files import make_storable
from server.places.districts import CurrentDistricts
from server.queries.operation.rate_limits import Limit
from server.queries.referrals import georeport
from server.queries.referrals.georeport import Asked
from server.security.tokens import hash_token
from server.web.layout.page import AnyRequest
from server.web.open311.forms import BASE, Fields, answer, check_jurisdiction, limit_tries, refuse, say_time, split_name
from server.web.open311.service_list import SERVICE
from shared.model.value import Id
from shared.policy import Act

PAGE_LENGTH, LONGEST_PAGE = 50, 1000
LONGEST_SPAN = timedelta(days=90)
EARLIEST_YEAR, LATEST_YEAR = 2000, 2200
OF_A_KEY = Limit(purpose="georeport", tries=300, window=timedelta(minutes=1))
"""A partner's system sends for many people: a thousand in ten minutes are taken."""
OF_AN_ADDRESS = Limit(purpose="georeport address", tries=60, window=timedelta(minutes=1))
KEY_HEADERS = ("x-api-key", "api_key")
NO_KEY = Fault(code=403, description="api_key was not provided, or is none of ours")
NOT_FOUND = Fault(code=404, description="service_request_id was not found")
Sent = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)]


@post(
    [f"{BASE}/requests.json", f"{BASE}/requests.xml"], opt={"action": Act.PUBLIC}, status_code=201,
    include_in_schema=False,
)  # fmt: skip
async def send_request(request: AnyRequest, services: NamedDependency[Services], data: Sent) -> Response[bytes]:
    """Takes a report; answers with its number at once."""
    # What no database holds is left out, and the report taken: who is told of a fault of one letter may send none at all.
    sent = {name: make_storable(str(value)) for name, value in data.items() if not isinstance(value, list)}

    def take() -> Response[bytes]:
        check_jurisdiction(services.settings, sent.pop("jurisdiction_id", ""))
        key_id = _find_key(request, services, sent.pop("api_key", ""))
        now = services.clock()
        read = read_request(sent, key_id, now)
        with services.database.writing() as session:
            finder = _districts(services.settings.data).get_finder(session, to_local(now).date())
            reference = take_request(session, read, finder, now, services.new_id)
        told = {"service_request_id": reference, "service_notice": SERVICE["description"], "account_id": None}
        return answer(request, "service_requests", "request", [told], 201)

    # Of a handler with several paths Litestar 2.25 wraps a synchronous one twice.
    return await sync_to_thread(_or_refuse, request, take)


@get(
    [f"{BASE}/requests.json", f"{BASE}/requests.xml"], opt={"action": Act.PUBLIC}, include_in_schema=False
)  # fmt: skip
async def list_requests(request: AnyRequest, services: NamedDependency[Services]) -> Response[bytes]:
    """The key's own reports; without a key those alone whose numbers are named."""
    asked = {name: str(value) for name, value in request.query_params.items()}

    def find() -> Response[bytes]:
        check_jurisdiction(services.settings, asked.get("jurisdiction_id", ""))
        numbers = [each.strip() for each in asked.get("service_request_id", "").split(",") if each.strip()]
        if numbers:
            return _answer_named(request, services, asked, numbers[:LONGEST_PAGE])
        key_id = _find_key(request, services, asked.get("api_key", ""))
        wanted = {each.strip() for each in asked.get("service_code", SERVICE_CODE).split(",")}
        states = {each.strip() for each in asked.get("status", "open,closed").split(",")}
        if SERVICE_CODE not in wanted or not states & {"open", "closed"}:
            return answer(request, "service_requests", "request", [])
        length = _read_number(asked, "page_size", PAGE_LENGTH, LONGEST_PAGE)
        page = _read_number(asked, "page", 1, 1_000_000)
        with services.database.reading() as session:
            found = georeport.list_asked(
                session, key_id=key_id, between=_read_span(asked, services.clock()), limit=length,
                offset=(page - 1) * length, is_open=None if states >= {"open", "closed"} else "open" in states,
            )  # fmt: skip
            rows = [_show(session, each) for each in found]
        return answer(request, "service_requests", "request", rows)

    return await sync_to_thread(_or_refuse, request, find)


@get(f"{BASE}/requests/{{name:str}}", opt={"action": Act.PUBLIC}, sync_to_thread=True, include_in_schema=False)
def find_request(request: AnyRequest, services: NamedDependency[Services], name: FromPath[str]) -> Response[bytes]:
    """One report, by the number that its sender was given."""

    def find() -> Response[bytes]:
        asked = {name: str(value) for name, value in request.query_params.items()}
        check_jurisdiction(services.settings, asked.get("jurisdiction_id", ""))
        return _answer_named(request, services, asked, [split_name(name)])

    return _or_refuse(request, find)


@get(f"{BASE}/tokens/{{name:str}}", opt={"action": Act.PUBLIC}, sync_to_thread=True, include_in_schema=False)
def find_token(request: AnyRequest, services: NamedDependency[Services], name: FromPath[str]) -> Response[bytes]:
    """The number of a report by its token. Numbers are given at once here, so that each is its own token."""

    def find() -> Response[bytes]:
        check_jurisdiction(services.settings, request.query_params.get("jurisdiction_id", ""))
        token = make_storable(split_name(name))
        limit_tries(request, services, OF_AN_ADDRESS, request.client.host if request.client else "")
        with services.database.reading() as session:
            if not georeport.list_asked(session, references=[token]):
                raise ReportRefused(Fault(code=404, description="token was not found"))
        return answer(request, "service_requests", "request", [{"service_request_id": token, "token": token}])

    return _or_refuse(request, find)


@cache
def _districts(data: Path) -> CurrentDistricts:
    return CurrentDistricts(data)


def _or_refuse(request: AnyRequest, act: Callable[[], Response[bytes]]) -> Response[bytes]:
    try:
        return act()
    except ReportRefused as refused:
        return refuse(request, refused)


def _find_key(request: AnyRequest, services: Services, given: str) -> Id:
    """Whose key came with a request, in its form, its address or a header. Raises Refused for none of ours."""
    key = _given_key(request, given)
    key_hash = hash_token(key[:200])
    with services.database.reading() as session:
        key_id = georeport.find_key(session, key_hash) if key else None
    if key_id is None:
        limit_tries(request, services, OF_AN_ADDRESS, request.client.host if request.client else "")
        raise ReportRefused(NO_KEY)
    limit_tries(request, services, OF_A_KEY, key_id)
    return key_id


def _given_key(request: AnyRequest, given: str) -> str:
    return given or next((found for name in KEY_HEADERS if (found := request.headers.get(name, ""))), "")


def _answer_named(
    request: AnyRequest, services: Services, asked: dict[str, str], numbers: list[str]
) -> Response[bytes]:
    given = asked.get("api_key", "")
    key_id = _find_key(request, services, given) if _given_key(request, given) else None
    if key_id is None:
        limit_tries(request, services, OF_AN_ADDRESS, request.client.host if request.client else "")
    with services.database.reading() as session:
        found = georeport.list_asked(session, references=[*map(make_storable, numbers)], limit=LONGEST_PAGE)
        theirs = {each.reference for each in found if each.key_id == key_id}
        rows = [_show(session, each) if each.reference in theirs else _show_status(session, each) for each in found]
    if not rows:
        raise ReportRefused(NOT_FOUND)
    return answer(request, "service_requests", "request", rows)


def _show_status(session: Session, asked: Asked) -> Fields:
    """Where a report stands, for whoever knows its number: nothing of what its sender said."""
    told = ("service_request_id", "status", "status_notes", "service_name", "service_code", "expected_datetime")
    shown = _show(session, asked)
    return {name: shown[name] for name in (*told, "requested_datetime", "updated_datetime")}


def _show(session: Session, asked: Asked) -> Fields:
    """What its sender said, and where it stands: never who has it, and never a word of the person."""
    referral = asked.row.referral
    position = referral.position
    words, updated_at = say_standing(session, asked)
    return {
        "service_request_id": asked.reference,
        "status": "open" if asked.is_open else "closed",
        "status_notes": words,
        "service_name": SERVICE["service_name"],
        "service_code": SERVICE_CODE,
        "description": referral.description,
        "agency_responsible": asked.row.district_name or None,
        "service_notice": None,
        "requested_datetime": say_time(referral.reported_at),
        "updated_datetime": say_time(updated_at),
        "expected_datetime": f"{referral.due_on.isoformat()}T17:00:00+00:00" if asked.is_open else None,
        "address": referral.place or None,
        "address_id": None,
        "zipcode": asked.postcode or None,
        "lat": position.latitude if position else None,
        "long": position.longitude if position else None,
        "media_url": None,
    }


def _read_number(asked: dict[str, str], name: str, usual: int, most: int) -> int:
    text = asked.get(name, "").strip()
    if not text:
        return usual
    if not (text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER and 1 <= int(text) <= most):
        raise ReportRefused(Fault(code=400, description=f"{name} is no number from 1 to {most}"))
    return int(text)


def _read_span(asked: dict[str, str], now: datetime) -> tuple[datetime, datetime]:
    """From when to when: ninety days at most, the last ninety where nothing is said. Raises Refused."""
    until = _read_time(asked, "end_date")
    since = _read_time(asked, "start_date")
    if until is None:
        until = now if since is None else min(now, since + LONGEST_SPAN)
    if since is None:
        since = until - LONGEST_SPAN
    if until - since > LONGEST_SPAN:
        raise ReportRefused(Fault(code=400, description="start_date and end_date are more than 90 days apart"))
    return since, until


def _read_time(asked: dict[str, str], name: str) -> datetime | None:
    text = asked.get(name, "").strip().replace(" ", "+")
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
        raise ReportRefused(Fault(code=400, description=f"{name} is no moment such as 2026-11-29T21:00:00Z"))
    return moment
