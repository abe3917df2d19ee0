"""One round with the server: a whole sync while the phone is unlocked, or handing over sealed boxes while it is not.

The conversation and all its decisions are `sync.driver`'s; here it is carried over HTTP with tokens that renew
themselves. Called by the sync thread, or directly by a headless shift. No threads, no timers.
"""

from collections.abc import Callable

import msgspec
from msgspec import Struct

from mobile.opening.quick_entries import QuickEntries
from mobile.opening.sealed_outbox import SealedOutbox
from mobile.store import settings
from mobile.store.database import default_driver, naming_faults
from mobile.store.record import Record
from mobile.syncing.server_client import NoAnswer, Reply, SealedTaken, ServerClient
from shared.model.device import FieldConfig, Tokens
from shared.model.value import NO_JSON, Id
from sync.driver import PULL, Answer, Ask, Conversation, Outcome
from sync.pacing import Sizes

PATHS = {"push": "/push", "pull": "/pull", "renew": "/renew", "wiped": "/wiped"}
TOKENS = "tokens"
QUICK_BATCH = 50
SEALED_BATCH = 200
SEALED_BYTES = 1_000_000
"""In one request; the server takes two megabytes, and a box grows by a third on its way."""


class Round(Struct, kw_only=True):
    """What came of a round. `heard` says whether the server answered this phone as one it knows, `told` whether it told it what
    it follows: only then the lease is renewed, for what is sent is taken from whoever was let go, too."""

    outcome: Outcome
    heard: bool = False
    told: bool = False
    must_enrol: bool = False
    config: FieldConfig | None = None


class SyncRound:
    """Carries one conversation."""

    def __init__(
        self,
        record: Record,
        client: ServerClient,
        app: str,
        wall_ms: Callable[[], int],
        on_step: Callable[[str, Outcome], None],
        is_stopping: Callable[[], bool],
        uptime: Callable[[], tuple[int, str]],
    ) -> None:
        self._record, self._client, self._app, self._wall_ms = record, client, app, wall_ms
        self._uptime = uptime
        self._on_step, self._is_stopping = on_step, is_stopping
        self._heard = self._told = False
        self._must_enrol = False

    def run(self, sizes: Sizes) -> Round:
        """Sync once. Raises `StoreError`."""
        conversation = Conversation(self._record.sync, sizes, self._app, self._wall_ms, self._uptime)
        with naming_faults(default_driver()):
            self._carry(conversation)
        return Round(
            outcome=conversation.outcome,
            heard=self._heard,
            told=self._told,
            must_enrol=self._must_enrol,
            config=self._new_config(),
        )

    def _carry(self, conversation: Conversation) -> None:
        talk = conversation.run()
        answer: Answer | None = None
        try:
            ask = next(talk)
            while True:
                self._on_step(ask.kind, conversation.outcome)
                answer = None if self._is_stopping() else self._ask(ask)
                ask = talk.send(answer)
        except StopIteration:
            return

    def _ask(self, ask: Ask) -> Answer | None:
        """One request, its tokens renewed once when they are no longer good. None when nothing came back."""
        try:
            reply = self._with_tokens(PATHS[ask.kind], ask.body)
        except NoAnswer:
            return None
        if reply is None:
            return None
        self._heard = self._heard or reply.status == 200
        self._told = self._told or (ask.kind == PULL and reply.status == 200)
        return Answer(reply.status, reply.body, reply.took_ms)

    def _with_tokens(self, path: str, body: bytes) -> Reply | None:
        tokens = self._find_tokens()
        if tokens is not None:
            reply = self._client.post(path, body, tokens.access)
            if reply.status != 401:
                return reply
        renewed = self._renew(tokens)
        if isinstance(renewed, Tokens):
            return self._client.post(path, body, renewed.access)
        return renewed

    def _renew(self, tokens: Tokens | None) -> Tokens | Reply | None:
        """New tokens, kept before they are used; else the server's no, or None when only a new enrolment helps."""
        if tokens is None:
            self._must_enrol = True
            return None
        with self._record.store.reading():
            device = self._record.sync.get_state().device
        renewed = self._client.renew_tokens(tokens.refresh, device)
        if isinstance(renewed, Tokens):
            with self._record.store.writing() as connection:
                settings.put_setting(connection, TOKENS, renewed)
        elif renewed.status == 401:
            self._must_enrol = True
        return renewed

    def _find_tokens(self) -> Tokens | None:
        with self._record.store.reading() as connection:
            return settings.find_setting(connection, TOKENS, Tokens)

    def _new_config(self) -> FieldConfig | None:
        with self._record.store.reading():
            raw = self._record.sync.find_config()
        try:
            return None if raw is None else msgspec.json.decode(raw, type=FieldConfig)
        except NO_JSON:
            return None


def send_quick(quick: QuickEntries, client: ServerClient, number: int, now_ms: Callable[[bool], int]) -> None:
    """Hand over what was recorded on the locked screen, under the numbers this phone had then, and with the clock that told its
    moments: `now_ms` of the true time, or of the wall clock. What the server does not take is kept. Raises `NoAnswer`, OSError.
    """
    alike: dict[tuple[int, bool], list[tuple[Id, bytes]]] = {}
    for each in quick.to_send():
        alike.setdefault((each.device, each.is_true), []).append((each.id, each.box))
    for (device, is_true), entries in alike.items():
        for batch in (entries[i : i + QUICK_BATCH] for i in range(0, len(entries), QUICK_BATCH)):
            quick.forget(client.send_quick(device, batch, number, now_ms(is_true)))


def send_sealed(
    outbox: SealedOutbox,
    client: ServerClient,
    device: int,
    app: str,
    signer: int = 0,
    uptime: Callable[[], tuple[int, str]] | None = None,
) -> SealedTaken | None:
    """Hand over every sealed box; they are dropped once the server says of all of them that they are open, or kept and listed
    with it, else as far as it acknowledges. Returns its last answer, None without one.

    With an empty outbox the server is still asked how this phone stands. Raises `NoAnswer`.
    """
    taken: SealedTaken | None = None
    while taken is None or outbox.numbers:
        boxes = outbox.boxes(SEALED_BATCH, SEALED_BYTES)
        said = client.send_sealed(device, boxes, app, signer, uptime() if uptime is not None else None)
        if not isinstance(said, SealedTaken):
            return taken
        taken = said
        if not boxes:
            break
        before = len(outbox.numbers)
        outbox.drop_until(boxes[-1][0] if said.opened + said.kept >= len(boxes) else said.acked)
        if len(outbox.numbers) == before:
            break
    return taken
