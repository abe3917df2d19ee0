"""One sync of a phone with the server, as a conversation: it yields what to ask and is sent what came back.

The same conversation is carried by HTTP on the phone and by the simulator in the tests. It opens no socket, keeps no state
of its own beyond the conversation, and leaves every decision about data to the store and to `sync.device`.
"""

from collections.abc import Callable, Generator
from typing import Final, Protocol, TypeVar

import msgspec
from msgspec import Struct

from shared.model.value import NO_JSON
from sync import pacing, wire
from sync.device import LEAVING, WIPED, DeviceState
from sync.pacing import Sizes
from sync.wire import PullAnswer, PullRequest, PushAnswer, PushRequest, Receipt, Refusal

PUSH: Final = "push"
PULL: Final = "pull"
RENEW: Final = "renew"
WIPED_RECEIPT: Final = "wiped"


class Ask(Struct, frozen=True):
    """A request to make: `kind` is push, pull, renew or wiped; `body` is JSON, not yet squeezed."""

    kind: str
    body: bytes


class Answer(Struct, frozen=True):
    """What came back: an HTTP status, the plain (inflated) body, and how long it took."""

    status: int
    body: bytes
    took_ms: int = 0


Reply = Answer | None
"""An answer, or None when the request or its answer was lost."""


class Port(Protocol):
    """What the conversation needs of the phone's store. Each call is one transaction."""

    def get_state(self) -> DeviceState:
        """What the phone knows of itself."""

    def next_push(self, batch: int, now_ms: int, app: str) -> PushRequest | None:
        """The next changes to send; None when everything was acknowledged."""

    def next_pull(self, page: int, now_ms: int, app: str) -> PullRequest:
        """The question for the next page."""

    def apply_pushed(self, answer: PushAnswer) -> None:
        """What an answer to a push means."""

    def apply_refused(self, refusal: Refusal) -> None:
        """What a refusal means. A wipe is carried out before this returns."""

    def apply_pulled(self, answer: PullAnswer, wall_ms: int) -> bool:
        """Store a page; False for a late one."""

    def renew(self, device: int) -> None:
        """Take a new number."""

    def wipe(self) -> None:
        """Delete everything that was ever recorded or received."""


class Outcome(Struct, kw_only=True):
    """How a sync went. `trouble` is None when everything was sent and everything was read."""

    sizes: Sizes
    pushed: int = 0
    pulled: int = 0
    trouble: str | None = None
    retry_after_s: float = 0.0
    is_wiped: bool = False


Talk = Generator[Ask, Reply, None]


