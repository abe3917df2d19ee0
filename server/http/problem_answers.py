"""Turns whatever was raised into an answer: problem details (RFC 9457) for programs, a plain page for people.

An unexpected error is logged with the places it passed through and its type, never with its message: a driver's message
may quote the record it failed on.
"""

import logging
import re
import traceback
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.response import Redirect
from litestar.utils.scope.state import ScopeState
from sqlalchemy.exc import DataError, IntegrityError, StatementError

from server.database.columns import NoZone
from server.database.deadlocks import is_deadlock
from server.database.engine import BUSY
from server.http.headers import ensure_nonce
from server.http.just_done import MARK
from server.http.once_more import WAS_ENDED
from server.problems import (
    ALREADY_THERE,
    FAULT,
    FORGED,
    INVALID,
    MEDIA_TYPE,
    NO_SUCH_PAGE,
    NOT_ALLOWED,
    NOT_SIGNED_IN,
    PROVE_AGAIN,
    TOO_LARGE,
    TOO_MANY,
    UNAVAILABLE,
    UNREADABLE,
    WRONG_MEDIA_TYPE,
    WRONG_METHOD,
    Failure,
    Kind,
    Problem,
)
from server.security.drafts import page_of_mark
from sync.wire import Refused

AnyRequest = Request[Any, Any, Any]
ShowPage = Callable[[AnyRequest, Problem], Response[Any]]
"""Renders a problem as a page; the pages' own package provides it."""

logger = logging.getLogger("lantern")

BY_STATUS: Mapping[int, Kind] = {
    400: UNREADABLE,
    401: NOT_SIGNED_IN,
    403: NOT_ALLOWED,
    404: NO_SUCH_PAGE,
    405: WRONG_METHOD,
    413: TOO_LARGE,
    415: WRONG_MEDIA_TYPE,
    429: TOO_MANY,
    503: UNAVAILABLE,
}
UNSTORABLE = (DataError, OverflowError)
"""A number or a text that came from outside and that no column can hold, such as a NUL or twenty digits."""
KEPT_FOR_PAGE = "kept_for_page"
"""In a request's state: the page whose form came after its session had ended, where its words were kept."""
NOT_TAKEN = "not_taken"
"""In a request's state: a redirect answers it, and yet its form was not taken."""
QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")


def exception_handlers(show_page: ShowPage) -> dict[Any, Callable[[AnyRequest, Any], Response[Any]]]:
    """What Litestar asks for: for every exception, how it is answered."""

    def answer_failure(request: AnyRequest, failure: Failure) -> Response[Any]:
        return answer(request, failure, show_page)

    def answer_any(request: AnyRequest, error: Exception) -> Response[Any]:
        if is_deadlock(error):
            request.scope["state"][WAS_ENDED] = True
        return answer(request, as_failure(error), show_page)

    return {Failure: answer_failure, Refused: answer_refused, HTTPException: answer_any, Exception: answer_any}


def answer(request: AnyRequest, failure: Failure, show_page: ShowPage) -> Response[Any]:
    """The answer to a failure, as a page where a person asked for one."""
    ensure_nonce(request.scope)
    if not wants_page(request):
        return answer_problem(failure.problem, failure.headers)
    if failure.kind is NOT_SIGNED_IN:
        return go_to_sign_in(request)
    if failure.kind is PROVE_AGAIN:
        request.scope["state"][NOT_TAKEN] = True
        request.scope["state"][KEPT_FOR_PAGE] = _page_of_form(request)
        return go_to_sign_in(request, "prove_again")
    if failure.kind is FORGED and (page := request.scope["state"].get(KEPT_FOR_PAGE)):
        return Redirect(page, status_code=303)  # a page of an earlier session: its words stand in its form again
    response = show_page(request, failure.problem)
    response.headers.update(failure.headers)
    return response


def answer_problem(problem: Problem, headers: Mapping[str, str] | None = None) -> Response[Any]:
    """A problem as its own media type."""
    return Response(problem, status_code=problem.status, media_type=MEDIA_TYPE, headers=dict(headers or {}))


