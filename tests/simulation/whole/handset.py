"""A phone of a whole county: the app's own store and conversation, real signatures, real messages to a server."""

import json
import sqlite3
from collections.abc import Callable
from typing import Any

import msgspec

from mobile.opening.sealing import seal
from mobile.store.sync import SyncStore
from server.security.tokens import decode, encode
from shared.model.device import Tokens
from shared.model.value import Id
from sync.authoring import NewChange
from sync.device import WIPED
from sync.driver import Answer, Ask, Conversation
from sync.encoding import deflate_gzip
from sync.pacing import Sizes
from sync.wire import Change
from tests.server.phone import Phone

APP = "1.0.0"


class Handset(Phone):
    """Keeps its log and what it pulled in SQLite, as the app does. `skew_ms` is how far its clock is ahead."""

    def __init__(self, client: Any, clock: Callable[[], Any], new_id: Callable[[], str], code: str) -> None:
        super().__init__(client, clock, new_id)
        self.enrol(code)
        self.raw = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self.store = SyncStore(self.raw)
        assert self.enrolled is not None
        self.store.enrol(self.enrolled.device.number, (f"team:{self.enrolled.config.team.id}",))
        self.boxes: dict[str, tuple[int, str]] = {}
        self.recorded: set[str] = set()

    @property
    def number(self) -> int:
        return self.store.get_state().device if hasattr(self, "store") else super().number

    @property
    def worker_id(self) -> Id:
        assert self.enrolled is not None
        return self.enrolled.config.worker.id

    @property
    def team_id(self) -> Id:
        assert self.enrolled is not None
        return self.enrolled.config.team.id

    @property
    def is_wiped(self) -> bool:
        return self.store.get_state().status == WIPED

    def say(self, kind: str, entity: Id, **content: Any) -> Change:
        """Record something: a fact (`p`) or new values of fields (`sets`). It is sealed to the server, too, as the app does."""
        assert self.enrolled is not None
        fact = content.get("p")
        new = NewChange(
            id=self.new_id(), type=kind, scope=f"team:{self.team_id}", entity=entity, who=self.worker_id, at_ms=self.now_ms,
            sets=content.get("sets"), payload=None if fact is None else msgspec.Raw(json.dumps(fact).encode()),
        )  # fmt: skip
        change = self.store.record(new, self.now_ms)
        self.boxes[change.id] = (change.n, encode(seal(msgspec.json.encode(change), decode(self.enrolled.sealing_key))))
        self.recorded.add(change.id)
        return change

    def sync(self, carry: Callable[[Ask], Answer | None], sizes: Sizes) -> None:
        """One conversation; `carry` takes each request there and brings its answer, or None where either was lost."""
        talk = Conversation(self.store, sizes, APP, lambda: self.now_ms).run()
        ask = next(talk, None)
        while ask is not None:
            try:
                ask = talk.send(carry(ask))
            except StopIteration:
                ask = None

    def ask(self, client: Any, question: Ask) -> Answer:
        """Send one signed request to a server."""
        self.client = client
        squeezed = {"content-encoding": "gzip"}
        reply = self.post(f"/sync/v1/{question.kind}", deflate_gzip(question.body), headers=squeezed)
        if reply.status_code == 401 and self.refresh_tokens():
            reply = self.post(f"/sync/v1/{question.kind}", deflate_gzip(question.body), headers=squeezed)
        return Answer(reply.status_code, reply.content)

    def refresh_tokens(self) -> bool:
        """An access token lives an hour or so."""
        answer = self.refresh()
        if answer.status_code == 200:
            self.tokens = msgspec.json.decode(answer.content, type=Tokens)
        return bool(answer.status_code == 200)

    def send_sealed(self, client: Any) -> int:
        """What a phone that was wiped or stopped still holds, sealed, of what was not acknowledged."""
        self.client = client
        unsent = sorted(self.boxes.values())
        body = json.dumps({"device": self.number, "now": self.now_ms, "boxes": unsent}).encode()
        return int(self.post("/sync/v1/sealed", body, token="").status_code)
