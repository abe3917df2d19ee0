"""A small county for the tests of sync: the real server store, real phone stores, and a wire that is only a function call.

No test here; no fault is injected here either (that is `tests/simulation`).
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from msgspec import Raw
from sqlalchemy.orm import Session

from mobile.store.sync import SyncStore
from server.database.columns import metadata
from server.database.engine import Database
from server.queries.sync import store as queries
from shared.model.codes import DeviceStatus
from sync import wire
from sync.authoring import NewChange
from sync.driver import PULL, PUSH, RENEW, WIPED_RECEIPT, Answer, Ask, Conversation, Outcome, Port, Reply
from sync.encoding import deflate_gzip, inflate
from sync.pacing import Sizes
from sync.reading import Validate, accept_all
from sync.server import AcceptedChange, decode_batch
from tests.simulation.faults import new_image

WATFORD, THREE_RIVERS = "team:watford", "team:three-rivers"
EVENING_MS = 1_794_519_000_000


def no_projection(session: Session, accepted: list[AcceptedChange]) -> None:
    """A server without a domain."""


@dataclass
class Clock:
    """Milliseconds that move when they are told to."""

    now_ms: int = EVENING_MS

    def __call__(self) -> int:
        self.now_ms += 1
        return self.now_ms


@dataclass
class Office:
    """The server behind its wire: bytes in, bytes out, as the HTTP layer does it."""

    database: Database
    clock: Clock
    validate: Validate = accept_all
    project: queries.Project = no_projection
    minimum_app: str = ""

    def handle(self, number: int, ask: Ask) -> Answer:
        """Answer a request of this phone, or refuse it."""
        try:
            with self.database.writing() as session:
                return Answer(200, wire.encode(self._answer(session, number, ask)))
        except wire.Refused as refused:
            with self.database.writing() as session:
                queries.record_refusal(session, number, refused.code)
            return Answer(refused.status, wire.encode(refused.refusal))

    def _answer(self, session: Session, number: int, ask: Ask) -> Any:
        now_ms = self.clock()
        match ask.kind:
            case "push":
                body = inflate(deflate_gzip(ask.body), "gzip", wire.LIMITS.inflated_bytes_max)
                batch = decode_batch(body, validate=self.validate)
                return queries.push(session, number, batch, now_ms, self.project)
            case "pull":
                request = wire.read_pull_request(ask.body)
                return queries.pull(session, number, request, now_ms, minimum_app=self.minimum_app)
            case "renew":
                return wire.Renewed(device=queries.renew_device(session, number, now_ms))
            case _:
                queries.record_wiped(session, number, now_ms)
                return wire.Receipt(device=number, now=now_ms)

    # ------------------------------------------------------------------------------------------------ what people order

    def enrol(self, label: str, *scopes: str) -> int:
        with self.database.writing() as session:
            return queries.register_device(session, scopes=scopes, label=label, now_ms=self.clock())

    def order(self, action: Any, *arguments: Any, **named: Any) -> Any:
        """Carry out one of the store's orders in a transaction of its own."""
        with self.database.writing() as session:
            return action(session, *arguments, **named)

    def set_status(self, number: int, status: DeviceStatus) -> None:
        self.order(queries.set_status, number, status)


@dataclass
class Phone:
    """A phone with a real store on an SQLite of its own."""

    office: Office
    name: str
    store: SyncStore
    clock: Clock
    ids: Iterable[int]
    app: str = "0.1.0"
    sizes: Sizes = field(default_factory=Sizes)

    @property
    def number(self) -> int:
        return self.store.get_state().device

    def say(self, scope: str = WATFORD, entity: str | None = None, **payload: object) -> wire.Change:
        """Record a contact."""
        new = NewChange(
            id=self._new_id(),
            type="contact.recorded",
            scope=scope,
            entity=entity,
            who=self.name,
            payload=Raw(wire.encode(payload or {"state": "bedded_down"})),
        )
        return self.store.record(new, self.clock())

    def patch(self, entity: str, scope: str = WATFORD, **sets: object) -> wire.Change:
        """Change what is said of a person or place."""
        new = NewChange(id=self._new_id(), type="person.patched", scope=scope, entity=entity, who=self.name, sets=sets)
        return self.store.record(new, self.clock())

    def _new_id(self) -> str:
        return f"{self.name}-{next(iter(self.ids))}"

    def sync(self) -> Outcome:
        """One whole sync over a good line."""
        return converse(self.office, self.number, self.store, self.clock, self.app, self.sizes)

    # ------------------------------------------------------------------------------------------------------- looking

    @property
    def shown(self) -> set[str]:
        return {change.id for change, _ in self.store.list_effective()}

    def value(self, entity: str, name: str) -> object:
        import msgspec

        state = self.store.get_fields(entity).get(name)
        return None if state is None else msgspec.json.decode(state.shown.value)


def converse(office: Office, number: int, store: Port, clock: Clock, app: str, sizes: Sizes) -> Outcome:
    talk = Conversation(store, sizes, app, clock).run()
    reply: Reply = None
    try:
        ask = next(talk)
        while True:
            assert ask.kind in {PUSH, PULL, RENEW, WIPED_RECEIPT}
            reply = office.handle(store.get_state().device, ask)
            ask = talk.send(reply)
    except StopIteration as stop:
        outcome: Outcome = stop.value
        return outcome


def open_store(connection: sqlite3.Connection | None = None, **named: Any) -> SyncStore:
    return SyncStore(connection or new_image(), **named)


def create_tables(database: Database) -> None:
    """Sync's own tables, in a database that was not migrated."""
    metadata.create_all(database.engine, [t for name, t in metadata.tables.items() if name.startswith("sync_")])