def answer_refused(request: AnyRequest, refused: Refused) -> Response[Any]:
    """A refusal of sync: problem details that also hold what the phone's side of the protocol reads."""
    kind = BY_STATUS.get(refused.status)
    title = kind.title if kind and refused.status != 404 else HTTPStatus(refused.status).phrase
    body = {"type": f"/problems/sync-{refused.code.replace('_', '-')}", "title": title, "status": refused.status}
    body |= msgspec.to_builtins(refused.refusal)
    headers = {"retry-after": str(refused.refusal.retry_after_s or 5)} if refused.status in {429, 503} else {}
    return Response(body, status_code=refused.status, media_type=MEDIA_TYPE, headers=headers)


def wants_page(request: AnyRequest) -> bool:
    """Does a browser ask for something to read, rather than a program for data?"""
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith(
        ("/sync/", "/blobs/", "/api/")
    )


def go_to_sign_in(request: AnyRequest, why: str = "") -> Response[Any]:
    """Send a browser to the sign-in page and, if it was reading, back to where it was afterwards."""
    page = request.scope["state"].get(KEPT_FOR_PAGE, "")
    path = f"/sign-in?next={quote(_address_of(request))}" if request.method == "GET" else "/sign-in"
    path = f"/sign-in?next={page}&kept=yes" if page else path
    path = f"{path}{'&' if '?' in path else '?'}done={why}" if why else path
    told = {MARK: why} if why else {}
    if request.headers.get("hx-request"):
        return Response("", status_code=401, headers={"hx-redirect": path, **told})
    return Redirect(path, status_code=303, headers=told)


def _address_of(request: AnyRequest) -> str:
    """What was asked for, narrowed as it was; what a press before it had done is said once."""
    narrowed = urlencode([(name, value) for name, value in request.query_params.multi_items() if name != "done"])
    return f"{request.url.path}?{narrowed}" if narrowed else request.url.path


def _page_of_form(request: AnyRequest) -> str:
    """The page that a form stood on, as its mark says; nothing without one."""
    sent = ScopeState.from_scope(request.scope).form
    mark = sent.get("_draft") if isinstance(sent, dict) else None
    return page_of_mark(mark) if isinstance(mark, str) else ""


def as_failure(error: Exception) -> Failure:
    """The catalogue's name for an exception; an unexpected one is logged and told as a fault of ours."""
    if isinstance(error, Failure):
        return error
    if isinstance(error, ValidationException):
        return Failure(INVALID, errors=_validation_errors(error))
    if isinstance(error, HTTPException):
        return _http_failure(error)
    if isinstance(error, IntegrityError):
        _log(error)
        return Failure(ALREADY_THERE)
    if isinstance(error, StatementError) and isinstance(error.orig, NoZone):
        return Failure(INVALID, "A time needs its zone, such as 2026-11-12T21:00:00Z.")
    if isinstance(error, UNSTORABLE):
        _log(error)
        return Failure(INVALID)
    if isinstance(error, BUSY):
        _log(error)
        return Failure(UNAVAILABLE, headers={"retry-after": "2"})
    _log(error)
    return Failure(FAULT)


HUNG_UP = "disconnected prematurely"
"""Litestar's words for a sender who went away in the middle: a phone in a lift, and no fault of ours."""


def _http_failure(error: HTTPException) -> Failure:
    if error.status_code >= 500 and not error.detail.endswith(HUNG_UP):
        _log(error)
    kind = BY_STATUS.get(error.status_code, UNREADABLE if error.status_code < 500 else FAULT)
    headers = {name: value for name, value in (error.headers or {}).items() if name.lower() in {"allow", "retry-after"}}
    return Failure(kind, headers=headers)


def _validation_errors(error: ValidationException) -> tuple[str, ...]:
    """One sentence for each fault: which field, and what was expected. What was sent is never repeated."""
    extra = error.extra if isinstance(error.extra, list) else []
    sentences = []
    for each in extra:
        if isinstance(each, dict):
            message = QUOTED.sub("…", str(each.get("message", "it cannot be read")))
            sentences.append(f"{each.get('key', 'The body')}: {message}")
    return tuple(sentences)


def _log(error: BaseException) -> None:
    places = "".join(traceback.format_tb(error.__traceback__))
    names: list[str] = []
    cause: BaseException | None = error
    while cause is not None:
        names.append(f"{type(cause).__module__}.{type(cause).__qualname__}")
        cause = cause.__cause__ or cause.__context__
    logger.error("Unexpected %s\n%s", " from ".join(names), places)
