"""Where everything a worker records is written down: one transaction an entry, numbered changes, shown at once,
sealed after.

An entry that raises leaves no trace. One that returns is on the disk (`synchronous=FULL`), in the read tables, and
sealed to the server outside the store (rule B5). What may be said is judged elsewhere.
"""

import contextlib
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Raw

from mobile.field.drafts import DraftRefused
from mobile.opening.context import Context
from mobile.store import outbox
from mobile.store.database import Connection
from mobile.store.record import Record
from mobile.store.rows import to_ms
from mobile.store.sync import ChangeTooLarge
from shared.model.value import Id
from sync.authoring import NewChange
from sync.wire import Change

log = logging.getLogger(__name__)

Keep = Callable[[Sequence[Change]], None]
"""Told of the changes of each entry after they are durable: it seals them and wakes the sync."""


class Entry:
    """One transaction being written."""

    def __init__(self, context: Context, record: Record) -> None:
        self._context, self._record = context, record
        self.connection: Connection = record.store.connection
        self.changes: list[Change] = []

    def fact(self, change_type: str, fact: Any, entity_id: Id) -> Change:
        """Say something that happened."""
        return self._say(change_type, entity_id, payload=Raw(msgspec.json.encode(fact)))

    def patch(self, change_type: str, entity_id: Id, fields: Mapping[str, Any]) -> Change:
        """Set some fields of a person, a place or a referral."""
        return self._say(change_type, entity_id, sets=fields)

    def _say(self, change_type: str, entity_id: Id, **what: Any) -> Change:
        clock = self._context.clock
        at_ms = to_ms(clock.now())
        new = NewChange(
            id=self._context.new_id(),
            type=change_type,
            scope=self._context.scope,
            entity=entity_id,
            who=self._context.worker_id,
            at_ms=at_ms,
            up_ms=clock.uptime_ms(),
            boot=clock.boot(),
            off_ms=clock.off_ms(),
            **what,
        )
        change = self._record.sync.record(new, max(at_ms, 0))
        self.changes.append(change)
        return change


class Journal:
    """The writing side of one unlocked phone."""

    def __init__(self, context: Context, record: Record, keep: Keep) -> None:
        self._context, self._record, self._keep = context, record, keep

    @contextlib.contextmanager
    def writing(self) -> Iterator[Entry]:
        """One entry. Raises `DraftRefused` for more than a change may hold, `StoreError` when the disk says no."""
        entry = Entry(self._context, self._record)
        try:
            with self._record.store.writing():
                yield entry
        except ChangeTooLarge as error:
            raise DraftRefused("That is more than one record can hold. Shorten it, or split it into two.") from error
        if entry.changes:
            self._keep(entry.changes)

    def unsent_ids(self, connection: Connection) -> frozenset[Id]:
        """The records that the server does not hold yet, by the ids they are about."""
        return outbox.list_unsent_entities(connection, self._record.sync.get_state().acked)

    def unsent_count(self) -> int:
        """How many changes the server does not hold yet."""
        with self._record.store.reading():
            return self._record.sync.unsent_count
