"""Questions about the phone's own log that only screens ask: what is not yet sent, and about whom. Writing it is `sync`'s."""

from collections.abc import Sequence

from mobile.store.database import Connection
from shared.model.value import Id
from sync.wire import Change, read_change


def list_unsent(connection: Connection, acked: int) -> list[Change]:
    """Own changes after number `acked`, oldest first."""
    rows = connection.execute("SELECT body FROM sync_log WHERE n > ? ORDER BY n", (acked,))
    return [read_change(body) for (body,) in rows]


def list_unsent_numbers(connection: Connection, acked: int) -> list[int]:
    """The numbers of own changes after `acked`, in order."""
    return [n for (n,) in connection.execute("SELECT n FROM sync_log WHERE n > ? ORDER BY n", (acked,))]


def list_by_number(connection: Connection, numbers: Sequence[int]) -> list[Change]:
    """Own changes by their numbers."""
    rows = (connection.execute("SELECT body FROM sync_log WHERE n = ?", (n,)).fetchone() for n in numbers)
    return [read_change(row[0]) for row in rows if row is not None]


def list_unsent_entities(connection: Connection, acked: int) -> frozenset[Id]:
    """The ids that unsent changes are about."""
    rows = connection.execute("SELECT json_extract(CAST(body AS TEXT), '$.e') FROM sync_log WHERE n > ?", (acked,))
    return frozenset(entity for (entity,) in rows if entity)


def find_change(connection: Connection, change_id: Id) -> Change | None:
    """One change, own or received."""
    row = connection.execute(
        "SELECT coalesce(c.body, l.body) FROM sync_change c LEFT JOIN sync_log l ON l.id = c.id WHERE c.id = ?",
        (change_id,),
    ).fetchone()
    return read_change(row[0]) if row and row[0] else None


def find_dismissed(connection: Connection) -> frozenset[Id]:
    """Refused changes that a worker has seen and left."""
    return frozenset(i for (i,) in connection.execute("SELECT change_id FROM tray_dismissed"))


def put_dismissed(connection: Connection, change_id: Id) -> None:
    """A worker has seen a refused change and leaves it to a supervisor, or has said it anew."""
    connection.execute("INSERT OR IGNORE INTO tray_dismissed (change_id) VALUES (?)", (change_id,))


def list_changes_about(connection: Connection, entity_id: Id) -> list[Id]:
    """The ids of own changes about one record, oldest first."""
    rows = connection.execute(
        "SELECT id FROM sync_log WHERE json_extract(CAST(body AS TEXT), '$.e') = ? ORDER BY n", (entity_id,)
    )
    return [change_id for (change_id,) in rows]
