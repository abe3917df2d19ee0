"""Stands before every handler: it must name its action, and whoever asks must be signed in and hold a role that has it. A
partner's system shows a token instead, and asks as the worker who answers for it (`server.http.systems`).

This is the first wall. The second, about the record itself, is `server.access`; phones prove themselves in `sync_api`.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from litestar import Request
from litestar.concurrency import sync_to_thread
from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from litestar.utils.scope.state import ScopeState

from server.access import Door, day_of
from server.actions.operation.drafts import LONGEST_PATH
from server.database.context import Kind, acting
from server.http.cookies import read_session
from server.http.headers import ensure_nonce
from server.http.local_time import speak_in
from server.http.once_more import do_once_more
from server.http.problem_answers import KEPT_FOR_PAGE, NOT_TAKEN
from server.http.services import Services
from server.http.systems import STATE_KEY, identify, is_for_systems
from server.problems import FORGED, NOT_SIGNED_IN, Failure, Forbidden
from server.queries.operation import audit
from server.queries.operation.audit import AuditLine
from shared.model.worker import Worker
from shared.policy import Act
from shared.policy.grid import GRID

OWN_PROOF = frozenset({Act.PUBLIC, Act.SYNC})
"""Actions for which no browser session is asked:

open ones, and those where a phone shows its own token and signature.
"""

NO_SUCH_ROLE = "Your role does not include this."
FORM, FILES = "application/x-www-form-urlencoded", "multipart/form-data"
SEE_OTHER = 303
RENEWS = "x-lantern-renews"
"""Bears a request by which a page renews itself."""
KEEPS_DRAFT = "keeps_draft"
"""In a request's state: its handler has put the draft right itself."""
READING = frozenset({"GET", "HEAD"})
"""Requests that bring nothing with them to wait for."""


