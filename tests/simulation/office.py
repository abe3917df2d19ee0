"""The server of a simulated world: the production store behind a wire, with backups, restores, and a fuse beneath it.

What people order is kept in a ledger outside the database and replayed after a restore, as in production. Nothing random
here: the world decides what happens.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, Protocol

from sqlalchemy import create_engine, event, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from server.database.columns import metadata
from server.database.engine import Database
from server.database.sql import Sql
from server.queries.sync import store as queries
from server.queries.sync.blobs import append_blob, begin_blob
from server.security.documents import DocumentKeys
from server.sync_api.gathered_pushes import CHANGES_MAX
from sync import wire
from sync.encoding import inflate
from sync.group_commit import choose_group
from sync.reading import SOUND, DecodedBatch, Sound, decode_batch
from sync.safety import safe_numbers
from sync.server import AcceptedChange
from sync.wire import Change
from tests.simulation.faults import Fuse, copy_image, new_image
from tests.sync.county import create_tables

DOCUMENT_KEYS = DocumentKeys(b"of this simulation alone")

BACKUPS_RETAINED = 2
SYNC_TABLES = [table for name, table in metadata.tables.items() if name.startswith("sync_")]

_template: list[sqlite3.Connection] = []


class Store(Protocol):
    """A database that can be photographed and put back."""

    fuse: Fuse

    def writing(self) -> Any:
        """A session in one transaction."""

    def photograph(self) -> Any:
        """All of it as it is now."""

    def put_back(self, photograph: Any) -> None:
        """As it was then."""

    def read(self, query: str) -> list[Any]:
        """The rows of a query, for the oracle."""


@contextmanager
def fused(fuse: Fuse) -> Iterator[None]:
    """Put the fuse beneath every statement of the server's store."""
    execute = Sql._execute

    def burn_and_execute(self: Sql, *arguments: Any, **named: Any) -> Any:
        fuse.burn()
        return execute(self, *arguments, **named)

    Sql._execute = burn_and_execute  # type: ignore[method-assign]
    try:
        yield
    finally:
        Sql._execute = execute  # type: ignore[method-assign]