class Conversation:
    """One sync: push until nothing is left, then pull until there is no more. A push that is stuck never stops the pull.

    A page may tell that the server has lost what it had, or a worker may have gone on writing: what is unsent then is sent.
    """

    def __init__(
        self,
        store: Port,
        sizes: Sizes,
        app: str,
        wall_ms: Callable[[], int],
        uptime: Callable[[], tuple[int, str]] | None = None,
    ) -> None:
        self._store = store
        self._app = app
        self._wall_ms = wall_ms
        self._uptime = uptime
        self.outcome = Outcome(sizes=sizes)

    def run(self) -> Generator[Ask, Reply, Outcome]:
        """Yield each request; send in its reply."""
        yield from self._push_all()
        yield from self._renew_if_forked()
        if self._store.get_state().status != WIPED:
            yield from self._pull_all()
        yield from self._renew_if_forked()
        if self.outcome.trouble is None:
            yield from self._push_all()
        yield from self._leave()
        return self.outcome

    # -------------------------------------------------------------------------------------------------------- pushing

    def _push_all(self) -> Talk:
        while (request := self._next_push()) is not None:
            reply = yield Ask(PUSH, wire.encode(request))
            if not self._take_push(request, reply):
                return

    def _next_push(self) -> PushRequest | None:
        state = self._store.get_state()
        if state.status == WIPED or state.forked_at is not None:
            return None
        request = self._store.next_push(self.outcome.sizes.batch, self._wall_ms(), self._app)
        if request is None or self._uptime is None:
            return request
        up_ms, boot = self._uptime()
        return msgspec.structs.replace(request, up=up_ms, boot=boot)

    def _take_push(self, request: PushRequest, reply: Reply) -> bool:
        """Handle a reply; False when pushing is over for now."""
        answer = _read(wire.read_push_answer, reply)
        before = self._store.get_state().acked
        if reply is not None and answer is not None:
            self._store.apply_pushed(answer)
            self.outcome.pushed += len(request.events)
            self.outcome.trouble = None
            self.outcome.sizes = pacing.after_push(self.outcome.sizes, reply.took_ms)
            return self._store.get_state().acked != before
        if reply is not None and reply.status in {413, 500} and len(request.events) > 1:
            self.outcome.sizes = pacing.halve_batch(self.outcome.sizes)
            return True
        return self._take_refusal(reply) == "gap" and self._store.get_state().acked != before

    # -------------------------------------------------------------------------------------------------------- pulling

    def _pull_all(self) -> Talk:
        more = True
        while more:
            request = self._store.next_pull(self.outcome.sizes.page, self._wall_ms(), self._app)
            reply = yield Ask(PULL, wire.encode(request))
            more = self._take_pull(reply)

    def _take_pull(self, reply: Reply) -> bool:
        """Handle a reply; False when there is no more to pull for now."""
        answer = _read(wire.read_pull_answer, reply)
        if reply is None or answer is None:
            self._take_refusal(reply)
            return False
        was_whole = self._store.get_state().is_whole
        is_applied = self._store.apply_pulled(answer, self._wall_ms())
        self.outcome.pulled += len(answer.rows)
        self.outcome.sizes = pacing.after_pull(self.outcome.sizes, reply.took_ms)
        must_ask_again = was_whole and not self._store.get_state().is_whole
        return (is_applied and answer.more) or must_ask_again

    # ------------------------------------------------------------------------------------------ renewing and leaving

    def _renew_if_forked(self) -> Talk:
        """Take a new number where a copy of this phone has used the old one, and send the log again under it."""
        if self._store.get_state().forked_at is None:
            return
        reply = yield Ask(RENEW, b"{}")
        renewed = _read(wire.read_renewed, reply)
        if renewed is not None:
            self._store.renew(renewed.device)
            yield from self._push_all()
        else:
            self._take_refusal(reply)

    def _leave(self) -> Talk:
        """A phone that was told to go: once nothing is left to send it wipes itself, and says so."""
        state = self._store.get_state()
        if state.status == LEAVING and state.acked >= state.last_n:
            self._store.wipe()
        state = self._store.get_state()
        if state.status == WIPED:
            self.outcome.is_wiped = True
            yield Ask(WIPED_RECEIPT, wire.encode(Receipt(device=state.device, now=self._wall_ms())))

    def _take_refusal(self, reply: Reply) -> str:
        """Tell the store of a refusal; returns its code. Whatever cannot be read is trouble, and is tried again later."""
        refusal = self._read_refusal(reply)
        self.outcome.trouble = refusal.refused
        self.outcome.retry_after_s = float(refusal.retry_after_s or 0)
        self._store.apply_refused(refusal)
        return refusal.refused

    @staticmethod
    def _read_refusal(reply: Reply) -> Refusal:
        if reply is None:
            return Refusal(refused="no_answer")
        try:
            return wire.read_refusal(reply.body)
        except NO_JSON:
            return Refusal(refused=f"status_{reply.status}")


Message = TypeVar("Message")


def _read(read: Callable[[bytes], Message], reply: Reply) -> Message | None:
    """The message of a good reply; None for any other, such as the sign-in page of a café's Wi-Fi."""
    if reply is None or reply.status != 200:
        return None
    try:
        return read(reply.body)
    except NO_JSON:
        return None