class AuthenticationMiddleware(ASGIMiddleware):
    """Lets a request through to its handler, with a door in its state, or raises Failure."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, find: Callable[[], Services]) -> None:
        self._find = find

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Check one request."""
        ensure_nonce(scope)
        speak_in(ZoneInfo(self._find().settings.timezone))
        action = scope["route_handler"].opt.get("action")
        if not isinstance(action, Act):
            raise Forbidden("This address names no action, so nobody may use it.")
        with acting(_kind_of(scope, action)):
            if is_for_systems(scope["route_handler"]):
                await sync_to_thread(_admit_system, scope, self._find(), action)
            elif action not in OWN_PROOF:
                await self._admit(scope, receive, action)
                send = _forget_what_was_sent(scope, send, self._find())
            try:
                await self._answer(scope, receive, send, next_app)
            except Failure as refused:
                if refused.kind is FORGED:
                    await self._keep_forged(scope, receive)
                raise

    async def _answer(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        if Headers.from_scope(scope).get("content-type", "").startswith(FILES):
            await next_app(scope, receive, send)  # its files were read, and are closed once it has failed
        else:
            await do_once_more(scope, send, lambda send: next_app(scope, receive, send))

    async def _keep_forged(self, scope: Scope, receive: Receive) -> None:
        services = self._find()
        with acting(Kind.SIGN_IN):
            scope["state"][KEPT_FOR_PAGE] = await _keep_words(Request(scope, receive), services, services.clock())

    async def _admit(self, scope: Scope, receive: Receive, action: Act) -> None:
        services = self._find()
        now, zone = services.clock(), ZoneInfo(services.settings.timezone)
        request: Request[Any, Any, Any] = Request(scope, receive)
        token = read_session(request, services.settings)
        # What a page asks by itself is no use of it: a session that only polls ends when its idle time does.
        is_use = not scope["route_handler"].opt.get("polls", False) and RENEWS not in request.headers
        find = services.signin.find_acting
        acting = await sync_to_thread(find, token, now, day_of(now, zone), is_use=is_use) if token else None
        if acting is None:
            scope["state"][KEPT_FOR_PAGE] = await _keep_words(request, services, now)
            raise Failure(NOT_SIGNED_IN)
        worker, _ = acting
        # Whoever has no role yet, or one that waits for two organisations, still reads why, and signs out.
        if action is not Act.SIGNED_IN and not has_action(worker, action):
            await sync_to_thread(_note_refusal, services, worker, action, address_of(request), now)
            raise Forbidden(NO_SUCH_ROLE)
        scope["state"]["draft_mark"] = services.drafts.key.mark(worker.id, scope["path"][:LONGEST_PATH], now)
        scope["state"]["idle_s"] = int(services.settings.session_idle.total_seconds())
        # A page follows at once. A form may take its time to arrive, so whoever sent it is asked after again behind the door.
        fresh = acting if request.method in READING else None
        scope["state"]["door"] = Door(
            services.database,
            worker,
            now,
            services.new_id,
            zone=zone,
            acting=fresh,
            address=address_of(request),
            may_change=request.method not in READING,
        )


def _admit_system(scope: Scope, services: Services, action: Act) -> None:
    """Let a partner's system through, as the worker who answers for it."""
    request: Request[Any, Any, Any] = Request(scope)
    now = services.clock()
    bearer = identify(request, services, now)
    worker, _ = bearer.acting
    if not has_action(worker, action):
        _note_refusal(services, worker, action, address_of(request), now)
        raise Forbidden(NO_SUCH_ROLE)
    scope["state"][STATE_KEY] = bearer.system
    is_reading = request.method in READING
    scope["state"]["door"] = Door(
        services.database, worker, now, services.new_id, zone=ZoneInfo(services.settings.timezone),
        acting=bearer.acting if is_reading else None, address=address_of(request), may_change=not is_reading,
        by=f"system {bearer.system.name}",
    )  # fmt: skip


def _kind_of(scope: Scope, action: Act) -> Kind:
    """What the database is told that a request is for, until its door knows for whom (`server.access`)."""
    if action is Act.SYNC:
        return Kind.SYNC
    if action is Act.PUBLIC:
        return Kind(scope["route_handler"].opt.get("kind", Kind.PUBLIC))
    return Kind.SIGN_IN


async def _keep_words(request: Request[Any, Any, Any], services: Services, now: datetime) -> str:
    """Keep a form that came too late, for whom it was made; returns the page to come back to, else nothing."""
    if request.method != "POST" or not request.headers.get("content-type", "").startswith(FORM):
        return ""
    sent = await request.form()
    mark, fields = sent.get("_draft", ""), {name: value for name, value in sent.dict().items() if name[:1] != "_"}
    if not isinstance(mark, str) or not mark:
        return ""
    words = {name: [str(each) for each in value] if len(value) > 1 else str(value[0]) for name, value in fields.items()}
    action = draft_of(request.url.path, sent.dict())
    return await sync_to_thread(services.drafts.keep_unsigned, mark, action, words, now)


def _forget_what_was_sent(scope: Scope, send: Send, services: Services) -> Send:
    """A draft is gone once its form was taken, before the browser hears so: the next page shows none of it. A handler that took
    a part of a form keeps the rest itself. One not taken, because its sender has to prove who they are first, is kept.
    """

    async def forget_first(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == SEE_OTHER:
            sent = ScopeState.from_scope(scope).form
            if isinstance(sent, dict) and sent.get("_draft") and not scope["state"].get(KEEPS_DRAFT):
                if scope["state"].get(NOT_TAKEN):
                    await _keep_words(Request(scope), services, services.clock())
                else:
                    worker_id = scope["state"]["door"].worker.id
                    await sync_to_thread(services.drafts.forget, worker_id, draft_of(scope["path"], sent))
        await send(message)

    return forget_first


def draft_of(path: str, sent: Mapping[str, Any]) -> str:
    """Under which name a form is kept: where it is sent, and which of several forms of that address it is. One with presses of
    several addresses has one of them as its part, whichever was pressed."""
    part = sent.get("_part")
    part = part[0] if isinstance(part, list) and part else part
    if not isinstance(part, str) or not part:
        return path
    return part if part.startswith("/") else f"{path}#{part}"


def has_action(worker: Worker, action: Act) -> bool:
    """Does any of the worker's roles know this action, whatever its reach?"""
    return any(action in GRID.get(role, {}) for role in worker.roles)


def address_of(request: Request[Any, Any, Any]) -> str:
    """The network address that a request came from, as the audit keeps it."""
    return request.client.host[:64] if request.client else ""


def _note_refusal(services: Services, worker: Worker, action: Act, address: str, now: datetime) -> None:
    """A try at what no role of theirs has is on record like any other refusal (ASVS 16.3.2)."""
    line = AuditLine(
        id=services.new_id(), at=now, actor_id=worker.id, agency_id=worker.agency_id, action=str(action), allowed=False,
        reason=NO_SUCH_ROLE, address=address,
    )  # fmt: skip
    with services.database.writing() as session:
        audit.add_lines(session, [line])
