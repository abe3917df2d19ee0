"""Taking out of a phone's store what a later rule says no phone may hold: the second step of its schema.

It knows the tables by name, as they were at that step, and changes nothing else in them.
"""

from typing import Final

from mobile.store.database import Connection
from shared.policy.immigration import may_tell, without_immigration
from sync.wire import encode, read_change
from sync.withholding import withhold


def forget_immigration(connection: Connection) -> None:
    """Take out of the store what tells of immigration status, which an older app could record (privacy rule A10)."""
    for table, key, columns in TOLD:
        if _exists(connection, table):
            for column in columns:
                _strip_column(connection, table, key, column)
    for table, key in (("sync_log", "n"), ("sync_change", "id")):
        if _exists(connection, table):
            _strip_changes(connection, table, key)
    if _exists(connection, "sync_write"):
        for entity, field, change_id, value in connection.execute(
            "SELECT entity, field, id, value FROM sync_write"
        ).fetchall():
            if without_immigration(bytes(value)) is None:
                where = (entity, field, change_id)
                connection.execute("DELETE FROM sync_write WHERE entity = ? AND field = ? AND id = ?", where)


TOLD: Final = (
    ("person", "id", ("body",)),
    ("contact", "id", ("body", "original")),
    ("contact_correction", "id", ("body",)),
    ("need", "id", ("body",)),
)
"""The read tables whose JSON may tell of it."""


def _exists(connection: Connection, table: str) -> bool:
    found = connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (table,))
    return found.fetchone() is not None


def _strip_column(connection: Connection, table: str, key: str, column: str) -> None:
    rows = connection.execute(f"SELECT {key}, {column} FROM {table} WHERE {column} IS NOT NULL").fetchall()
    for row_id, body in rows:
        told = body.encode() if isinstance(body, str) else bytes(body)
        left = without_immigration(told)
        if left is None:
            connection.execute(f"DELETE FROM {table} WHERE {key} = ?", (row_id,))
        elif left is not told:
            connection.execute(f"UPDATE {table} SET {column} = ? WHERE {key} = ?", (left.decode(), row_id))


def _strip_changes(connection: Connection, table: str, key: str) -> None:
    for row_id, body in connection.execute(f"SELECT {key}, body FROM {table} WHERE body IS NOT NULL").fetchall():
        if may_tell(bytes(body)):
            change = read_change(bytes(body))
            left = withhold(change, without_immigration)
            if left is not change:
                connection.execute(f"UPDATE {table} SET body = ? WHERE {key} = ?", (encode(left), row_id))
