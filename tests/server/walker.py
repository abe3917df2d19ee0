"""A phone with the production store that syncs over real HTTP: for tests and benches that break what it talks to, or come
in thousands.

It decides nothing: the conversation is `sync.driver`'s, the store `mobile.store.sync`'s. It remembers what was recorded, what
was acknowledged, how long each request took, and what came back instead of an answer.
"""

import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

import httpx
import msgspec
from msgspec import Raw

from mobile.store.sync import SyncStore
from shared.model.device import Enrolled, Tokens
from sync import wire
from sync.authoring import NewChange
from sync.driver import PUSH, Answer, Ask, Conversation, Outcome
from sync.encoding import deflate_gzip
from sync.pacing import Sizes
from tests.server.phone import Phone

APP = "1.0.0"


class Walker:
    """One phone. `timeout_s` bounds each request; `connection` is where its store lies (in memory unless told); `http`
    carries its requests, where somebody has a client ready."""

    def __init__(
        self,
        address: str,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
        timeout_s: float = 30.0,
        connection: sqlite3.Connection | None = None,
        http: httpx.Client | None = None,
    ) -> None:
        self.http = http or httpx.Client(base_url=address, timeout=timeout_s, trust_env=False)
        self.phone = Phone(self.http, clock, new_id)
        memory = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self.store = SyncStore(connection or memory)
        self.sizes = Sizes()
        self.recorded: list[str] = []
        self.acknowledged: set[str] = set()
        self.took_ms: dict[str, list[float]] = {}
        self.statuses: Counter[int] = Counter()
        self.unanswered: Counter[str] = Counter()

    def enrol(self, code: str) -> None:
        """Enrol over HTTP."""
        self.take_up(self.phone.enrol(code))

    def take_up(self, enrolled: Enrolled) -> None:
        """Begin as this phone."""
        self.phone.enrolled, self.phone.tokens = enrolled, enrolled.tokens
        self.store.enrol(enrolled.device.number)

    def close(self) -> None:
        self.http.close()

    # ------------------------------------------------------------------------------------------------------- recording

    def record_contact(self, **fields: Any) -> str:
        """Record a contact; returns the id of the change."""
        return self._record_told(self.phone.contact(**fields))

    def record_fact(self, kind: str, fact: Any, entity: str = "") -> str:
        """Record any fact; returns the id of the change."""
        return self._record_told(self.phone.fact(kind, fact, entity or None))

    def _record_told(self, told: dict[str, Any]) -> str:
        new = NewChange(
            id=told["id"],
            type=told["t"],
            scope=told["s"],
            entity=told["e"],
            who=told["who"],
            at_ms=told["at"],
            payload=Raw(wire.encode(told["p"])),
        )
        return self._record(new)

    def patch_person(self, person_id: str, **sets: object) -> str:
        """Change what is said of a person; returns the id of the change."""
        assert self.phone.enrolled is not None
        config = self.phone.enrolled.config
        new = NewChange(
            id=self.phone.new_id(),
            type="person.patched",
            scope=f"team:{config.team.id}",
            entity=person_id,
            who=config.worker.id,
            at_ms=self.phone.now_ms,
            sets=sets,
        )
        return self._record(new)

    def _record(self, new: NewChange) -> str:
        change = self.store.record(new, self.phone.now_ms)
        self.recorded.append(change.id)
        return change.id

    # --------------------------------------------------------------------------------------------------------- syncing

    def sync(self) -> Outcome:
        """One whole sync; its trouble, if any, is in the outcome."""
        talk = Conversation(self.store, self.sizes, APP, lambda: self.phone.now_ms).run()
        try:
            ask = next(talk)
            while True:
                ask = talk.send(self._carry(ask))
        except StopIteration as stop:
            outcome: Outcome = stop.value
        self.sizes = outcome.sizes
        return outcome

    def refresh(self) -> bool:
        """Renew the tokens; False when nothing came back or the server said no."""
        answer = self.timed("token", self.phone.refresh)
        if answer is None or answer.status_code != 200:
            return False
        self.phone.tokens = msgspec.json.decode(answer.content, type=Tokens)
        return True

    def _carry(self, ask: Ask) -> Answer | None:
        answer = self._ask(ask)
        if answer is not None and answer.status_code == 401 and self.refresh():
            answer = self._ask(ask)
        if answer is None:
            return None
        if ask.kind == PUSH and answer.status_code == 200:
            self._remember(ask.body, answer.content)
        return Answer(answer.status_code, answer.content, int(self.took_ms[ask.kind][-1]))

    def _ask(self, ask: Ask) -> httpx.Response | None:
        body, headers = deflate_gzip(ask.body), {"content-encoding": "gzip", "accept-encoding": "gzip"}
        return self.timed(ask.kind, lambda: self.phone.post(f"/sync/v1/{ask.kind}", body, headers=headers))

    def timed(self, kind: str, send: Callable[[], httpx.Response]) -> httpx.Response | None:
        """Send a request and note how long it took; None when nothing came back."""
        began = time.perf_counter()
        try:
            answer = send()
        except httpx.HTTPError as error:
            never_heard = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
            self.unanswered["not connected" if never_heard else f"{kind} cut off"] += 1
            return None
        self.took_ms.setdefault(kind, []).append((time.perf_counter() - began) * 1_000)
        self.statuses[answer.status_code] += 1
        return answer

    def _remember(self, pushed: bytes, answered: bytes) -> None:
        acked = wire.read_push_answer(answered).acked
        for raw in wire.read_push_request(pushed).events:
            change = wire.read_change(raw)
            if change.n <= acked:
                self.acknowledged.add(change.id)