class SqliteStore:
    """An SQLite in memory, with the transactions of `server.database.engine`."""

    def __init__(self) -> None:
        self.fuse = Fuse()
        self.raw = new_image()
        self._engine = create_engine("sqlite://", creator=lambda: self.raw, poolclass=StaticPool)
        event.listen(self._engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
        if not _template:
            self._make_template()
        _template[0].backup(self.raw)

    def _make_template(self) -> None:
        metadata.create_all(self._engine, SYNC_TABLES)
        _template.append(copy_image(self.raw))

    @contextmanager
    def writing(self) -> Iterator[Session]:
        with Session(self._engine, expire_on_commit=False) as session, session.begin(), fused(self.fuse):
            yield session

    def photograph(self) -> sqlite3.Connection:
        return copy_image(self.raw)

    def put_back(self, photograph: sqlite3.Connection) -> None:
        photograph.backup(self.raw)

    def read(self, query: str) -> list[Any]:
        return self.raw.execute(query).fetchall()


class PostgresStore:
    """A real PostgreSQL, its tables emptied for each world."""

    def __init__(self, database: Database) -> None:
        self.fuse = Fuse()
        self._database = database
        create_tables(database)
        self.put_back({})

    @contextmanager
    def writing(self) -> Iterator[Session]:
        with self._database.writing() as session, fused(self.fuse):
            yield session

    def photograph(self) -> dict[str, list[dict[str, Any]]]:
        with self._database.engine.connect() as connection:
            return {t.name: [dict(row) for row in connection.execute(t.select()).mappings()] for t in SYNC_TABLES}

    def put_back(self, photograph: dict[str, list[dict[str, Any]]]) -> None:
        with self._database.engine.begin() as connection:
            connection.execute(text("truncate " + ", ".join(t.name for t in SYNC_TABLES)))
            for table in SYNC_TABLES:
                if photograph.get(table.name):
                    connection.execute(table.insert(), photograph[table.name])

    def read(self, query: str) -> list[Any]:
        with self._database.engine.connect() as connection:
            return list(connection.execute(text(query)).fetchall())


def validate(change: Change) -> Sound | str:
    """A domain that knows one kind of nonsense."""
    return "not a sound change" if bytes(change.p) == b'"unsound"' else SOUND


def _inflate(squeezed: bytes) -> bytes:
    return inflate(squeezed, "gzip", 8 << 20)


def project(_session: Session, accepted: list[AcceptedChange]) -> None:
    """A domain with one fault in it."""
    if any(bytes(a.change.p) == b'"poison"' for a in accepted):
        raise ValueError("this one holds what no table takes")  # its own doing: a fault of the server's would be `busy`


Order = Callable[[Session], Any]


@dataclass
class Backup:
    photograph: Any
    acked: dict[int, int]
    ledger_length: int


@dataclass
class Office:
    """Requests in, answers out; orders; backups."""

    store: Store
    minimum_app: str = ""
    ledger: list[Order] = field(default_factory=list)
    backups: list[Backup] = field(default_factory=list)
    scopes: dict[int, list[str]] = field(default_factory=dict)
    placed: dict[str, list[str]] = field(default_factory=dict)
    waiting: list[tuple[int, DecodedBatch]] = field(default_factory=list)

    # ------------------------------------------------------------------------------------------------------- the wire

    def handle(self, number: int, kind: str, squeezed: bytes, now_ms: int) -> tuple[int, bytes]:
        """Answer a request as the HTTP layer does: a status and a plain body."""
        try:
            return 200, wire.encode(self._answer(number, kind, squeezed, now_ms))
        except wire.Refused as refused:
            return refused.status, wire.encode(refused.refusal)

    def keep_waiting(self, number: int, squeezed: bytes) -> None:
        """A push that waits for its turn. Its phone has given up by the time it goes along with another's."""
        with suppress(wire.Refused):
            self.waiting.append((number, self._read_push(squeezed)))

    def _answer(self, number: int, kind: str, squeezed: bytes, now_ms: int) -> Any:
        if kind == "push":
            return self._push(number, self._read_push(squeezed), now_ms)
        if kind == "pull":
            request = wire.read_pull_request(_inflate(squeezed))
            with self.store.writing() as session:
                return queries.pull(session, number, request, now_ms, minimum_app=self.minimum_app)
        if kind == "renew":
            return self._renew(number, now_ms)
        return self._take_receipt(number, now_ms)

    def _push(self, number: int, batch: DecodedBatch, now_ms: int) -> wire.PushAnswer:
        """Take a push, and those along that wait and may go with it."""
        along = choose_group(batch, [each for _, each in self.waiting], CHANGES_MAX)
        together = [(number, batch), *(self.waiting[place] for place in along)]
        self.waiting = [each for place, each in enumerate(self.waiting) if place not in along]
        arrivals = [queries.Arrival(each, brought, now_ms) for each, brought in sorted(together, key=itemgetter(0))]
        with self.store.writing() as session:
            answers = queries.push_together(session, arrivals, project)
        (mine,) = (answer for arrival, answer in zip(arrivals, answers, strict=True) if arrival.batch is batch)
        if isinstance(mine, wire.Refused):
            raise mine
        return mine

    @staticmethod
    def _read_push(squeezed: bytes) -> DecodedBatch:
        return decode_batch(_inflate(squeezed), validate=validate)

    def _renew(self, number: int, now_ms: int) -> wire.Renewed:
        with self.store.writing() as session:
            fresh = queries.renew_device(session, number, now_ms)
        scopes = self.scopes[fresh] = list(self.scopes[number])
        self.ledger.append(
            lambda s: queries.register_device(
                s, scopes=scopes, label="", now_ms=now_ms, number=fresh, renewed_from=number
            )
        )
        return wire.Renewed(device=fresh)

    def _take_receipt(self, number: int, now_ms: int) -> wire.Receipt:
        with self.store.writing() as session:
            queries.record_wiped(session, number, now_ms)
        return wire.Receipt(device=number, now=now_ms)

    # --------------------------------------------------------------------------------------------------------- orders

    def order(self, order: Order) -> Any:
        """Carry out something that only the database remembers."""
        with self.store.writing() as session:
            return order(session)

    def order_for_ever(self, order: Order) -> Any:
        """Carry out something that no restore may undo."""
        done = self.order(order)
        self.ledger.append(order)
        return done

    def enrol(self, scopes: list[str], now_ms: int) -> int:
        number: int = self.order(lambda s: queries.register_device(s, scopes=scopes, label="", now_ms=now_ms))
        self.ledger.append(lambda s: queries.register_device(s, scopes=scopes, label="", now_ms=now_ms, number=number))
        self.scopes[number] = scopes
        return number

    def grant(self, number: int, scopes: list[str]) -> None:
        self.scopes[number] = scopes
        self.order_for_ever(lambda s: queries.set_scopes(s, number, scopes))

    def place(self, entity: str, scopes: list[str]) -> None:
        self.placed[entity] = scopes
        self.order_for_ever(lambda s: queries.place_entity(s, entity, scopes))

    # -------------------------------------------------------------------------------------------------------- backups

    def back_up(self) -> None:
        acked = self.order(queries.list_acked)
        self.backups = [*self.backups, Backup(self.store.photograph(), acked, len(self.ledger))][-BACKUPS_RETAINED:]
        safe = safe_numbers([backup.acked for backup in self.backups], BACKUPS_RETAINED)
        self.order(lambda s: queries.set_safe(s, {number: n for number, n in safe.items() if number in self.scopes}))

    def restore(self, backup: Backup, now_ms: int) -> None:
        self.store.put_back(backup.photograph)
        self.order(lambda s: queries.begin_again(s, now_ms))
        for order in self.ledger[backup.ledger_length :]:
            self.order(order)

    # ---------------------------------------------------------------------------------------------------- attachments

    def take_blob(self, sha256: str, size: int, start: int, piece: bytes) -> int:
        with self.store.writing() as session:
            begin_blob(session, sha256, size)
            return append_blob(session, sha256, start, piece, DOCUMENT_KEYS)


def read_rows(store: Store, query: str) -> list[Any]:
    """Look at the database past everything that the production code does."""
    return store.read(query)
