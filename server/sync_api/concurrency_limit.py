"""How many phones may be inside at once. Who comes when it is full is told when to come back (429) before anything is done
for it: a queue that nobody waits out only makes phones give up, and ask again.
"""

from itertools import count

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from sync.wire import Refused

RETRY_FIRST_S, RETRY_SPREAD_S = 5, 30
"""Those sent away are told to come back at different seconds, so that they do not all return in one."""


class ConcurrencyLimit(ASGIMiddleware):
    """Counts the requests that are being answered by this process. Raises Refused slow_down for one too many."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, at_once: int) -> None:
        self._left = at_once
        self._sent_away = count()

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Let one request through, or send it away. All of it runs on the event loop: nothing comes between."""
        if self._left == 0:
            raise Refused("slow_down", retry_after_s=RETRY_FIRST_S + next(self._sent_away) % RETRY_SPREAD_S)
        self._left -= 1
        try:
            await next_app(scope, receive, send)
        finally:
            self._left += 1
