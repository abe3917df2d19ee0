"""Turns a template and its facts into an answer: the frame around every page (who is signed in, where they may go, what was
just done). What a page is about comes from its own handler; nothing here reads a record.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.enums import MediaType
from litestar.response import Redirect
from litestar.status_codes import HTTP_303_SEE_OTHER
from litestar.utils.scope.state import ScopeState
from markupsafe import Markup

from server.http.form_guard import STATE_KEY
from server.http.just_done import MARK, forget_done, read_done
from server.web.layout import engine
from server.web.layout.notices import NOTICES
from server.web.layout.waiting import list_waiting
from shared.model.worker import Worker
from shared.policy import Act
from shared.policy.grid import GRID

AnyRequest = Request[Any, Any, Any]
NEVER_KEPT = {"cache-control": "no-store"}
"""A page with personal facts is never kept by a browser or on the way to it (privacy rule C9)."""


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """What the template of the frame needs, beside the page's own facts."""

    nonce: str
    csrf_field: Markup
    csrf_token: str
    draft_field: Markup = Markup()
    """The mark of a form that is kept while it is being written: beside `csrf_field`, in forms for words of one's own."""
    draft_part: Callable[[str], Markup] = Markup
    """The same for one of several forms that a page sends to one address, told apart by whatever each is about."""
    idle_s: int = 0
    may_find: bool = False
    """May they look for somebody on a case list? Then every page has the box."""
    signed_in_as: str = ""
    navigation: Markup = Markup()
    notice: str = ""


def page(
    request: AnyRequest,
    template: str,
    *,
    title: str,
    section: str = "",
    worker: Worker | None = None,
    status: int = 200,
    **facts: Any,
) -> Response[str]:
    """Returns the page of `template` in its frame. `section` is the address of the navigation entry it belongs to."""
    context: Mapping[str, Any] = {"title": title, "frame": _frame(request, worker, section), **facts}
    answer = Response(
        engine.render(template, dict(context)), media_type=MediaType.HTML, status_code=status, headers=NEVER_KEPT
    )
    if read_done(request):
        forget_done(request, answer)
    return answer


def go_to(path: str, done: str = "") -> Redirect:
    """Returns the answer after a successful write: see the page at `path`, which says what was done."""
    if done and done not in NOTICES:
        raise KeyError(done)
    mark = "&" if "?" in path else "?"
    if not done:
        return Redirect(path, status_code=HTTP_303_SEE_OTHER, headers=NEVER_KEPT)
    return Redirect(f"{path}{mark}done={done}", status_code=HTTP_303_SEE_OTHER, headers={**NEVER_KEPT, MARK: done})


def _frame(request: AnyRequest, worker: Worker | None, section: str) -> Frame:
    token = request.scope["state"].get(STATE_KEY, "")
    return Frame(
        nonce=request.scope["state"].get("csp_nonce", ""),
        csrf_token=token,
        draft_field=_draft_field(request, is_fresh=request.method == "GET" or bool(_sent(request).get("_part"))),
        draft_part=partial(_draft_part, request),
        may_find=worker is not None and any(Act.SEE_CASE_LIST in GRID.get(role, {}) for role in worker.roles),
        idle_s=request.scope["state"].get("idle_s", 0),
        csrf_field=Markup('<input type="hidden" name="_csrf_token" value="{}">').format(token),
        signed_in_as=worker.name if worker is not None else "",
        navigation=engine.navigation(worker.roles, section, list_waiting()) if worker is not None else Markup(),
        notice=NOTICES.get(read_done(request), ""),
    )


def _draft_part(request: AnyRequest, part: str) -> Markup:
    """The mark of one of several forms of one address, and which of them it is."""
    mark = _draft_field(request, is_fresh=_sent(request).get("_part") != part)
    return mark + Markup('<input type="hidden" name="_part" value="{}">').format(part)


def _draft_field(request: AnyRequest, *, is_fresh: bool) -> Markup:
    """The mark that the gate gave this page. A form that is shown again keeps the one it came with, and all that it came with:
    nothing older is laid over it."""
    came_with = _sent(request).get("_draft")
    mark = came_with if isinstance(came_with, str) and came_with else request.scope["state"].get("draft_mark", "")
    fresh = Markup(" data-fresh") if is_fresh else Markup()
    return Markup('<input type="hidden" name="_draft" value="{}"{}>').format(mark, fresh)


def _sent(request: AnyRequest) -> Mapping[str, Any]:
    """The form that came, if one did."""
    sent = ScopeState.from_scope(request.scope).form
    return sent if isinstance(sent, dict) else {}
