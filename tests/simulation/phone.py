"""A phone of a simulated world: the production store over an image that survives crashes, and what an oracle remembers of it.

The phone itself decides nothing at random; the world does.
"""

import sqlite3
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from mobile.store.sync import SyncStore
from sync.authoring import NewChange
from sync.device import LEAVING, WIPED
from sync.driver import Conversation
from sync.pacing import Sizes
from sync.wire import Change
from tests.simulation.faults import Fuse, FusedConnection, copy_image

OLD_APP, NEW_APP = "0.9", "0.10"


@dataclass
class Phone:
    """`held` are the changes whose loss would be this phone's loss; `files` the attachments it must deliver."""

    name: str
    raw: sqlite3.Connection
    skew_ms: int
    app: str
    fuse: Fuse = field(default_factory=Fuse)
    held: set[str] = field(default_factory=set)
    files: dict[str, bytes] = field(default_factory=dict)
    store: SyncStore = field(init=False)

    def __post_init__(self) -> None:
        self.open()

    def open(self) -> None:
        """Start the app over what is durable."""
        self.fuse.clear()
        if self.raw.in_transaction:
            self.raw.execute("rollback")
        self.store = SyncStore(FusedConnection(self.raw, self.fuse))

    @property
    def number(self) -> int:
        return self.store.get_state().device

    @property
    def is_wiped(self) -> bool:
        return self.store.get_state().status == WIPED

    @property
    def is_leaving(self) -> bool:
        return self.store.get_state().status == LEAVING

    def conversation(self, now_ms: int, sizes: Sizes) -> Conversation:
        return Conversation(self.store, sizes, self.app, lambda: now_ms + self.skew_ms)

    def record(self, new: NewChange, now_ms: int) -> Change:
        change = self.store.record(new, now_ms + self.skew_ms)
        self.held.add(change.id)
        return change

    def attach(self, content: bytes) -> str:
        """Keep an attachment; returns its name."""
        name = sha256(content).hexdigest()
        self.files[name] = content
        return name

    # ------------------------------------------------------------------------------------------------ disasters at home

    def clone(self, name: str) -> "Phone":
        """A second phone with the same memory, as a restored image on new hardware is."""
        return Phone(name, copy_image(self.raw), self.skew_ms, self.app, held=set(self.held), files=dict(self.files))

    def photograph(self) -> tuple[sqlite3.Connection, set[str]]:
        return copy_image(self.raw), set(self.held)

    def roll_back(self, photograph: tuple[sqlite3.Connection, set[str]]) -> None:
        """The phone's own memory goes back to an earlier day."""
        image, held = photograph
        self.raw = copy_image(image)
        self.held = set(held)
        self.open()

    # -------------------------------------------------------------------------------------------------------- looking

    def rows(self, query: str, *values: Any) -> list[Any]:
        return self.raw.execute(query, values).fetchall()

    def shows(self, change_id: str) -> bool:
        return bool(self.rows("select 1 from sync_change where id = ? and is_shown", change_id))
