"""The record of an unlocked phone: sync's store and the read tables over one connection, built together."""

from mobile.store.database import Store
from mobile.store.projection import ReadTables
from mobile.store.sync import SyncStore


class Record:
    """One connection's view of everything recorded and received. `sync` writes both sides in one transaction."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.tables = ReadTables(store.connection)
        with store.writing():
            self.sync = SyncStore(store.connection, self.tables)
        self.tables.ask(self.sync.get_fields)

    def rebuild(self) -> None:
        """Make the read tables anew: after an upgrade that can read more than the app before it."""
        with self.store.writing():
            self.tables.rebuild(self.sync.list_effective())
